package dev.sluice.smt.schema;

/** A column list that cannot be read, and the offset at which that showed. */
final class SqlSyntaxException extends RuntimeException {

  private final int offset;

  SqlSyntaxException(String message, int offset) {
    super(message);
    this.offset = offset;
  }

  int offset() {
    return offset;
  }
}

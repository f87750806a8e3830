package dev.sluice.smt.type;

/**
 * A value that its column cannot hold unchanged. The message gives the reason and never the value;
 * whoever knows the column and the record adds them. It carries no stack trace: it marks bad data,
 * not a bug, and may be thrown for every record of a topic.
 */
public final class Mismatch extends RuntimeException {

  public Mismatch(String reason) {
    super(reason, null, false, false);
  }
}

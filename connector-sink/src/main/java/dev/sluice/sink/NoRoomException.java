package dev.sluice.sink;

/** The task's memory has no room now; what was begun is as it was before. */
final class NoRoomException extends RuntimeException {
  private final long bytes;

  NoRoomException(long bytes) {
    // Part of the normal course: nobody looks at a trace.
    super("no room for " + bytes + " bytes", null, false, false);
    this.bytes = bytes;
  }

  /** How much was asked for. */
  long bytes() {
    return bytes;
  }
}

package dev.sluice;

/**
 * Something an operator can act on: the message says what is wrong, where, and what fixes it. The
 * command line prints the message alone, without a stack trace, and exits with 1.
 */
public class SluiceException extends RuntimeException {

  /** A whole sentence without values or secrets. */
  public SluiceException(String message) {
    super(message);
  }

  /** As {@link #SluiceException(String)}, with what led to it. */
  public SluiceException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The shortest true words for {@code cause}: its message, or its class where it has none. */
  public static String reason(Throwable cause) {
    Throwable root = cause;
    while (root.getMessage() == null && root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage().strip();
  }
}

package dev.sluice.sink;

/**
 * How much one insert may carry and how long it may take: less and longer after the server, or what
 * stands before it, has said that it was too much, and back again with each success.
 *
 * <p>Not for several threads.
 */
final class InsertLimits {
  /** How many times the configured time an insert gets at most. */
  private static final int LONGEST = 8;

  /** Inserts that pass before twice as much is tried; more after each try that failed. */
  private static final int FIRST_PASSES = 8;

  private static final int MOST_PASSES = 1_024;

  private final int configuredTimeoutMs;
  private int rows = Integer.MAX_VALUE;
  private int bytes = Integer.MAX_VALUE;
  private int timeoutMs;
  private int passed;
  private int passesNeeded = FIRST_PASSES;

  InsertLimits(int configuredTimeoutMs) {
    this.configuredTimeoutMs = configuredTimeoutMs;
    timeoutMs = configuredTimeoutMs;
  }

  int rows() {
    return rows;
  }

  int bytes() {
    return bytes;
  }

  int timeoutMs() {
    return timeoutMs;
  }

  /** The next insert carries half of what this one did. */
  void tooLarge(int insertRows, int insertBytes) {
    if (passed > 0) {
      passesNeeded = Math.min(passesNeeded * 2, MOST_PASSES);
    }
    rows = Math.max(1, insertRows / 2);
    bytes = Math.max(1, insertBytes / 2);
    passed = 0;
  }

  /**
   * The next try gets twice the time.
   *
   * @return false when it has had the longest already
   */
  boolean tooSlow() {
    boolean more = timeoutMs < (long) configuredTimeoutMs * LONGEST;
    timeoutMs =
        (int)
            Math.min(
                timeoutMs * 2L, Math.min(configuredTimeoutMs * (long) LONGEST, Integer.MAX_VALUE));
    return more;
  }

  void passed(long tookMs) {
    if (tookMs < timeoutMs / 4) {
      timeoutMs = Math.max(configuredTimeoutMs, timeoutMs / 2);
    }
    if (rows < Integer.MAX_VALUE && ++passed >= passesNeeded) {
      rows = doubled(rows);
      bytes = doubled(bytes);
      passed = 1;
      if (rows == Integer.MAX_VALUE) {
        bytes = Integer.MAX_VALUE;
        passesNeeded = FIRST_PASSES;
      }
    }
  }

  private static int doubled(int limit) {
    return limit > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : limit * 2;
  }
}

package dev.sluice.sink;

import java.util.concurrent.TimeUnit;

/**
 * How soon the tables of a task may insert after one another, so that hundreds of tables with a
 * trickle each do not make thousands of small inserts a second. Times are {@link
 * System#nanoTime}'s.
 *
 * <p>Inserts have a gap on average: the setting's, or more when inserts are slow, so that few are
 * under way at once. What was not used of the last second may be made up for, so that a transaction
 * over many tables arrives at once. What does not wait (a full batch, a table alone) counts as
 * well, but puts nobody off for more than a gap. Not for several threads.
 */
final class InsertPacer {
  /** So many inserts are under way on average, at most. */
  private static final int UNDER_WAY = 8;

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** What an insert has to do with the average of those before it. */
  private static final int WEIGHT = 8;

  private final long shortestGap;
  private long gap;
  private long averageTook;

  /** How far ahead of its time the next insert is if all before it had kept their gap. */
  private long ahead;

  private long lastLook;

  /**
   * @param perSecond inserts
   */
  InsertPacer(int perSecond, long now) {
    shortestGap = SECOND / perSecond;
    gap = shortestGap;
    lastLook = now;
  }

  /** Whether another insert may begin now. */
  boolean admits(long now) {
    look(now);
    return ahead <= SECOND - gap;
  }

  /** An insert begins. */
  void began(long now) {
    look(now);
    ahead = Math.min(ahead + gap, SECOND);
  }

  /** An insert has been acknowledged. */
  void took(long ms) {
    long nanos = TimeUnit.MILLISECONDS.toNanos(ms);
    averageTook += (nanos - averageTook) / WEIGHT;
    gap = Math.min(SECOND, Math.max(shortestGap, averageTook / UNDER_WAY));
  }

  private void look(long now) {
    ahead = Math.max(0, ahead - (now - lastLook));
    lastLook = now;
  }
}

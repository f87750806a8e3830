package dev.sluice.ops;

import java.util.stream.IntStream;

/**
 * The last hour of one pipeline in a ring: a point every five seconds, each the last known then.
 * Thread-safe.
 */
final class History {

  static final long STEP_MILLIS = 5_000;
  private static final int POINTS = 720;

  /** What is kept, in the order of {@link #add}'s values. */
  enum Series {
    ROWS_IN,
    ROWS_OUT,
    LAG,
    SLOT_BYTES,
    VISIBLE_P50,
    VISIBLE_P99,
    DEAD_LETTERS,
    DEAD_LETTERS_WAITING
  }

  private final long[] at = new long[POINTS];
  private final double[][] values = new double[Series.values().length][POINTS];
  private int next;
  private int size;

  /** Adds a point, or replaces the last one while its five seconds are not over. */
  synchronized void add(long now, double... point) {
    long step = now - now % STEP_MILLIS;
    int last = (next + POINTS - 1) % POINTS;
    int index = size > 0 && at[last] == step ? last : next;
    if (index == next) {
      next = (next + 1) % POINTS;
      size = Math.min(size + 1, POINTS);
    }
    at[index] = step;
    for (int i = 0; i < values.length; i++) {
      values[i][index] = point[i];
    }
  }

  /** Times in epoch seconds, as plots want them, of the points after {@code since} millis. */
  synchronized long[] times(long since) {
    return indexes(since).mapToLong(i -> at[i] / 1000).toArray();
  }

  /** The values of one series at {@link #times}; NaN where unknown. */
  synchronized double[] values(Series series, long since) {
    return indexes(since).mapToDouble(i -> values[series.ordinal()][i]).toArray();
  }

  private IntStream indexes(long since) {
    int first = (next - size + POINTS) % POINTS;
    return IntStream.range(0, size).map(i -> (first + i) % POINTS).filter(i -> at[i] > since);
  }
}

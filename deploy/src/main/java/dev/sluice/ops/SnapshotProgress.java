package dev.sluice.ops;

import dev.sluice.ops.Overview.Progress;

/**
 * How far the snapshot of one table is, from outside: the rows that reached the topic and those
 * that ClickHouse acknowledged, beside the planner's estimate of the table. Begins when the
 * source's offsets say that a snapshot is under way, and ends when all that was read by its end has
 * been acknowledged. Not thread-safe.
 */
final class SnapshotProgress {

  private static final long SHOWN_AFTERWARDS_MILLIS = 3_600_000;

  private long startedAt;
  private long endedAt;
  private boolean reading;
  private long base;
  private long writtenAtStart;
  private long total;
  private long read;
  private long written;

  /**
   * @param estimate of the table's rows; 0 or less when unknown
   * @param starts sum of the topic's first offsets
   * @param ends sum of its end offsets
   * @param positions sum of the sink's positions
   */
  void see(long at, boolean snapshotting, long estimate, long starts, long ends, long positions) {
    if (snapshotting && (startedAt == 0 || endedAt > 0)) {
      startedAt = at;
      endedAt = 0;
      // A topic that holds more than the table was there before this snapshot.
      base = estimate > 0 && ends - starts > estimate ? ends : starts;
      writtenAtStart = Math.max(0, positions - base);
      read = 0;
    }
    if (startedAt == 0 || endedAt > 0) {
      return;
    }
    if (snapshotting || reading) {
      read = ends - base;
    }
    reading = snapshotting;
    written = Math.min(read, Math.max(0, positions - base));
    total = estimate > 0 ? Math.max(estimate, read) : reading ? 0 : read;
    if (!reading && written >= read) {
      total = read;
      endedAt = at;
    }
  }

  boolean isRunning() {
    return startedAt > 0 && endedAt == 0;
  }

  /** Null when no snapshot was seen in the last hour. */
  Progress view(String table, long at) {
    if (startedAt == 0 || endedAt > 0 && at - endedAt > SHOWN_AFTERWARDS_MILLIS) {
      return null;
    }
    long done = written - writtenAtStart;
    Long remaining =
        isRunning() && done > 0 && total > 0
            ? (long) ((double) (total - written) * (at - startedAt) / done)
            : null;
    return new Progress(table, total, read, written, isRunning(), startedAt, endedAt, remaining);
  }
}

package dev.sluice.sink;

import java.util.concurrent.TimeUnit;

/** The batch of a {@link TableWriter} that takes rows, and when it is due. */
final class OpenBatch {
  /**
   * How many times as long as the last insert took rows gather before the next: whatever makes
   * inserts dear (many partitions, a loaded server) makes them fewer and larger, so that they never
   * take more than a fraction of the time.
   */
  private static final int GATHERING = 10;

  private static final long GATHERING_MAX_MS = 5_000;

  /** Records that are to be set aside are kept whole, and may be large. */
  private static final int MOST_LETTERS = 500;

  private final SinkConfig config;
  private Batch batch;
  private Batch spare;
  private long lastInsertMs;
  private long lastCame;

  OpenBatch(SinkConfig config) {
    this.config = config;
  }

  boolean isEmpty() {
    return batch == null;
  }

  boolean isFull() {
    return batch != null
        && (batch.count() >= config.batchRows()
            || batch.bytes() >= config.batchBytes()
            || batch.letters().size() >= MOST_LETTERS);
  }

  /** The first offset of a partition here; the largest number for none. */
  long firstOf(PartitionState partition) {
    return batch == null ? Long.MAX_VALUE : batch.firsts().getOrDefault(partition, Long.MAX_VALUE);
  }

  /** Notes that a record has come. */
  void came(long now) {
    lastCame = now;
  }

  /** The batch, to append to. */
  Batch open(long now) {
    if (batch == null) {
      batch = spare == null ? new Batch(now) : spare.reopen(now);
      spare = null;
    }
    return batch;
  }

  /** The batch, which is then nobody's here; null when there is none. */
  Batch take() {
    Batch taken = batch;
    batch = null;
    return taken;
  }

  /** Takes back the memory of a batch that has arrived; a table come to rest gives it away. */
  void reuse(Batch arrived, long tookMs) {
    spare = batch == null ? null : arrived;
    lastInsertMs = tookMs;
  }

  boolean isDue(long now) {
    return isFull() || dueInMs(now) <= 0;
  }

  /**
   * When nothing came for a while, or when rows have gathered long enough; the largest number when
   * there are none.
   */
  long dueInMs(long now) {
    if (batch == null) {
      return Long.MAX_VALUE;
    }
    long silence = TimeUnit.NANOSECONDS.toMillis(now - lastCame);
    long age = TimeUnit.NANOSECONDS.toMillis(batch.ageNanos(now));
    long gathering = Math.min(lastInsertMs * GATHERING, GATHERING_MAX_MS);
    return Math.min(config.lingerMs() - silence, Math.max(config.lingerMs(), gathering) - age);
  }
}

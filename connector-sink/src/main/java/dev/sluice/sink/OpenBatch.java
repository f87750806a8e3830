package dev.sluice.sink;

import java.util.concurrent.TimeUnit;

/** The batch of a {@link TableWriter} that takes rows, and when it is due. */
final class OpenBatch {
  /**
   * How many times as long as the last insert took rows gather before the next: whatever makes
   * inserts expensive (many partitions, a loaded server) makes them fewer and larger, so that they
   * never take more than a fraction of the time.
   */
  private static final int GATHERING = 10;

  private static final long GATHERING_MAX_MS = 5_000;

  /** Records that are to be set aside are kept whole, and may be large. */
  private static final int MOST_LETTERS = 500;

  private final SinkConfig config;
  private final MemoryBudget budget;
  private final MemoryBudget.Account memory;
  private Batch batch;
  private Batch spare;
  private boolean closed;

  /** Rows and bytes of the batches that were taken from here. */
  private long takenRows;

  private long takenBytes;
  private long lastInsertMs;
  private long lastCame;

  OpenBatch(SinkConfig config, MemoryBudget budget, MemoryBudget.Account memory) {
    this.config = config;
    this.budget = budget;
    this.memory = memory;
  }

  boolean isEmpty() {
    return batch == null || batch.isEmpty();
  }

  boolean isFull() {
    return batch != null
        && (closed
            || batch.count() >= config.batchRows()
            || batch.bytes() >= config.batchBytes()
            || batch.letters().size() >= MOST_LETTERS);
  }

  /** Rows that have ever come here. */
  long rowsTotal() {
    return takenRows + (batch == null ? 0 : batch.count());
  }

  /** Bytes that have ever come here. */
  long bytesTotal() {
    return takenBytes + (batch == null ? 0 : batch.bytes());
  }

  /** The first offset of a partition here; the largest number for none. */
  long firstOf(PartitionState partition) {
    return batch == null ? Long.MAX_VALUE : batch.firsts().getOrDefault(partition, Long.MAX_VALUE);
  }

  /** See {@link Batch#oldestTimestamp}. */
  long oldestTimestamp() {
    return batch == null ? Batch.NEVER : batch.oldestTimestamp();
  }

  /** When its first record came, in nanoseconds. */
  long openedAt() {
    return batch.openedAt();
  }

  /** Notes that a record has come. */
  void came(long now) {
    lastCame = now;
  }

  /**
   * The batch, to append to.
   *
   * @throws NoRoomException when the memory has no room for a new one
   */
  Batch open(long now) {
    if (batch == null) {
      batch = spare == null ? new Batch(now, memory) : spare.reopen(now);
      spare = null;
    }
    return batch;
  }

  /** The batch, which is then nobody's here; null when there is none. */
  Batch take() {
    Batch taken = batch;
    if (taken != null) {
      takenRows += taken.count();
      takenBytes += taken.bytes();
    }
    batch = null;
    closed = false;
    return taken;
  }

  /**
   * Takes no more, because the memory has no room: what is here has to go first. Without rows here
   * it gives back what it has.
   */
  void close() {
    closed = true;
    if (isEmpty()) {
      discard();
    }
    discardSpare();
  }

  /** Forgets what is here. */
  void discard() {
    Batch taken = take();
    if (taken != null) {
      taken.release();
    }
    discardSpare();
  }

  private void discardSpare() {
    if (spare != null) {
      spare.release();
      spare = null;
    }
  }

  /** What it would take to hold so many rows of so many bytes more; 0 when they have room. */
  long growthFor(int rows, long bytes) {
    if (batch != null) {
      return batch.growthFor(rows, bytes);
    }
    return spare != null ? 0 : Section.leastBytes(false) + bytes;
  }

  /** Takes back the memory of a batch that has arrived; a table come to rest gives it away. */
  void reuse(Batch arrived, long tookMs) {
    lastInsertMs = tookMs;
    discardSpare();
    if (batch != null && budget.isAmple()) {
      spare = arrived;
    } else {
      arrived.release();
    }
  }

  boolean isDue(long now) {
    return isFull() || dueInMs(now) <= 0;
  }

  /**
   * When nothing came for a while, or when rows have gathered long enough; the largest number when
   * there are none.
   */
  long dueInMs(long now) {
    if (isEmpty()) {
      return Long.MAX_VALUE;
    }
    long silence = TimeUnit.NANOSECONDS.toMillis(now - lastCame);
    long age = TimeUnit.NANOSECONDS.toMillis(now - batch.openedAt());
    long gathering = Math.min(lastInsertMs * GATHERING, GATHERING_MAX_MS);
    return Math.min(config.lingerMs() - silence, Math.max(config.lingerMs(), gathering) - age);
  }
}

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The batches that the running job of a table inserts; or, while none runs, those of which the
 * table has not taken a row.
 */
final class SentBatches {
  /** So many rows are tried together, however small a batch is, before the table is to blame. */
  private static final int LEAST_ROWS = 1_000;

  private final List<Batch> batches = new ArrayList<>();
  private final SinkConfig config;

  SentBatches(SinkConfig config) {
    this.config = config;
  }

  boolean isEmpty() {
    return batches.isEmpty();
  }

  List<Batch> all() {
    return List.copyOf(batches);
  }

  void add(Batch batch) {
    batches.add(batch);
  }

  /** Whether there is room for another batch beside those of which the table has taken no row. */
  boolean mayJoin() {
    return batches.size() < 2
        || rows() < Math.max(config.batchRows(), LEAST_ROWS) && bytes() < config.batchBytes();
  }

  int rows() {
    return batches.stream().mapToInt(Batch::count).sum();
  }

  private long bytes() {
    return batches.stream().mapToLong(Batch::bytes).sum();
  }

  /** The first offset of a partition here; the largest number for none. */
  long firstOf(PartitionState partition) {
    long first = Long.MAX_VALUE;
    for (Batch batch : batches) {
      first = Math.min(first, batch.firsts().getOrDefault(partition, Long.MAX_VALUE));
    }
    return first;
  }

  /** See {@link Batch#oldestTimestamp}. */
  long oldestTimestamp() {
    long oldest = Batch.NEVER;
    for (Batch batch : batches) {
      oldest = Math.min(oldest, batch.oldestTimestamp());
    }
    return oldest;
  }

  /** They have arrived: the memory of one may be used again. */
  void acknowledged(OpenBatch open, long tookMs) {
    for (Batch batch : batches) {
      open.reuse(batch, tookMs);
    }
    batches.clear();
  }

  /**
   * Forgets them, for the consumer to bring them again.
   *
   * @return the first offset of each partition here
   */
  Map<PartitionState, Long> discard() {
    Map<PartitionState, Long> firsts = new HashMap<>();
    for (Batch batch : batches) {
      batch.firsts().forEach((partition, offset) -> firsts.merge(partition, offset, Math::min));
      batch.release();
    }
    batches.clear();
    return firsts;
  }
}

package dev.sluice.sink;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.connect.errors.DataException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How far the records of each partition have come in one table, and which of them it refused. */
final class TableProgress {
  private static final Logger LOG = LoggerFactory.getLogger(TableProgress.class);

  /** One partition's. */
  private static final class Progress {
    /** Records before this one are here, or were; they may come again on account of others. */
    long next;

    /** Rows that ClickHouse refused, by offset; they are set aside when they come again. */
    final TreeMap<Long, DataException> refused = new TreeMap<>();
  }

  private final Map<PartitionState, Progress> partitions = new HashMap<>();
  private PartitionState lastPartition;
  private Progress last;

  private Progress of(PartitionState partition) {
    // Records come partition by partition.
    if (partition != lastPartition) {
      last = partitions.computeIfAbsent(partition, p -> new Progress());
      lastPartition = partition;
    }
    return last;
  }

  /** Whether this record is here, or was. */
  boolean has(PartitionState partition, long offset) {
    return offset < of(partition).next;
  }

  /** Why a record that was here was refused; null when it was not. */
  DataException refusal(PartitionState partition, long offset) {
    return of(partition).refused.get(offset);
  }

  /** A refused record has been taken to be set aside. */
  void settled(PartitionState partition, long offset) {
    of(partition).refused.remove(offset);
  }

  /** A record is here. */
  void took(PartitionState partition, long offset) {
    of(partition).next = offset + 1;
  }

  /** The first refused record; the largest number for none. */
  long firstRefused(PartitionState partition) {
    Progress known = partitions.get(partition);
    return known == null || known.refused.isEmpty() ? Long.MAX_VALUE : known.refused.firstKey();
  }

  /**
   * ClickHouse has refused these.
   *
   * @return from where on each of their partitions has to come again
   */
  Map<PartitionState, Long> refuse(List<Inserter.RejectedRow> rows) {
    Map<PartitionState, Long> from = new HashMap<>();
    for (Inserter.RejectedRow row : rows) {
      Progress known = partitions.get(row.partition());
      if (known == null) {
        LOG.error(
            "Record {} is refused, and gone with its topic: {}",
            row.partition().at(row.offset()),
            row.reason());
        continue;
      }
      known.refused.put(row.offset(), new DataException(row.reason()));
      from.merge(row.partition(), row.offset(), Math::min);
    }
    return from;
  }

  /**
   * Records from this one on come again as rows, and may land this time.
   *
   * @return false when the partition is gone with its topic
   */
  boolean startAgain(PartitionState partition, long offset) {
    Progress known = partitions.get(partition);
    if (known == null) {
      return false;
    }
    known.next = Math.min(known.next, offset);
    known.refused.tailMap(offset, true).clear();
    return true;
  }

  /** Forgets a partition that has gone to another task, or with its topic. */
  void forget(PartitionState partition) {
    partitions.remove(partition);
    lastPartition = null;
  }
}

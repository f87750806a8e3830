package dev.sluice.sink;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** One assigned partition: where it goes and how far it got. Used by the task's thread only. */
final class PartitionState {
  /** No offset. */
  static final long NONE = -1;

  final TopicPartition topicPartition;

  /** Where its records have gone to; more than one table behind a transform that renames topics. */
  final Set<TableWriter> tables = new LinkedHashSet<>();

  /** Where the consumer reads next, or was asked back to: it must not be asked further forward. */
  long next = Long.MAX_VALUE;

  /** Asked back and not gone there yet: records till then are stale. */
  boolean stale;

  /** Asked back and no record since: the consumer's own position means nothing. */
  boolean behind;

  boolean paused = true;

  /** Where the last record went, and the topic that sent it there. */
  String lastTopic;

  TableWriter lastTable;

  PartitionState(TopicPartition topicPartition) {
    this.topicPartition = topicPartition;
  }

  /** Whether the consumer has come further than this already, and was not asked back. */
  boolean isPast(long offset) {
    return next != Long.MAX_VALUE && offset < next;
  }

  /** Whether all its tables take records now. */
  boolean isAccepted() {
    for (TableWriter table : tables) {
      if (!table.isAccepting()) {
        return false;
      }
    }
    return true;
  }

  /** The first offset that is on its way, or has to be read again; {@link #NONE} for none. */
  long firstPending() {
    long first = behind ? next : Long.MAX_VALUE;
    for (TableWriter table : tables) {
      first = Math.min(first, table.firstPending(this));
    }
    return first == Long.MAX_VALUE ? NONE : first;
  }

  /** What fails for one of its tables and is tried again; empty while nothing does. */
  String failure() {
    return tables.stream()
        .map(TableWriter::failure)
        .filter(t -> !t.isEmpty())
        .findFirst()
        .orElse("");
  }

  String at(long offset) {
    return topicPartition + "@" + offset;
  }
}

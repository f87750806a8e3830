package dev.sluice.sink;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.DataException;

/** One assigned partition: where it goes and how far it got. Used by the task's thread only. */
final class Source {
  /** No offset. */
  static final long NONE = -1;

  final TopicPartition partition;
  final Lane lane;

  /** The offset to commit: everything before it is in ClickHouse or was put aside. */
  long acknowledged = NONE;

  /** Where the consumer was asked back to, until it has gone there; records till then are stale. */
  long rewindTo = NONE;

  /** From a rewind until the first record after it: the consumer's position means nothing. */
  boolean behind;

  boolean paused = true;

  /** Rows that ClickHouse refused; they are put aside when the rewind brings them again. */
  final Map<Long, DataException> refused = new HashMap<>();

  Source(TopicPartition partition, Lane lane) {
    this.partition = partition;
    this.lane = lane;
  }

  String at(long offset) {
    return partition + "@" + offset;
  }
}

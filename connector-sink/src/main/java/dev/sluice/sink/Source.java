package dev.sluice.sink;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** One assigned partition: where it goes and how far it got. Used by the task's thread only. */
final class Source {
  /** No offset. */
  static final long NONE = -1;

  final TopicPartition partition;

  /** Where its records have gone to; more than one table behind a transform that renames topics. */
  final Set<Lane> lanes = new LinkedHashSet<>();

  /** Where the consumer was asked back to, until it has gone there; records till then are stale. */
  long rewindTo = NONE;

  /** The same until the first record after it: till then the consumer's position means nothing. */
  long behindTo = NONE;

  boolean paused = true;

  /** Where the last record went, and the topic that sent it there. */
  String lastTopic;

  Lane lastLane;

  Source(TopicPartition partition) {
    this.partition = partition;
  }

  /** The first offset that is on its way, or has to be read again; {@link #NONE} for none. */
  long firstPending() {
    long first = behindTo == NONE ? Long.MAX_VALUE : behindTo;
    for (Lane lane : lanes) {
      first = Math.min(first, lane.firstPending(this));
    }
    return first == Long.MAX_VALUE ? NONE : first;
  }

  String at(long offset) {
    return partition + "@" + offset;
  }
}

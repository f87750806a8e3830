package dev.sluice.sink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions that the task has, and what it asks of the consumer about them. */
final class Partitions {
  private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);

  private final SinkTaskContext context;
  private final Map<TopicPartition, PartitionState> states = new HashMap<>();
  private PartitionState last;

  Partitions(SinkTaskContext context) {
    this.context = context;
  }

  Collection<PartitionState> all() {
    return states.values();
  }

  /** Null when the task does not have it. */
  PartitionState get(TopicPartition topicPartition) {
    return states.get(topicPartition);
  }

  PartitionState assign(TopicPartition topicPartition) {
    PartitionState state = new PartitionState(topicPartition);
    states.put(topicPartition, state);
    return state;
  }

  /** Null when the task did not have it. */
  PartitionState revoke(TopicPartition topicPartition) {
    last = null;
    return states.remove(topicPartition);
  }

  /** The one that the record was read from. */
  PartitionState of(SinkRecord record) {
    // Polls bring records partition by partition.
    if (last == null
        || last.topicPartition.partition() != record.originalKafkaPartition()
        || !last.topicPartition.topic().equals(record.originalTopic())) {
      last =
          states.get(new TopicPartition(record.originalTopic(), record.originalKafkaPartition()));
    }
    return last;
  }

  /**
   * Of its own a consumer goes back only where a topic of the same name has taken the place of one
   * that was deleted; it goes on where it can, which need not be the beginning.
   */
  PartitionState replace(PartitionState gone, long offset) {
    LOG.warn(
        "{} begins anew, as a topic does that was deleted and made again: all of it is read",
        gone.topicPartition);
    gone.tables.forEach(table -> table.forget(gone));
    PartitionState state = assign(gone.topicPartition);
    state.paused = gone.paused;
    state.tables.addAll(gone.tables);
    last = state;
    if (offset > 0) {
      rewind(state, 0);
    }
    return state;
  }

  /** Asks the consumer for a partition again, from this offset on. */
  void rewind(PartitionState state, long offset) {
    // Connect fails the task over a rewind of a partition that it has taken away.
    if (states.get(state.topicPartition) == state) {
      // Never forward: what lies between is still to be read on account of others.
      state.next = Math.min(state.next, offset);
      state.stale = true;
      state.behind = true;
      context.offset(state.topicPartition, state.next);
    }
  }

  /** A poll is over: the consumer goes back, where it was asked to, before it brings more. */
  void polled() {
    states.values().forEach(state -> state.stale = false);
    List<TopicPartition> toPause = new ArrayList<>();
    List<TopicPartition> toResume = new ArrayList<>();
    for (PartitionState state : states.values()) {
      boolean pause = !state.isAccepted();
      if (pause != state.paused) {
        (pause ? toPause : toResume).add(state.topicPartition);
        state.paused = pause;
      }
    }
    if (!toPause.isEmpty()) {
      context.pause(toPause.toArray(TopicPartition[]::new));
    }
    if (!toResume.isEmpty()) {
      context.resume(toResume.toArray(TopicPartition[]::new));
    }
  }
}

package dev.sluice.ops;

import dev.sluice.pipeline.TopicLag;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What Kafka said at one moment.
 *
 * @param topics those asked about that exist, by name
 * @param committed by sink connector: where its consumer group is in each partition
 * @param lastBeats by topic of a source's heartbeat: when the newest beat was written, in epoch
 *     millis; without those that have none
 */
record KafkaView(
    Map<String, Topic> topics,
    Map<String, Map<TopicPartition, OffsetAndMetadata>> committed,
    Map<String, Long> lastBeats) {

  /**
   * A topic's partitions.
   *
   * @param starts first offset that is kept, by partition
   * @param ends offset after the last
   * @param hourAgo first offset of the last hour; empty unless it was asked for
   */
  record Topic(
      String name,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends,
      Map<TopicPartition, Long> hourAgo) {

    /** Offsets handed out so far. */
    long endSum() {
      return sum(ends);
    }

    /** Records that are kept. */
    long records() {
      return sum(ends) - sum(starts);
    }

    /** Records of the last hour. */
    long recordsOfLastHour() {
      return hourAgo.entrySet().stream()
          .mapToLong(at -> Math.max(0, ends.getOrDefault(at.getKey(), 0L) - at.getValue()))
          .sum();
    }

    /** Where a sink is in this topic: what it committed, or the start of what is there. */
    Map<TopicPartition, Long> positions(Map<TopicPartition, Long> committed) {
      Map<TopicPartition, Long> positions = new HashMap<>(starts);
      committed.forEach(
          (partition, at) ->
              positions.computeIfPresent(partition, (p, start) -> Math.max(start, at)));
      return positions;
    }

    /** Records that were removed before a sink had them acknowledged. */
    long removed(Map<TopicPartition, Long> committed) {
      return committed.entrySet().stream()
          .mapToLong(at -> Math.max(0, starts.getOrDefault(at.getKey(), 0L) - at.getValue()))
          .sum();
    }

    /** Records that a sink has not had acknowledged. */
    long lag(Map<TopicPartition, Long> committed) {
      Map<TopicPartition, Long> positions = positions(committed);
      return ends.entrySet().stream()
          .mapToLong(end -> Math.max(0, end.getValue() - positions.getOrDefault(end.getKey(), 0L)))
          .sum();
    }
  }

  static long sum(Map<TopicPartition, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What holds a topic's rows up, as the sink says; empty for nothing. */
  List<String> troubles(String sink, String topic) {
    return TopicLag.troubles(committed.getOrDefault(sink, Map.of()), topic);
  }

  /** Where a sink is, in all its topics; empty before its first commit. */
  Map<TopicPartition, Long> committed(String sink) {
    return committed.getOrDefault(sink, Map.of()).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, at -> at.getValue().offset()));
  }
}

package dev.sluice.ops;

import dev.sluice.pipeline.TopicLag;
import dev.sluice.pipeline.UnreadRecords.Gap;
import dev.sluice.pipeline.UnreadRecords.Unread;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * @param unread what is to be read of the gaps that were looked into, between where a sink is and a
 *     partition's end
 * @param letters what was read of the dead letter queues that several connectors write
 * @param by dead letter queue: why the newest letter of each partition was set aside
 * @param gone where the consumer groups of sinks are that are not registered any more; looked for
 *     only while nobody reads what a source writes
 */
record KafkaView(
    Map<String, Topic> topics,
    Map<String, Map<TopicPartition, OffsetAndMetadata>> committed,
    Map<String, Long> lastBeats,
    Map<Gap, Unread> unread,
    Map<TopicPartition, LettersRead> letters,
    Map<String, List<Reason>> reasons,
    Map<String, Map<TopicPartition, OffsetAndMetadata>> gone) {

  KafkaView(
      Map<String, Topic> topics,
      Map<String, Map<TopicPartition, OffsetAndMetadata>> committed,
      Map<String, Long> lastBeats,
      Map<Gap, Unread> unread,
      Map<TopicPartition, LettersRead> letters) {
    this(topics, committed, lastBeats, unread, letters, Map.of(), Map.of());
  }

  /**
   * Why a record became a dead letter.
   *
   * @param connector whose letter it is; empty where its headers do not say
   * @param at when it was set aside, epoch millis
   * @param text as a sentence's end, not yet free of secrets
   */
  record Reason(String connector, long at, String text) {}

  /** Why the newest letter of a sink was set aside; empty where that is not known. */
  Optional<String> reason(String sink) {
    return reasons.values().stream()
        .flatMap(List::stream)
        .filter(reason -> reason.connector().isEmpty() || reason.connector().equals(sink))
        .max(Comparator.comparing(Reason::at))
        .map(Reason::text);
  }

  /** The sink that has read a source's topics and is not registered any more. */
  Optional<String> goneSink(String prefix) {
    return gone.entrySet().stream()
        .filter(at -> at.getValue().keySet().stream().anyMatch(p -> p.topic().startsWith(prefix)))
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst();
  }

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

    /** What is left of each partition for a sink; what was removed is not. */
    List<Gap> gaps(Map<TopicPartition, Long> committed) {
      Map<TopicPartition, Long> positions = positions(committed);
      return starts.keySet().stream().map(p -> gap(p, positions.get(p))).toList();
    }

    /** What is left of a partition for a sink that is there. */
    Gap gap(TopicPartition partition, long position) {
      long from = Math.max(position, starts.get(partition));
      return new Gap(partition, from, ends.getOrDefault(partition, from));
    }
  }

  static long sum(Map<TopicPartition, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  /** What holds a topic's rows up, as the sink says; empty for nothing. */
  List<String> troubles(String sink, String topic) {
    return TopicLag.troubles(committed.getOrDefault(sink, Map.of()), topic);
  }

  /** Records of a topic that a sink has not had acknowledged, and can read. */
  long lag(Topic topic, Map<TopicPartition, Long> committed) {
    return topic.gaps(committed).stream().mapToLong(gap -> unread(gap).records()).sum();
  }

  /** Where in a topic a sink's next records are: at its positions, or behind what holds none. */
  Map<TopicPartition, Long> next(Topic topic, Map<TopicPartition, Long> committed) {
    return topic.gaps(committed).stream()
        .collect(Collectors.toMap(Gap::partition, gap -> unread(gap).next()));
  }

  private Unread unread(Gap gap) {
    return unread.getOrDefault(gap, Unread.counted(gap));
  }

  /** Where a sink is, in all its topics; empty before its first commit. */
  Map<TopicPartition, Long> committed(String sink) {
    return committed.getOrDefault(sink, Map.of()).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, at -> at.getValue().offset()));
  }
}

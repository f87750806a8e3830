package dev.sluice.ops;

import dev.sluice.ops.DeadLetters.Place;
import dev.sluice.ops.KafkaView.Topic;
import dev.sluice.ops.Overview.DeadLetterQueue;
import dev.sluice.ops.Overview.LetterShare;
import dev.sluice.servers.ConnectClient.Connector;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.TopicPartition;

/** The dead letter queues, and what each connector has in them. */
final class LetterQueues {

  private LetterQueues() {}

  /**
   * All queues of these connectors that exist.
   *
   * @param kafka null before Kafka's first answer
   * @param putBack by queue and offsets: the letters from there on that were put back
   */
  static List<DeadLetterQueue> of(
      ObservedTopology topology,
      KafkaView kafka,
      BiFunction<String, Map<TopicPartition, Long>, List<Place>> putBack) {
    return kafka == null
        ? List.of()
        : kafka.topics().values().stream()
            .filter(topic -> topology.isDeadLetters(topic.name()))
            .sorted(Comparator.comparing(Topic::name))
            .map(
                topic ->
                    queue(
                        topic,
                        topology.writersOf(topic.name()),
                        kafka.letters(),
                        putBack.apply(topic.name(), topic.hourAgo())))
            .toList();
  }

  private static DeadLetterQueue queue(
      Topic topic,
      List<String> writers,
      Map<TopicPartition, LettersRead> read,
      Collection<Place> putBack) {
    LetterShares arrived = LetterShares.arrived(topic, read);
    LetterShares back = LetterShares.at(putBack, read);
    long lastHour = topic.recordsOfLastHour();
    return new DeadLetterQueue(
        topic.name(),
        writers,
        topic.records(),
        lastHour,
        lastHour - putBack.size(),
        writers.stream()
            .map(w -> new LetterShare(w, arrived.of(w), arrived.of(w) - back.of(w)))
            .toList());
  }

  /** A number of a sink's letters, over all queues; 0 without a sink. */
  static long sum(Connector sink, List<DeadLetterQueue> queues, ToLongFunction<LetterShare> of) {
    return sink == null
        ? 0
        : queues.stream()
            .flatMap(queue -> queue.shares().stream())
            .filter(share -> share.connector().equals(sink.name()))
            .mapToLong(of)
            .sum();
  }
}

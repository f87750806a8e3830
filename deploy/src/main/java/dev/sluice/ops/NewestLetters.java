package dev.sluice.ops;

import dev.sluice.ops.KafkaView.Reason;
import dev.sluice.ops.KafkaView.Topic;
import dev.sluice.servers.Health;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads why the newest letter of each partition of the dead letter queues was set aside, of those
 * that have letters of the last hour. A letter is read once, without a consumer group. Used by one
 * thread.
 *
 * <p>Failure semantics: what cannot be read within the limit is asked for at the next look, and not
 * known until then. Nothing is thrown.
 */
final class NewestLetters {

  private static final Duration LIMIT = Duration.ofMillis(500);
  private static final Duration POLL = Duration.ofMillis(100);

  private record Newest(long end, Reason reason) {}

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final Map<TopicPartition, Newest> known = new HashMap<>();

  NewestLetters(Supplier<Consumer<byte[], byte[]>> consumers) {
    this.consumers = consumers;
  }

  /** What is known of these queues, after reading what is new. */
  Map<String, List<Reason>> look(Collection<Topic> queues) {
    Map<TopicPartition, Long> wanted = new HashMap<>();
    for (Topic queue : queues) {
      queue
          .hourAgo()
          .forEach(
              (partition, first) -> {
                long end = queue.ends().getOrDefault(partition, first);
                if (end > first) {
                  wanted.put(partition, end);
                }
              });
    }
    known.keySet().retainAll(wanted.keySet());
    Map<TopicPartition, Long> unread = new HashMap<>(wanted);
    unread.entrySet().removeIf(e -> known.containsKey(e.getKey()) && is(e.getKey(), e.getValue()));
    if (!unread.isEmpty()) {
      read(unread);
    }
    Map<String, List<Reason>> reasons = new HashMap<>();
    known.forEach(
        (partition, newest) ->
            reasons
                .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
                .add(newest.reason()));
    return reasons;
  }

  private boolean is(TopicPartition partition, long end) {
    return known.get(partition).end() == end;
  }

  private void read(Map<TopicPartition, Long> ends) {
    Set<TopicPartition> left = new HashSet<>(ends.keySet());
    Consumer<byte[], byte[]> consumer = null;
    try {
      consumer = consumers.get();
      consumer.assign(ends.keySet());
      for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
        consumer.seek(end.getKey(), end.getValue() - 1);
      }
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!left.isEmpty() && System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> letter : consumer.poll(POLL)) {
          TopicPartition partition = new TopicPartition(letter.topic(), letter.partition());
          known.put(partition, new Newest(ends.get(partition), reason(letter)));
          left.remove(partition);
        }
      }
    } catch (KafkaException e) {
      // As the class says: the next look asks again.
    } finally {
      close(consumer);
    }
  }

  private static Reason reason(ConsumerRecord<byte[], byte[]> letter) {
    String connector = DeadLetter.text(letter, "connector.name");
    String trace = DeadLetter.text(letter, "exception.stacktrace");
    String message = DeadLetter.text(letter, "exception.message");
    String root = trace == null ? "" : Health.rootCause(trace);
    return new Reason(
        connector == null ? "" : connector,
        letter.timestamp(),
        Format.cause(root.isEmpty() ? message == null ? "" : message : root));
  }

  private static void close(Consumer<byte[], byte[]> consumer) {
    try {
      if (consumer != null) {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      }
    } catch (KafkaException e) {
      // All that it has told is kept.
    }
  }
}

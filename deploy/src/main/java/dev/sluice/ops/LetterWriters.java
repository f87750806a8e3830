package dev.sluice.ops;

import dev.sluice.ops.KafkaView.Topic;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads which connector wrote each letter of the last hour, from the headers of queues that several
 * connectors write. A letter is read once, without a consumer group; where nothing has come, Kafka
 * is not asked. Used by one thread.
 *
 * <p>Failure semantics: what was not read, because Kafka refuses, fails or takes longer than the
 * limit, is read on at the next look; until then its letters may be anyone's. Nothing is thrown.
 */
final class LetterWriters {

  /** A look is made every second: most of it is for what else there is to ask. */
  private static final Duration LIMIT = Duration.ofMillis(500);

  private static final Duration POLL = Duration.ofMillis(100);

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final Duration limit;
  private final Map<TopicPartition, LettersRead> read = new HashMap<>();

  LetterWriters(String bootstrapServers) {
    this(() -> consumer(bootstrapServers), LIMIT);
  }

  LetterWriters(Supplier<Consumer<byte[], byte[]>> consumers, Duration limit) {
    this.consumers = consumers;
    this.limit = limit;
  }

  /**
   * What is known of the queues' letters, after reading on.
   *
   * @param queues with their last hour
   */
  Map<TopicPartition, LettersRead> look(Collection<Topic> queues) {
    Map<TopicPartition, LettersRead> wanted = new HashMap<>();
    Map<TopicPartition, Long> unread = new HashMap<>();
    for (Topic queue : queues) {
      queue
          .hourAgo()
          .forEach(
              (partition, first) -> {
                long end = queue.ends().getOrDefault(partition, first);
                LettersRead known = read.getOrDefault(partition, LettersRead.from(first));
                wanted.put(partition, known.within(first, end));
                if (wanted.get(partition).to() < end) {
                  unread.put(partition, end);
                }
              });
    }
    read.clear();
    read.putAll(wanted);
    if (!unread.isEmpty()) {
      readOn(unread);
    }
    return Map.copyOf(read);
  }

  private void readOn(Map<TopicPartition, Long> ends) {
    Map<TopicPartition, NavigableMap<Long, String>> found = new HashMap<>();
    Map<TopicPartition, Long> upTo = new HashMap<>();
    Consumer<byte[], byte[]> consumer = null;
    try {
      consumer = consumers.get();
      consumer.assign(ends.keySet());
      for (TopicPartition partition : ends.keySet()) {
        consumer.seek(partition, read.get(partition).to());
        found.put(partition, new TreeMap<>());
      }
      long deadline = System.nanoTime() + limit.toNanos();
      while (System.nanoTime() < deadline
          && ends.entrySet().stream()
              .anyMatch(e -> upTo.getOrDefault(e.getKey(), 0L) < e.getValue())) {
        for (ConsumerRecord<byte[], byte[]> letter : consumer.poll(POLL)) {
          String writer = DeadLetter.text(letter, "connector.name");
          found
              .get(new TopicPartition(letter.topic(), letter.partition()))
              .put(letter.offset(), writer == null ? "" : writer);
        }
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
          upTo.put(end.getKey(), Math.min(end.getValue(), consumer.position(end.getKey(), POLL)));
        }
      }
    } catch (KafkaException e) {
      // As the class says: the next look reads on.
    } finally {
      upTo.forEach(
          (partition, offset) ->
              read.computeIfPresent(
                  partition,
                  (p, before) -> before.with(found.get(p).headMap(offset, false), offset)));
      close(consumer);
    }
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

  /** One that reads from a place on, and leaves no trace. */
  static KafkaConsumer<byte[], byte[]> consumer(String bootstrapServers) {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "client.id",
            "sluice-ops-letters",
            "enable.auto.commit",
            false,
            "allow.auto.create.topics",
            false,
            "auto.offset.reset",
            "earliest"),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }
}

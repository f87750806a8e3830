package dev.sluice.local;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What the dead letter queue holds. */
public final class DeadLetters {

  private DeadLetters() {}

  /** All of the visits' queue, from the beginning. */
  public static List<ConsumerRecord<byte[], byte[]>> read(String bootstrapServers) {
    return read(bootstrapServers, "sluice.dead-letters");
  }

  /** All of a queue, from the beginning. */
  public static List<ConsumerRecord<byte[], byte[]>> read(String bootstrapServers, String topic) {
    TopicPartition queue = new TopicPartition(topic, 0);
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", bootstrapServers,
            "key.deserializer", ByteArrayDeserializer.class,
            "value.deserializer", ByteArrayDeserializer.class);
    List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      consumer.assign(List.of(queue));
      consumer.seekToBeginning(List.of(queue));
      long end = consumer.endOffsets(List.of(queue)).get(queue);
      while (consumer.position(queue) < end) {
        consumer.poll(Duration.ofSeconds(1)).forEach(letters::add);
      }
    }
    return letters;
  }

  /** What Connect wrote about a letter, such as {@code exception.message}. */
  public static String about(ConsumerRecord<?, ?> letter, String what) {
    byte[] value = letter.headers().lastHeader("__connect.errors." + what).value();
    return new String(value, StandardCharsets.UTF_8);
  }
}

package dev.sluice.ops;

import dev.sluice.ops.DeadLetters.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads dead letter queues. No consumer group is used, so reading leaves no trace in Kafka.
 *
 * <p>Failure semantics: a letter that never was and a Kafka that falls silent are {@link
 * RequestRefused}, each in its own words; what Kafka itself says is a {@link
 * org.apache.kafka.common.KafkaException}.
 */
final class DeadLetterReader implements AutoCloseable {

  private final String kafka;
  private final int limitMillis;
  private final Consumer<byte[], byte[]> consumer;
  private final Map<String, Collection<TopicPartition>> partitions = new HashMap<>();

  /**
   * @param limitMillis how long an answer of Kafka is waited for
   */
  DeadLetterReader(String kafka, int limitMillis) {
    this(kafka, limitMillis, consumer(kafka, limitMillis));
  }

  DeadLetterReader(String kafka, int limitMillis, Consumer<byte[], byte[]> consumer) {
    this.kafka = kafka;
    this.limitMillis = limitMillis;
    this.consumer = consumer;
  }

  /** The last letters of a queue, newest first. */
  List<ConsumerRecord<byte[], byte[]>> last(String topic, int count) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions(topic));
    Map<TopicPartition, Long> from = new HashMap<>(consumer.beginningOffsets(partitions(topic)));
    from.replaceAll((p, first) -> Math.max(first, ends.get(p) - count));
    List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
    read(from, ends, letters::add);
    return letters.stream()
        .sorted(
            Comparator.comparing(ConsumerRecord<byte[], byte[]>::timestamp)
                .thenComparing(ConsumerRecord::offset)
                .reversed())
        .limit(count)
        .toList();
  }

  /** All letters of a queue, each partition in its order. */
  void all(String topic, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> to) {
    Collection<TopicPartition> all = partitions(topic);
    read(consumer.beginningOffsets(all), consumer.endOffsets(all), to);
  }

  /** The letter at a place, empty when it is gone; a consumer would wait for it in vain. */
  Optional<ConsumerRecord<byte[], byte[]>> one(Place place) {
    TopicPartition partition = new TopicPartition(place.topic(), place.partition());
    if (!has(partition)) {
      throw new RequestRefused(
          404, "There is no dead letter " + place + ": Kafka has no partition " + partition + ".");
    }
    long first = consumer.beginningOffsets(List.of(partition)).get(partition);
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    if (place.offset() >= end) {
      throw new RequestRefused(
          404,
          "There is no dead letter " + place + ": its partition ends before offset " + end + ".");
    }
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    if (place.offset() >= first) {
      read(Map.of(partition, place.offset()), Map.of(partition, place.offset() + 1), found::add);
    }
    return found.stream().findFirst();
  }

  /** Whether Kafka has such a partition of a topic of any name. */
  boolean has(TopicPartition partition) {
    return partitions(partition.topic()).contains(partition);
  }

  private Collection<TopicPartition> partitions(String topic) {
    return partitions.computeIfAbsent(topic, this::ask);
  }

  private Collection<TopicPartition> ask(String topic) {
    try {
      List<PartitionInfo> infos = consumer.partitionsFor(topic);
      return (infos == null ? List.<PartitionInfo>of() : infos)
          .stream().map(p -> new TopicPartition(p.topic(), p.partition())).toList();
    } catch (InvalidTopicException e) {
      return List.of();
    }
  }

  private void read(
      Map<TopicPartition, Long> from,
      Map<TopicPartition, Long> ends,
      java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> to) {
    consumer.assign(from.keySet());
    from.forEach(consumer::seek);
    long deadline = System.nanoTime() + limitMillis * 1_000_000L;
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      var records = consumer.poll(Duration.ofMillis(200));
      for (ConsumerRecord<byte[], byte[]> record : records) {
        if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
          to.accept(record);
        }
      }
      if (!records.isEmpty()) {
        deadline = System.nanoTime() + limitMillis * 1_000_000L;
      } else if (System.nanoTime() > deadline) {
        throw new RequestRefused(
            503,
            "Kafka at " + kafka + " does not answer: no record for " + limitMillis / 1000 + " s.");
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String kafka, int limitMillis) {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers",
            kafka,
            "client.id",
            "sluice-ops",
            "allow.auto.create.topics",
            false,
            "auto.offset.reset",
            "earliest",
            "default.api.timeout.ms",
            limitMillis,
            "request.timeout.ms",
            limitMillis),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  @Override
  public void close() {
    consumer.close();
  }
}

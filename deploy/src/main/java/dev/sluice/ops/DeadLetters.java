package dev.sluice.ops;

import dev.sluice.SluiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Reads dead letter queues and puts dead letters back where they came from.
 *
 * <p>A letter is put back with its key, value and own headers on its topic and partition, behind
 * what is there. That does no harm, twice or late: the fact table keeps the row of the highest
 * version, so a row that meanwhile has a newer version stays as it is. It stays in the queue too,
 * which Kafka's retention empties; if it still does not fit, it comes back as a new letter.
 *
 * <p>Which letters were put back is kept in memory: after a restart of this process they are shown
 * as waiting again. No consumer group is used, so reading leaves no trace in Kafka.
 *
 * <p>Failure semantics: every failure is a {@link SluiceException}; of several letters, those
 * acknowledged before it stay put back and are marked so. One call at a time; each waits at most
 * {@value #LIMIT_MILLIS} ms for an answer of Kafka.
 */
final class DeadLetters {

  private static final int LIMIT_MILLIS = 5000;

  /** A place in a queue. */
  record Place(String topic, int partition, long offset) {}

  private final String kafka;
  private final Map<Place, Long> putBack = new ConcurrentHashMap<>();

  DeadLetters(String bootstrapServers) {
    this.kafka = bootstrapServers;
  }

  /** The last letters of a queue, newest first. */
  synchronized List<DeadLetter> last(String topic, int count, Redactor redactor) {
    List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      Collection<TopicPartition> partitions = partitions(consumer, topic);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      Map<TopicPartition, Long> from = new HashMap<>(consumer.beginningOffsets(partitions));
      from.replaceAll((p, first) -> Math.max(first, ends.get(p) - count));
      read(consumer, from, ends, letters::add);
    } catch (KafkaException e) {
      throw failed(e);
    }
    return letters.stream()
        .sorted(
            Comparator.comparing(ConsumerRecord<byte[], byte[]>::timestamp)
                .thenComparing(ConsumerRecord::offset)
                .reversed())
        .limit(count)
        .map(l -> DeadLetter.of(l, putBack.getOrDefault(place(l), 0L), redactor))
        .toList();
  }

  /** One letter's payload as text. */
  synchronized String payload(Place place) {
    return DeadLetter.decoded(one(place).value());
  }

  /** Puts one letter back. */
  synchronized void putBack(Place place) {
    ConsumerRecord<byte[], byte[]> letter = one(place);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      ProducerRecord<byte[], byte[]> record =
          original(letter)
              .orElseThrow(
                  () ->
                      new SluiceException(
                          "The dead letter does not say where it came from: set"
                              + " errors.deadletterqueue.context.headers.enable=true on the"
                              + " sink."));
      acknowledged(place, producer.send(record));
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /**
   * Puts all letters of a queue back that were not, in their order, less those that do not say
   * where they came from.
   *
   * @return how many
   */
  synchronized int putBackAll(String topic) {
    Map<Place, Future<RecordMetadata>> sent = new LinkedHashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer();
        KafkaProducer<byte[], byte[]> producer = producer()) {
      Collection<TopicPartition> partitions = partitions(consumer, topic);
      read(
          consumer,
          consumer.beginningOffsets(partitions),
          consumer.endOffsets(partitions),
          letter -> {
            if (!putBack.containsKey(place(letter))) {
              original(letter).ifPresent(r -> sent.put(place(letter), producer.send(r)));
            }
          });
      producer.flush();
      sent.forEach(this::acknowledged);
    } catch (KafkaException e) {
      throw failed(e);
    }
    return sent.size();
  }

  /** How many letters from the given offsets on were put back. */
  long putBackSince(String topic, Map<TopicPartition, Long> offsets) {
    return putBack.keySet().stream()
        .filter(place -> place.topic().equals(topic))
        .filter(
            place ->
                place.offset()
                    >= offsets.getOrDefault(
                        new TopicPartition(topic, place.partition()), Long.MAX_VALUE))
        .count();
  }

  private ConsumerRecord<byte[], byte[]> one(Place place) {
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    TopicPartition partition = new TopicPartition(place.topic(), place.partition());
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      read(
          consumer,
          Map.of(partition, place.offset()),
          Map.of(partition, place.offset() + 1),
          letter -> {
            if (letter.offset() == place.offset()) {
              found.add(letter);
            }
          });
    } catch (KafkaException e) {
      throw failed(e);
    }
    if (found.isEmpty()) {
      throw new SluiceException("This dead letter is gone: Kafka's retention removed it.");
    }
    return found.get(0);
  }

  private static Optional<ProducerRecord<byte[], byte[]>> original(
      ConsumerRecord<byte[], byte[]> letter) {
    String topic = DeadLetter.text(letter, "topic");
    String partition = DeadLetter.text(letter, "partition");
    if (topic == null || partition == null) {
      return Optional.empty();
    }
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, Integer.valueOf(partition), letter.key(), letter.value());
    for (Header header : letter.headers()) {
      if (!header.key().startsWith(DeadLetter.HEADERS)) {
        record.headers().add(header);
      }
    }
    return Optional.of(record);
  }

  private void acknowledged(Place place, Future<RecordMetadata> sent) {
    try {
      sent.get();
      putBack.put(place, Now.millis());
    } catch (ExecutionException e) {
      throw failed(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    }
  }

  private static void read(
      KafkaConsumer<byte[], byte[]> consumer,
      Map<TopicPartition, Long> from,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<byte[], byte[]>> to) {
    consumer.assign(from.keySet());
    from.forEach(consumer::seek);
    long deadline = System.nanoTime() + LIMIT_MILLIS * 1_000_000L;
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      var records = consumer.poll(Duration.ofMillis(200));
      for (ConsumerRecord<byte[], byte[]> record : records) {
        if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
          to.accept(record);
        }
      }
      if (!records.isEmpty()) {
        deadline = System.nanoTime() + LIMIT_MILLIS * 1_000_000L;
      } else if (System.nanoTime() > deadline) {
        throw new SluiceException("Kafka does not answer.");
      }
    }
  }

  private static Collection<TopicPartition> partitions(
      KafkaConsumer<byte[], byte[]> consumer, String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(p -> new TopicPartition(p.topic(), p.partition()))
        .toList();
  }

  private static Place place(ConsumerRecord<byte[], byte[]> letter) {
    return new Place(letter.topic(), letter.partition(), letter.offset());
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
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
            LIMIT_MILLIS,
            "request.timeout.ms",
            LIMIT_MILLIS),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", kafka,
            "client.id", "sluice-ops",
            "max.block.ms", LIMIT_MILLIS,
            "request.timeout.ms", LIMIT_MILLIS,
            "delivery.timeout.ms", 2 * LIMIT_MILLIS),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static SluiceException failed(Throwable cause) {
    return new SluiceException("Kafka: " + SluiceException.reason(cause), cause);
  }
}

package dev.sluice.ops;

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
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
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
 * <p>Failure semantics: every failure is {@link Refused}, and tells a letter that is gone, a topic
 * that is gone, a Kafka that does not answer and one that says no apart; of several letters, those
 * acknowledged before it stay put back and are marked so. One call at a time; each waits at most
 * {@value #LIMIT_MILLIS} ms for an answer of Kafka.
 */
final class DeadLetters {

  private static final int LIMIT_MILLIS = 5000;

  /** A place in a queue. */
  record Place(String topic, int partition, long offset) {
    @Override
    public String toString() {
      return topic + "-" + partition + "-" + offset;
    }
  }

  /**
   * What came of putting all back.
   *
   * @param left those that stay, because they do not say where they came from or that is gone
   */
  record PutBack(int done, int left) {}

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
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      return DeadLetter.decoded(one(consumer, place).value());
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Puts one letter back. */
  synchronized void putBack(Place place) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer();
        KafkaProducer<byte[], byte[]> producer = producer()) {
      ProducerRecord<byte[], byte[]> record =
          original(one(consumer, place))
              .orElseThrow(
                  () ->
                      new Refused(
                          409,
                          "Dead letter "
                              + place
                              + " does not say where it came from: set"
                              + " errors.deadletterqueue.context.headers.enable=true on the"
                              + " sink."));
      TopicPartition origin = new TopicPartition(record.topic(), record.partition());
      if (!partitions(consumer, origin.topic()).contains(origin)) {
        throw new Refused(
            409, "Dead letter " + place + " came from " + origin + ", which is not in Kafka.");
      }
      acknowledged(place, producer.send(record));
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Puts all letters of a queue back that were not, in their order. */
  synchronized PutBack putBackAll(String topic) {
    Map<Place, Future<RecordMetadata>> sent = new LinkedHashMap<>();
    Map<String, Collection<TopicPartition>> origins = new HashMap<>();
    int[] left = new int[1];
    try (KafkaConsumer<byte[], byte[]> consumer = consumer();
        KafkaProducer<byte[], byte[]> producer = producer()) {
      Collection<TopicPartition> partitions = partitions(consumer, topic);
      read(
          consumer,
          consumer.beginningOffsets(partitions),
          consumer.endOffsets(partitions),
          letter -> {
            if (putBack.containsKey(place(letter))) {
              return;
            }
            // Asked for, because a producer may make the topic, or wait for it in vain.
            original(letter)
                .filter(
                    r ->
                        origins
                            .computeIfAbsent(r.topic(), t -> partitions(consumer, t))
                            .contains(new TopicPartition(r.topic(), r.partition())))
                .ifPresentOrElse(r -> sent.put(place(letter), producer.send(r)), () -> left[0]++);
          });
      producer.flush();
      sent.forEach(this::acknowledged);
    } catch (KafkaException e) {
      throw failed(e);
    }
    return new PutBack(sent.size(), left[0]);
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

  /** The letter at a place: a consumer would wait for one that is not there. */
  ConsumerRecord<byte[], byte[]> one(Consumer<byte[], byte[]> consumer, Place place) {
    TopicPartition partition = new TopicPartition(place.topic(), place.partition());
    if (!partitions(consumer, place.topic()).contains(partition)) {
      throw new Refused(
          404, "There is no dead letter " + place + ": Kafka has no partition " + partition + ".");
    }
    long first = consumer.beginningOffsets(List.of(partition)).get(partition);
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    if (place.offset() >= end) {
      throw new Refused(
          404,
          "There is no dead letter " + place + ": its partition ends before offset " + end + ".");
    }
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    if (place.offset() >= first) {
      read(
          consumer,
          Map.of(partition, place.offset()),
          Map.of(partition, place.offset() + 1),
          found::add);
    }
    if (found.isEmpty()) {
      throw new Refused(
          410,
          "Dead letter "
              + place
              + " is gone: Kafka's retention has removed it"
              + (putBack.containsKey(place) ? ", and it was put back before that." : "."));
    }
    return found.get(0);
  }

  /** What was refused, for the topic it came from; empty when the letter does not say which. */
  static Optional<ProducerRecord<byte[], byte[]>> original(ConsumerRecord<byte[], byte[]> letter) {
    String topic = DeadLetter.text(letter, "topic");
    String partition = DeadLetter.text(letter, "partition");
    if (topic == null || partition == null || !partition.matches("[0-9]{1,9}")) {
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

  private void read(
      Consumer<byte[], byte[]> consumer,
      Map<TopicPartition, Long> from,
      Map<TopicPartition, Long> ends,
      java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> to) {
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
        throw new Refused(
            503,
            "Kafka at " + kafka + " does not answer: no record for " + LIMIT_MILLIS / 1000 + " s.");
      }
    }
  }

  private static Collection<TopicPartition> partitions(
      Consumer<byte[], byte[]> consumer, String topic) {
    List<PartitionInfo> partitions = consumer.partitionsFor(topic);
    return (partitions == null ? List.<PartitionInfo>of() : partitions)
        .stream().map(p -> new TopicPartition(p.topic(), p.partition())).toList();
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

  private Refused failed(Throwable cause) {
    return Refused.byKafka(kafka, cause);
  }
}

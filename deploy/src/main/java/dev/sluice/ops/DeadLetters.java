package dev.sluice.ops;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Shows dead letters and puts them back where they came from.
 *
 * <p>A letter is put back with its key, value and own headers on its topic and partition, behind
 * what is there. That does no harm, twice or late: the fact table keeps the row of the highest
 * version, so a row that meanwhile has a newer version stays as it is. It stays in the queue too,
 * which Kafka's retention empties; if it still does not fit, it comes back as a new letter.
 *
 * <p>Which letters were put back is kept in memory: after a restart of this process they are shown
 * as waiting again.
 *
 * <p>Failure semantics: every failure is {@link RequestRefused}, and tells a letter that is gone, a
 * topic that is gone, a Kafka that does not answer and one that says no apart; of several letters,
 * those acknowledged before it stay put back and are marked so. One call at a time; each waits at
 * most {@value #LIMIT_MILLIS} ms for an answer of Kafka.
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
    try (DeadLetterReader reader = reader()) {
      return reader.last(topic, count).stream()
          .map(l -> DeadLetter.of(l, putBack.getOrDefault(place(l), 0L), redactor))
          .toList();
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** One letter's payload as text. */
  synchronized String payload(Place place) {
    try (DeadLetterReader reader = reader()) {
      return DeadLetter.decoded(one(reader, place).value());
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Puts one letter back. */
  synchronized void putBack(Place place) {
    try (DeadLetterReader reader = reader();
        KafkaProducer<byte[], byte[]> producer = producer()) {
      ProducerRecord<byte[], byte[]> record =
          original(one(reader, place))
              .orElseThrow(
                  () ->
                      new RequestRefused(
                          409,
                          "Dead letter "
                              + place
                              + " does not say where it came from: set"
                              + " errors.deadletterqueue.context.headers.enable=true on the"
                              + " sink."));
      if (!reader.has(partition(record))) {
        throw new RequestRefused(
            409,
            "Dead letter "
                + place
                + " came from "
                + partition(record)
                + ": Kafka has no such partition.");
      }
      acknowledged(place, producer.send(record));
    } catch (KafkaException e) {
      throw failed(e);
    }
  }

  /** Puts all letters of a queue back that were not, in their order. */
  synchronized PutBack putBackAll(String topic) {
    Map<Place, Future<RecordMetadata>> sent = new LinkedHashMap<>();
    int[] left = new int[1];
    try (DeadLetterReader reader = reader();
        KafkaProducer<byte[], byte[]> producer = producer()) {
      try {
        reader.all(
            topic,
            letter -> {
              if (!putBack.containsKey(place(letter))) {
                // Asked for, because a producer may make the topic, or wait for it in vain.
                original(letter)
                    .filter(record -> reader.has(partition(record)))
                    .ifPresentOrElse(
                        record -> sent.put(place(letter), producer.send(record)), () -> left[0]++);
              }
            });
      } finally {
        producer.flush();
        sent.forEach(this::acknowledged);
      }
    } catch (KafkaException e) {
      throw failed(e);
    }
    return new PutBack(sent.size(), left[0]);
  }

  /** The letters from the given offsets on that were put back. */
  List<Place> putBackSince(String topic, Map<TopicPartition, Long> offsets) {
    return putBack.keySet().stream()
        .filter(place -> place.topic().equals(topic))
        .filter(
            place ->
                place.offset()
                    >= offsets.getOrDefault(
                        new TopicPartition(topic, place.partition()), Long.MAX_VALUE))
        .toList();
  }

  private ConsumerRecord<byte[], byte[]> one(DeadLetterReader reader, Place place) {
    return reader
        .one(place)
        .orElseThrow(
            () ->
                new RequestRefused(
                    410,
                    "Dead letter "
                        + place
                        + " is gone: Kafka's retention has removed it"
                        + (putBack.containsKey(place)
                            ? ", and it was put back before that."
                            : ".")));
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

  private static TopicPartition partition(ProducerRecord<byte[], byte[]> record) {
    return new TopicPartition(record.topic(), record.partition());
  }

  private static Place place(ConsumerRecord<byte[], byte[]> letter) {
    return new Place(letter.topic(), letter.partition(), letter.offset());
  }

  private DeadLetterReader reader() {
    return new DeadLetterReader(kafka, LIMIT_MILLIS);
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

  private RequestRefused failed(Throwable cause) {
    return RequestRefused.byKafka(kafka, cause);
  }
}

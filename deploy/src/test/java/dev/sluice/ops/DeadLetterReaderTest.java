package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.ops.DeadLetters.Place;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Letters that are there and letters that are not, in a queue that begins at 10 and ends at 13. */
final class DeadLetterReaderTest {

  private static final TopicPartition QUEUE = new TopicPartition("letters", 0);

  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
  private final DeadLetterReader letters = new DeadLetterReader("kafka:9092", 300, consumer);

  @BeforeEach
  void queue() {
    Node[] nodes = {new Node(0, "kafka", 9092)};
    consumer.updatePartitions(
        "letters", List.of(new PartitionInfo("letters", 0, nodes[0], nodes, nodes)));
    consumer.updateBeginningOffsets(Map.of(QUEUE, 10L));
    consumer.updateEndOffsets(Map.of(QUEUE, 13L));
  }

  @Test
  void letterThatIsThereIsFound() {
    consumer.schedulePollTask(() -> consumer.addRecord(letter(11)));
    assertThat(letters.one(new Place("letters", 0, 11)))
        .hasValueSatisfying(letter -> assertThat(letter.offset()).isEqualTo(11));
  }

  @ParameterizedTest
  @CsvSource({
    "letters, 0, 13, 404, There is no dead letter letters-0-13: its partition ends before offset 13.",
    "letters, 3, 11, 404, There is no dead letter letters-3-11: Kafka has no partition letters-3.",
    "others, 0, 11, 404, There is no dead letter others-0-11: Kafka has no partition others-0."
  })
  void letterThatIsNotThereIsSaidToBeSo(
      String topic, int partition, long offset, int status, String sentence) {
    assertThatThrownBy(() -> letters.one(new Place(topic, partition, offset)))
        .isInstanceOfSatisfying(
            RequestRefused.class, refused -> assertThat(refused.status()).isEqualTo(status))
        .hasMessage(sentence);
  }

  @Test
  void letterThatRetentionHasRemovedIsGone() {
    assertThat(letters.one(new Place("letters", 0, 9))).isEmpty();
  }

  @Test
  void letterThatKafkaSkipsIsGone() {
    consumer.schedulePollTask(() -> consumer.seek(QUEUE, 12));
    assertThat(letters.one(new Place("letters", 0, 11))).isEmpty();
  }

  @Test
  void kafkaThatFallsSilentIsNamed() {
    assertThatThrownBy(() -> letters.one(new Place("letters", 0, 11)))
        .isInstanceOfSatisfying(
            RequestRefused.class, refused -> assertThat(refused.status()).isEqualTo(503))
        .hasMessageStartingWith("Kafka at kafka:9092 does not answer");
  }

  @Test
  void queueThatMayNotBeReadIsNotOneThatDoesNotAnswer() {
    consumer.setPollException(new TopicAuthorizationException("letters"));
    assertThatThrownBy(() -> letters.one(new Place("letters", 0, 11)))
        .isInstanceOf(TopicAuthorizationException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "one", "-1", "99999999999"})
  void letterWhosePartitionIsNoNumberDoesNotSayWhereItCameFrom(String partition) {
    ConsumerRecord<byte[], byte[]> letter = letter(11);
    letter.headers().add("__connect.errors.topic", bytes("t"));
    assertThat(DeadLetters.original(letter)).isEmpty();
    letter.headers().add("__connect.errors.partition", bytes(partition));
    assertThat(DeadLetters.original(letter)).isEmpty();
    letter.headers().add("__connect.errors.partition", bytes("7"));
    assertThat(DeadLetters.original(letter)).hasValueSatisfying(r -> r.partition().equals(7));
  }

  private static ConsumerRecord<byte[], byte[]> letter(long offset) {
    return new ConsumerRecord<>("letters", 0, offset, bytes("key"), bytes("value"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

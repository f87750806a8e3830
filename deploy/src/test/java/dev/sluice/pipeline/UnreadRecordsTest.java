package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.pipeline.UnreadRecords.Gap;
import dev.sluice.pipeline.UnreadRecords.Unread;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** What is asked of Kafka, how often, and what its answers mean. */
final class UnreadRecordsTest {

  private static final TopicPartition P = new TopicPartition("t", 0);

  private static final TopicPartition SECRET = new TopicPartition("secret", 0);

  private int asked;
  private MockConsumer<byte[], byte[]> consumer;
  private long committedEnd = 100;
  private Runnable behaviour = () -> {};
  private final UnreadRecords records =
      new UnreadRecords(
          () -> {
            asked++;
            consumer = new MockConsumer<>("earliest");
            consumer.updateEndOffsets(Map.of(P, committedEnd, SECRET, 100L));
            consumer.schedulePollTask(behaviour);
            return consumer;
          },
          Duration.ofMillis(300));

  @Test
  void offsetsThatKafkaPassesOverAreNoRecordsAndAreAskedAboutOnce() {
    Gap gap = new Gap(P, 9, 10);
    behaviour = () -> consumer.seek(P, 10);
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(10, 0));
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(10, 0));
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void theFirstRecordIsWhereTheRestBegins() {
    Gap gap = new Gap(P, 5, 10);
    behaviour = () -> consumer.addRecord(record(8));
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(8, 2));
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(8, 2));
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void aRecordBehindTheEndIsNoneOfTheGap() {
    assertThat(UnreadRecords.unread(new Gap(P, 5, 6), 6)).isEqualTo(new Unread(6, 0));
    assertThat(UnreadRecords.unread(new Gap(P, 5, 6), 5)).isEqualTo(new Unread(5, 1));
  }

  @Test
  void aTransactionThatIsNotEndedIsAskedAboutAgain() {
    Gap gap = new Gap(P, 5, 10);
    committedEnd = 5;
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(5, 0));
    committedEnd = 10;
    behaviour = () -> consumer.addRecord(record(5));
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(5, 5));
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void whatMovesOrIsMuchIsNotLookedInto() {
    records.look(List.of());
    assertThat(records.look(List.of(new Gap(P, 5, 6)))).isEmpty();
    assertThat(records.look(List.of(new Gap(P, 6, 7)))).isEmpty();
    Gap much = new Gap(P, 6, 7 + UnreadRecords.FEW);
    records.look(List.of(much));
    assertThat(records.look(List.of(much))).isEmpty();
    Gap none = new Gap(P, 7, 7);
    records.look(List.of(none));
    assertThat(records.look(List.of(none))).isEmpty();
    assertThat(asked).isZero();
  }

  @Test
  void twoSinksAtTwoPlacesOfAPartitionAreBothAnswered() {
    Gap one = new Gap(P, 4, 10);
    Gap other = new Gap(P, 7, 10);
    committedEnd = 4;
    assertThat(records.look(List.of(one, other)))
        .containsEntry(one, new Unread(4, 0))
        .containsEntry(other, new Unread(7, 0));
    assertThat(asked).isEqualTo(1);
  }

  @Test
  void whatCannotBeToldIsLeftOutAndAskedAgain() {
    Gap gap = new Gap(P, 5, 6);
    behaviour = () -> consumer.setPollException(new TopicAuthorizationException("t"));
    assertThat(records.look(List.of(gap))).isEmpty();
    assertThat(asked).isEqualTo(1);
    behaviour = () -> {};
    assertThat(records.look(List.of(gap))).as("no answer within the limit").isEmpty();
    behaviour = () -> consumer.seek(P, 6);
    assertThat(records.look(List.of(gap))).containsEntry(gap, new Unread(6, 0));
    assertThat(Unread.counted(gap)).isEqualTo(new Unread(5, 1));
  }

  @Test
  void aTopicThatMayNotBeReadSaysNothingOfTheOthers() {
    Gap gap = new Gap(P, 5, 6);
    Gap other = new Gap(SECRET, 5, 6);
    behaviour =
        () -> {
          consumer.setPollException(new TopicAuthorizationException("secret"));
          consumer.schedulePollTask(() -> consumer.addRecord(record(5)));
        };
    assertThat(records.look(List.of(gap, other))).containsOnlyKeys(gap);
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset) {
    return new ConsumerRecord<>("t", 0, offset, new byte[0], new byte[0]);
  }
}

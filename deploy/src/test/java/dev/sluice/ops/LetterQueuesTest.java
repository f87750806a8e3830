package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ops.DeadLetters.Place;
import dev.sluice.ops.KafkaView.Topic;
import dev.sluice.ops.Overview.DeadLetterQueue;
import dev.sluice.ops.Overview.LetterShare;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Poll.Answer;
import dev.sluice.servers.ConnectClient.Connector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** Three sinks: two that share a queue, and one that has its own. */
final class LetterQueuesTest {

  private static final TopicPartition SHARED = new TopicPartition("shared", 0);
  private static final TopicPartition OWN = new TopicPartition("own", 0);

  private final ObservedTopology topology =
      new ObservedTopology(List.of(sink("a", "shared"), sink("b", "shared"), sink("c", "own")));
  private final List<Place> putBack = new ArrayList<>();
  private long hourAgo = 10;
  private long end = 15;

  private int asked;
  private MockConsumer<byte[], byte[]> consumer;
  private Runnable behaviour = () -> {};
  private final LetterWriters writers =
      new LetterWriters(
          () -> {
            asked++;
            consumer = new MockConsumer<>("earliest");
            consumer.schedulePollTask(behaviour);
            return consumer;
          },
          Duration.ofMillis(300));

  @Test
  void aLetterIsItsWritersAndOneWithoutHeadersIsEverybodys() {
    DeadLetterQueue queue = shared(read(10, "a", "a", "b", "", "gone"));
    assertThat(queue.lastHour()).isEqualTo(5);
    assertThat(queue.waiting()).isEqualTo(5);
    assertThat(queue.shares())
        .containsExactly(new LetterShare("a", 3, 3), new LetterShare("b", 2, 2));
  }

  @Test
  void oneSinksLettersAreNotTheOthers() {
    List<DeadLetterQueue> queues = queues(read(10, "a", "a", "a", "a", "a"));
    assertThat(LetterQueues.sum(sink("a", "shared"), queues, LetterShare::waiting)).isEqualTo(5);
    assertThat(LetterQueues.sum(sink("b", "shared"), queues, LetterShare::waiting)).isZero();
    assertThat(LetterQueues.sum(sink("c", "own"), queues, LetterShare::waiting))
        .as("not read, and nobody else writes it")
        .isEqualTo(2);
    assertThat(LetterQueues.sum(null, queues, LetterShare::waiting)).isZero();
  }

  @Test
  void onlyThePipelineOfALettersWriterIsDegraded() {
    Map<String, Connector> connectors = new TreeMap<>();
    List.of(sink("a", "shared"), sink("b", "shared"), sink("c", "own"))
        .forEach(sink -> connectors.put(sink.name(), sink));
    OpsOptions options = ManyConnectorsTest.options(URI.create("http://127.0.0.1:1"));
    Answers answers =
        new Answers(
            new Answer<>(new ConnectView(connectors, Set.of(), Map.of(), Map.of()), 1, 1, null),
            new Answer<>(null, 0, 0, "away"),
            new Answer<>(kafka(read(10, "a", "a", "a", "a", "a")), 1, 1, null),
            new Answer<>(null, 0, 0, "away"));
    StatusSnapshot picture =
        new StatusSnapshotBuilder(
                options,
                new DeadLetters(options.kafka()),
                new ActionLog(),
                new Timeline(),
                new VisibilityProbe(options))
            .picture(1, answers);
    assertThat(picture.overview().pipelines())
        .filteredOn(
            pipeline ->
                pipeline.problems().stream().anyMatch(p -> p.text().contains("dead letters")))
        .extracting(PipelineView::sink)
        .containsExactlyInAnyOrder("a", "c");
  }

  @Test
  void lettersThatWerePutBackWaitNoLongerForTheirWriterAlone() {
    putBack.add(new Place("shared", 0, 10));
    putBack.add(new Place("shared", 0, 13));
    DeadLetterQueue queue = shared(read(10, "a", "a", "b", "", "b"));
    assertThat(queue.waiting()).isEqualTo(3);
    assertThat(queue.shares())
        .containsExactly(new LetterShare("a", 3, 1), new LetterShare("b", 3, 2));
  }

  @Test
  void lettersThatWereNotReadAreEverybodys() {
    putBack.add(new Place("shared", 0, 14));
    assertThat(shared(Map.of()).shares())
        .containsExactly(new LetterShare("a", 5, 4), new LetterShare("b", 5, 4));
    assertThat(shared(read(11, "a", "b")).shares())
        .as("one before and two behind what was read")
        .containsExactly(new LetterShare("a", 4, 3), new LetterShare("b", 4, 3));
  }

  @Test
  void lettersBeforeTheLastHourDoNotCount() {
    hourAgo = 13;
    assertThat(shared(read(10, "a", "a", "a", "b", "b")).shares())
        .containsExactly(new LetterShare("a", 0, 0), new LetterShare("b", 2, 2));
    hourAgo = 15;
    assertThat(shared(read(10, "a", "a", "a", "b", "b")).shares())
        .containsExactly(new LetterShare("a", 0, 0), new LetterShare("b", 0, 0));
  }

  @Test
  void aLetterIsReadOnce() {
    behaviour = () -> come(10, "a", "a", "b", null, "b");
    assertThat(look()).isEqualTo(read(10, "a", "a", "b", "", "b").get(SHARED));
    assertThat(look()).isEqualTo(read(10, "a", "a", "b", "", "b").get(SHARED));
    assertThat(asked).isEqualTo(1);

    end = 16;
    hourAgo = 12;
    behaviour = () -> come(15, "a");
    assertThat(look()).isEqualTo(read(12, "b", "", "b", "a").get(SHARED));
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void whatCouldNotBeReadIsReadAtTheNextLook() {
    behaviour = () -> consumer.setPollException(new TopicAuthorizationException("shared"));
    assertThat(look()).isEqualTo(LettersRead.from(10));
    behaviour = () -> come(10, "a", "b");
    assertThat(look()).as("up to the limit").isEqualTo(read(10, "a", "b").get(SHARED));
    behaviour = () -> come(12, "a", "a", "a", "not before the next look");
    assertThat(look()).isEqualTo(read(10, "a", "b", "a", "a", "a").get(SHARED));
  }

  @Test
  void aQueueThatWasMadeAnewOrOverflowsIsReadFromThere() {
    LettersRead known = read(10, "a", "a", "b").get(SHARED);
    assertThat(known.within(0, 2)).isEqualTo(LettersRead.from(0));
    assertThat(known.within(20, 30)).isEqualTo(LettersRead.from(20));
    assertThat(known.within(10, 100_010)).isEqualTo(LettersRead.from(100_010 - LettersRead.MOST));
    assertThat(known.within(11, LettersRead.MOST)).isEqualTo(read(11, "a", "b").get(SHARED));
    assertThat(known.within(5, LettersRead.MOST + 12)).isEqualTo(read(12, "b").get(SHARED));
  }

  private LettersRead look() {
    return writers.look(List.of(queue(SHARED, hourAgo, end))).get(SHARED);
  }

  private void come(long first, String... connectors) {
    for (String connector : connectors) {
      ConsumerRecord<byte[], byte[]> letter =
          new ConsumerRecord<>("shared", 0, first++, new byte[0], new byte[0]);
      if (connector != null) {
        letter
            .headers()
            .add("__connect.errors.connector.name", connector.getBytes(StandardCharsets.UTF_8));
      }
      consumer.addRecord(letter);
    }
  }

  private DeadLetterQueue shared(Map<TopicPartition, LettersRead> read) {
    return queues(read).get(1);
  }

  private List<DeadLetterQueue> queues(Map<TopicPartition, LettersRead> read) {
    return LetterQueues.of(
        topology,
        kafka(read),
        (queue, since) ->
            putBack.stream()
                .filter(p -> p.topic().equals(queue) && p.offset() >= since.get(SHARED))
                .toList());
  }

  private KafkaView kafka(Map<TopicPartition, LettersRead> read) {
    return new KafkaView(
        Map.of("shared", queue(SHARED, hourAgo, end), "own", queue(OWN, 3, 5)),
        Map.of(),
        Map.of(),
        Map.of(),
        read);
  }

  private static Topic queue(TopicPartition partition, long hourAgo, long end) {
    return new Topic(
        partition.topic(),
        Map.of(partition, 0L),
        Map.of(partition, end),
        Map.of(partition, hourAgo));
  }

  /** Read from an offset on: a letter of each of the connectors. */
  private static Map<TopicPartition, LettersRead> read(long from, String... connectors) {
    TreeMap<Long, String> writers = new TreeMap<>();
    for (String connector : connectors) {
      writers.put(from + writers.size(), connector);
    }
    return Map.of(SHARED, LettersRead.from(from).with(writers, from + connectors.length));
  }

  private static Connector sink(String name, String queue) {
    return ObservedTopologyTest.connector(
        name,
        "sink",
        Map.of("topics", "changes-" + name, "errors.deadletterqueue.topic.name", queue));
  }
}

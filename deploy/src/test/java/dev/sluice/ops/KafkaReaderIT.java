package dev.sluice.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.local.OneBroker;
import dev.sluice.ops.KafkaView.Topic;
import dev.sluice.ops.Overview.LetterShare;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.servers.ConnectClient.Connector;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a real broker says of topics that hold more than plain records. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KafkaReaderIT {

  private OneBroker broker;
  private Admin admin;

  @BeforeAll
  void start(@TempDir Path folder) {
    broker = new OneBroker(folder);
    admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  @AfterAll
  void stop() {
    if (admin != null) {
      admin.close();
      broker.close();
    }
  }

  @Test
  void onlyRecordsThatTheSinkCanReadAreLag() throws Exception {
    TopicPartition partition = topic("changes");
    try (KafkaProducer<byte[], byte[]> source = producer("a-source");
        KafkaProducer<byte[], byte[]> plain = producer(null);
        KafkaReader page = new KafkaReader(broker.bootstrapServers());
        TopicLag lag = new TopicLag(broker.bootstrapServers(), "changes", "sink")) {
      source.initTransactions();
      transaction(source, "changes", 3);
      source.commitTransaction();
      assertThat(onThePage(page, partition)).as("three records and a marker").isEqualTo(4);
      assertThat(waiting(lag)).isEqualTo(4);

      committed("sink", partition, 3);
      assertThat(lag.ends()).as("the marker takes an offset").containsEntry(partition, 4L);
      assertThat(onThePage(page, partition)).isZero();
      assertThat(waiting(lag)).isZero();

      transaction(source, "changes", 2);
      assertThat(onThePage(page, partition)).as("a transaction that is not ended").isZero();
      assertThat(waiting(lag)).as("a proof must not have passed it").isEqualTo(2);
      source.abortTransaction();
      assertThat(onThePage(page, partition)).as("nothing but what was aborted").isZero();
      assertThat(waiting(lag)).isZero();

      long end = lag.ends().get(partition);
      admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(end))).all().get();
      assertThat(onThePage(page, partition)).as("retention has removed the marker").isZero();
      assertThat(waiting(lag)).isZero();

      send(plain, "changes", 1);
      assertThat(onThePage(page, partition)).isEqualTo(1);
      assertThat(waiting(lag)).isEqualTo(1);
      committed("sink", partition, lag.ends().get(partition));
      assertThat(onThePage(page, partition)).isZero();
      assertThat(waiting(lag)).isZero();
    }
  }

  @Test
  void twoSinksOfATopicAreEachWhereTheyAre() throws Exception {
    TopicPartition partition = topic("twice");
    ObservedTopology sinks =
        new ObservedTopology(
            List.of(sink("ahead", "twice", "none"), sink("behind", "twice", "none")));
    try (KafkaProducer<byte[], byte[]> source = producer("another-source");
        KafkaReader page = new KafkaReader(broker.bootstrapServers())) {
      source.initTransactions();
      transaction(source, "twice", 3);
      source.commitTransaction();
      committed("ahead", partition, 3);
      committed("behind", partition, 1);
      page.read(sinks);
      KafkaView view = page.read(sinks);
      Topic topic = view.topics().get("twice");
      assertThat(view.unread()).as("both were looked into").hasSize(2);
      assertThat(view.lag(topic, view.committed("ahead"))).isZero();
      assertThat(view.next(topic, view.committed("ahead"))).containsEntry(partition, 4L);
      assertThat(view.lag(topic, view.committed("behind"))).isEqualTo(3);
      assertThat(view.next(topic, view.committed("behind"))).containsEntry(partition, 1L);
    }
  }

  @Test
  void lettersOfASharedQueueAreTheirWriters() throws Exception {
    topic("letters");
    ObservedTopology sinks =
        new ObservedTopology(
            List.of(sink("a", "changes-a", "letters"), sink("b", "changes-b", "letters")));
    try (KafkaProducer<byte[], byte[]> connect = producer(null);
        KafkaReader page = new KafkaReader(broker.bootstrapServers())) {
      letters(connect, "a", 3);
      assertThat(shares(sinks, page))
          .containsExactly(new LetterShare("a", 3, 3), new LetterShare("b", 0, 0));
      letters(connect, "b", 700);
      letters(connect, null, 1);
      assertThat(shares(sinks, page))
          .containsExactly(new LetterShare("a", 4, 4), new LetterShare("b", 701, 701));
    }
  }

  private static List<LetterShare> shares(ObservedTopology sinks, KafkaReader page)
      throws Exception {
    return LetterQueues.of(sinks, page.read(sinks), (queue, since) -> List.of()).get(0).shares();
  }

  private static void letters(KafkaProducer<byte[], byte[]> connect, String sink, int count) {
    for (int i = 0; i < count; i++) {
      ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>("letters", new byte[] {1});
      if (sink != null) {
        letter.headers().add("__connect.errors.connector.name", sink.getBytes(UTF_8));
      }
      connect.send(letter);
    }
    connect.flush();
  }

  /** Not at the first look: a stream that flows is not looked into. */
  private static long waiting(TopicLag lag) {
    lag.recordsBefore(lag.ends());
    return lag.recordsBefore(lag.ends());
  }

  private static long onThePage(KafkaReader page, TopicPartition partition) throws Exception {
    ObservedTopology sink =
        new ObservedTopology(List.of(sink("sink", partition.topic(), "letters-of-its-own")));
    page.read(sink);
    KafkaView view = page.read(sink);
    Topic topic = view.topics().get(partition.topic());
    return view.lag(topic, view.committed("sink"));
  }

  private static Connector sink(String name, String topic, String queue) {
    return ObservedTopologyTest.connector(
        name, "sink", Map.of("topics", topic, "errors.deadletterqueue.topic.name", queue));
  }

  private static void transaction(KafkaProducer<byte[], byte[]> source, String topic, int records) {
    source.beginTransaction();
    send(source, topic, records);
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int records) {
    for (int i = 0; i < records; i++) {
      producer.send(new ProducerRecord<>(topic, new byte[] {1}));
    }
    producer.flush();
  }

  /** As a sink does: the offset behind its last record. */
  private void committed(String sink, TopicPartition partition, long offset) throws Exception {
    admin
        .alterConsumerGroupOffsets(
            "connect-" + sink, Map.of(partition, new OffsetAndMetadata(offset)))
        .all()
        .get();
  }

  private TopicPartition topic(String name) throws Exception {
    admin.createTopics(List.of(new NewTopic(name, Optional.of(1), Optional.empty()))).all().get();
    return new TopicPartition(name, 0);
  }

  private KafkaProducer<byte[], byte[]> producer(String transactionalId) {
    Map<String, Object> settings =
        transactionalId == null
            ? Map.of("bootstrap.servers", broker.bootstrapServers())
            : Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "transactional.id",
                transactionalId);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }
}

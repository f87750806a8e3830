package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.Narrator;
import dev.sluice.local.DeadLetters;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.pipeline.Topics;
import dev.sluice.servers.ConnectClient.SettingError;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the packaged sink acknowledges, sets aside and refuses, on real servers, with events that
 * the test writes itself: rows in the table and letters in the queue are the rows sent.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SinkRulesIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** With its key and headers the largest that a producer sends if nobody says more. */
  private static final int NEARLY_ONE_MIB = (1 << 20) - 300;

  private static final String SCHEMA = "id Int64, note String, _version UInt64, is_deleted Bool";

  private LocalPipeline pipeline;
  private ConnectorSpec sink;

  /** The worker's. */
  private Path log;

  @BeforeAll
  void start(@TempDir Path dataDir) {
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir)
                .with(1, FactTable.DEFAULT)
                .with(Map.of(), Map.of(), Map.of("offset.flush.interval.ms", "200")),
            Home.locate(),
            Narrator.SILENT);
    pipeline.start();
    sink = pipeline.connectors().get(1);
    log = dataDir.resolve("logs/connect.log");
  }

  @AfterAll
  void stop() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"transform", "sink", "converter", "table"})
  void aBadRowOfNearlyTheLargestSizeGetsIntoTheQueue(String refusing) {
    String name = "large_" + refusing;
    table(name, SCHEMA);
    Map<String, String> settings = settings(name, SCHEMA);
    String large = "x".repeat(NEARLY_ONE_MIB - 200);
    List<String> events = new ArrayList<>(events(0, 5, "fits"));
    switch (refusing) {
      case "transform" -> events.add(2, event("\"text\"", large));
      case "converter" -> events.add(2, "{" + large);
      case "sink" -> {
        settings.put("transforms.fact.truncate.handling", "pass");
        events.add(2, event("2", large).replace("\"c\"", "\"t\""));
      }
      default -> {
        clickHouse("ALTER TABLE " + name + " ADD CONSTRAINT small CHECK length(note) < 10");
        events.add(2, event("7", large));
      }
    }
    send(name, events);
    register(settings);

    await().atMost(LIMIT).untilAsserted(() -> assertThat(committed(name)).isEqualTo(6));
    List<ConsumerRecord<byte[], byte[]>> letters = letters(name);
    assertThat(letters).hasSize(1);
    assertThat(letters.get(0).value()).isEqualTo(events.get(2).getBytes(StandardCharsets.UTF_8));
    assertThat(ids(name)).isEqualTo("0,1,2,3,4");
    remove(name);
  }

  @Test
  void aLetterThatIsTooLargeHoldsItsRecordUntilItIsNot() throws Exception {
    String name = "too_large";
    table(name, SCHEMA);
    Map<String, String> settings = settings(name, SCHEMA);
    settings.remove("producer.override.max.request.size");
    List<String> events = new ArrayList<>(events(0, 5, "fits"));
    events.add(2, event("\"text\"", "x".repeat(NEARLY_ONE_MIB - 150)));
    send(name, events);
    register(settings);

    String said =
        "Setting aside the first of 1 records does not work: Connect cannot send it to the dead"
            + " letter queue; its log has the reason, one line before";
    await().atMost(LIMIT).untilAsserted(() -> assertThat(troubles(name)).containsExactly(said));
    assertThat(logSays("Setting aside the first of 1 records does not work")).isTrue();
    assertThat(committed(name)).isLessThanOrEqualTo(2);
    assertThat(letters(name)).isEmpty();
    assertThat(status(name).state()).isEqualTo("RUNNING");

    // As doctor says: Connect has made the topic by then, with the broker's limit.
    ConfigResource queue = new ConfigResource(ConfigResource.Type.TOPIC, name + ".letters");
    AlterConfigOp room =
        new AlterConfigOp(
            new ConfigEntry("max.message.bytes", "2097152"), AlterConfigOp.OpType.SET);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka()))) {
      admin.incrementalAlterConfigs(Map.of(queue, List.of(room))).all().get();
    }
    settings.put("producer.override.max.request.size", "2097152");
    register(settings);
    await().atMost(LIMIT).untilAsserted(() -> assertThat(committed(name)).isEqualTo(6));
    assertThat(troubles(name)).isEmpty();
    assertThat(letters(name)).hasSize(1);
    assertThat(ids(name)).isEqualTo("0,1,2,3,4");
    remove(name);
  }

  @Test
  void aViewThatCountsHasNoRowTwiceOnAccountOfABadOne() {
    String name = "counted";
    table(name, SCHEMA);
    clickHouse(
        "CREATE TABLE counts (rows UInt64) ENGINE = SummingMergeTree ORDER BY tuple();"
            + "\nCREATE MATERIALIZED VIEW counting TO counts AS SELECT count() AS rows"
            + " FROM counted WHERE NOT throwIf(note = 'bad')");
    List<String> events = new ArrayList<>(events(0, 99, "good"));
    events.set(49, event("49", "bad"));
    send(name, events);
    register(settings(name, SCHEMA));

    await().atMost(LIMIT).untilAsserted(() -> assertThat(committed(name)).isEqualTo(99));
    assertThat(letters(name)).hasSize(1);
    assertThat(number("SELECT toInt64(sum(rows)) FROM counts")).isEqualTo(98);
    remove(name);
  }

  @Test
  void anInsertThatTheMemoryQuotaRefusesGoesInParts() {
    String name = "quota";
    table(name, SCHEMA);
    send(name, events(0, 2_000, "x".repeat(10_000)));
    Map<String, String> settings = settings(name, SCHEMA);
    settings.put("clickhouseSettings", "max_memory_usage=12000000");
    register(settings);

    await().atMost(LIMIT).untilAsserted(() -> assertThat(committed(name)).isEqualTo(2_000));
    assertThat(number("SELECT toInt64(uniqExact(id)) FROM quota")).isEqualTo(2_000);
    assertThat(letters(name)).isEmpty();
    assertThat(logSays("table quota does not work")).isFalse();
    remove(name);
  }

  @Test
  void aColumnThatBecomesWiderUnderTheStreamGoesOn() {
    String name = "widened";
    String schema = "id Int64, kind Enum8('a' = 1), small Int16, _version UInt64, is_deleted Bool";
    table(name, schema);
    topic(name);
    register(settings(name, schema));
    send(name, List.of(typed(1, "a", 5)));
    await().atMost(LIMIT).untilAsserted(() -> assertThat(ids(name)).isEqualTo("1"));

    clickHouse("ALTER TABLE widened MODIFY COLUMN kind Enum8('a' = 1, 'b' = 2)");
    clickHouse("ALTER TABLE widened MODIFY COLUMN small Nullable(Int64)");
    send(name, List.of(typed(2, "a", 6)));

    await().atMost(LIMIT).untilAsserted(() -> assertThat(ids(name)).isEqualTo("1,2"));
    assertThat(
            text(
                "SELECT arrayStringConcat(groupArray(concat(toString(kind), toString(small))), ' ')"
                    + " FROM (SELECT * FROM widened ORDER BY id)"))
        .isEqualTo("a5 a6");
    assertThat(logSays("bring the schema of the transform up to date")).isTrue();
    remove(name);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aTopicThatARouterRenamesLandsWhereTheNameLeads(int way) {
    String name = "routed_" + way;
    table(name, SCHEMA);
    send(name + "_in", events(0, 50, "routed"));
    Map<String, String> settings = settings(name, SCHEMA);
    settings.put("topics", name + "_in");
    settings.put("topic2TableMap", way == 1 ? "" : name + "_in=" + name);
    settings.put("transforms", "route, fact");
    settings.put("transforms.route.type", "org.apache.kafka.connect.transforms.RegexRouter");
    settings.put("transforms.route.regex", "(routed_.)_in");
    settings.put("transforms.route.replacement", way == 1 ? "$1" : "nobody_names_this");
    if (way == 1) {
      settings.remove("topic2TableMap");
    }
    // Validation knows topics by the name they have in Kafka only.
    clickHouse("CREATE TABLE IF NOT EXISTS routed_1_in AS routed_" + way);
    register(settings);

    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(number("SELECT toInt64(count()) FROM " + name)).isEqualTo(50));
    assertThat(number("SELECT toInt64(count()) FROM routed_1_in")).isZero();
    remove(name);
  }

  @ParameterizedTest
  @CsvSource({
    "CREATE TABLE %s (id Int64) ENGINE = Memory, Memory",
    "CREATE TABLE %s (id Int64) ENGINE = Null, Null",
    "'CREATE TABLE %s (id Int64) ENGINE = Buffer(currentDatabase(), nowhere, 1, 10, 100, 10, 100, 10, 100)', Buffer",
    "CREATE VIEW %s AS SELECT 1 AS id, View",
  })
  void aTargetThatKeepsNothingIsRefusedBeforeTheFirstRow(String create, String engine) {
    String name = "unsafe_" + engine.toLowerCase(java.util.Locale.ROOT);
    clickHouse(create.formatted(name));

    Map<String, String> errors = errors(settings(name, "id Int64"));

    assertThat(errors).containsOnlyKeys("topic2TableMap");
    assertThat(errors.get("topic2TableMap")).contains(name).contains(engine);
  }

  @Test
  void settingsByWhichRowsWouldVanishAreRefused() {
    table("vanishing", SCHEMA);
    Map<String, String> settings = settings("vanishing", SCHEMA);
    assertThat(errors(settings)).isEmpty();
    settings.remove("errors.deadletterqueue.topic.name");
    settings.remove("errors.log.enable");
    assertThat(errors(settings)).containsOnlyKeys("errors.tolerance");
    settings.put("errors.tolerance", "none");
    assertThat(errors(settings)).isEmpty();
    settings.put("clickhouseSettings", "wait_for_async_insert = 0");
    assertThat(errors(settings)).containsOnlyKeys("clickhouseSettings");
    settings.put("clickhouseSettings", "async_insert=1");
    assertThat(errors(settings)).isEmpty();
  }

  @Test
  void rowsOfAnAbortedTransactionAreNoFacts() throws Exception {
    String name = "aborted";
    table(name, SCHEMA);
    Map<String, Object> transactional = new HashMap<>(producer());
    transactional.put("transactional.id", "of-a-test");
    topic(name);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(transactional)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(name, bytes(event("1", "aborted"))));
      producer.flush();
      producer.abortTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(name, bytes(event("2", "committed"))));
      producer.commitTransaction();
    }
    register(settings(name, SCHEMA));

    await().atMost(LIMIT).untilAsserted(() -> assertThat(ids(name)).isEqualTo("2"));
    // The last offset is the marker that ended the transaction, which the sink never gets.
    try (TopicLag lag = new TopicLag(kafka(), name, name)) {
      await().atMost(LIMIT).untilAsserted(() -> assertThat(lag.recordsBefore(lag.ends())).isZero());
      assertThat(lag.acknowledged()).isEqualTo(3);
      assertThat(lag.records()).isEqualTo(4);
    }
    remove(name);
  }

  /** One is dropped, one has never fitted; the third is as fresh as ever. */
  @Test
  void tablesThatCannotGoOnStopAloneAndGoOnByThemselves() {
    List<String> topics = List.of("flowing", "dropped", "misfit");
    table("flowing", SCHEMA);
    table("dropped", SCHEMA);
    table("misfit", SCHEMA.replace("note String", "note Date"));
    topics.forEach(topic -> send(topic, events(0, 5, "first")));
    Map<String, String> settings = settings("several", SCHEMA);
    settings.put("topics", String.join(",", topics));
    settings.put("topic2TableMap", "flowing=flowing,dropped=dropped,misfit=misfit");
    register(settings);
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(committed("several", "flowing")).isEqualTo(5));
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(committed("several", "dropped")).isEqualTo(5));

    clickHouse("DROP TABLE dropped");
    topics.forEach(topic -> send(topic, events(5, 10, "second")));

    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(ids("flowing")).isEqualTo("0,1,2,3,4,5,6,7,8,9"));
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(troubles("several", "dropped"))
                    .singleElement()
                    .asString()
                    .startsWith(
                        "Reading the layout of table dropped does not work: table dropped is not in"));
    assertThat(troubles("several", "misfit"))
        .singleElement()
        .asString()
        .startsWith("Table misfit is held: Rows do not fit table misfit: column note (Date)");
    assertThat(committed("several", "dropped")).isEqualTo(5);
    assertThat(committed("several", "misfit")).isZero();
    send("flowing", events(10, 11, "third"));
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(committed("several", "flowing")).isEqualTo(11));
    assertThat(troubles("several", "flowing")).isEmpty();
    assertThat(status("several").state()).isEqualTo("RUNNING");

    table("dropped", SCHEMA);
    clickHouse("ALTER TABLE misfit MODIFY COLUMN note String");
    await().atMost(LIMIT).untilAsserted(() -> assertThat(ids("dropped")).isEqualTo("5,6,7,8,9"));
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(ids("misfit")).isEqualTo("0,1,2,3,4,5,6,7,8,9"));
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(committed("several", "dropped")).isEqualTo(10));
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(committed("several", "misfit")).isEqualTo(10));
    assertThat(troubles("several", "dropped")).isEmpty();
    assertThat(troubles("several", "misfit")).isEmpty();
    remove("several");
  }

  private Map<String, String> settings(String name, String schema) {
    Map<String, String> settings =
        new HashMap<>(
            sink.with(
                    Map.of(
                        "topics",
                        name,
                        "tasks.max",
                        "1",
                        "topic2TableMap",
                        name + "=" + name,
                        "transforms.fact.schema",
                        schema,
                        "transforms.fact.renames",
                        "",
                        "transforms.fact.version.field",
                        "_version",
                        "transforms.fact.metadata.columns",
                        "_version:lsn",
                        "errors.deadletterqueue.topic.name",
                        name + ".letters"))
                .config());
    if (!schema.contains("_version")) {
      settings.remove("transforms.fact.metadata.columns");
      settings.remove("transforms.fact.version.field");
      settings.put("transforms.fact.delete.handling", "drop");
    }
    settings.put("name", name);
    settings.put("retry.backoff.max.ms", "500");
    return settings;
  }

  private void register(Map<String, String> settings) {
    Topics.createForDeadLetters(kafka(), settings);
    pipeline.connect().put(new ConnectorSpec(settings.get("name"), settings));
  }

  private void remove(String name) {
    assertThat(status(name).state()).isEqualTo("RUNNING");
    pipeline.connect().delete(name);
  }

  private Map<String, String> errors(Map<String, String> settings) {
    return pipeline.connect().validate(new ConnectorSpec(settings.get("name"), settings)).stream()
        .collect(Collectors.toMap(SettingError::setting, error -> error.errors().toString()));
  }

  private Status status(String name) {
    return pipeline.connect().connectors().get(name).tasks().get(0);
  }

  private void table(String name, String schema) {
    clickHouse(
        "CREATE TABLE "
            + name
            + " ("
            + schema
            + ") ENGINE = ReplacingMergeTree(_version) ORDER BY id");
  }

  private void clickHouse(String sql) {
    pipeline.clickHouse().execute(sql);
  }

  private String ids(String table) {
    return text(
        "SELECT arrayStringConcat(arrayMap(id -> toString(id), arraySort(groupUniqArray(id))), ',')"
            + " FROM "
            + table);
  }

  private String text(String sql) {
    return pipeline.clickHouse().rows(sql).get(0).getString(1);
  }

  private long number(String sql) {
    return pipeline.clickHouse().number(sql);
  }

  private boolean logSays(String words) {
    try {
      return Files.readString(log).contains(words);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String kafka() {
    return pipeline.stack().kafka();
  }

  private Map<String, Object> producer() {
    return Map.of(
        "bootstrap.servers", kafka(),
        "key.serializer", ByteArraySerializer.class,
        "value.serializer", ByteArraySerializer.class);
  }

  private void topic(String name) {
    Topics.createForChanges(kafka(), name, Map.of("topic.creation.default.partitions", "1"));
  }

  private void send(String topic, List<String> events) {
    topic(topic);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producer())) {
      for (String event : events) {
        producer.send(
            new ProducerRecord<>(topic, 0, null, bytes(event)),
            (metadata, failure) -> assertThat(failure).isNull());
      }
      producer.flush();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> events(int from, int to, String note) {
    return IntStream.range(from, to).mapToObj(id -> event("" + id, note)).toList();
  }

  private static String event(String id, String note) {
    return ("{\"op\":\"c\",\"source\":{\"ts_ms\":1,\"lsn\":1},\"after\":{\"id\":"
        + id
        + ",\"note\":\""
        + note
        + "\"}}");
  }

  private static String typed(int id, String kind, int small) {
    return "{\"op\":\"c\",\"source\":{\"ts_ms\":1,\"lsn\":1},\"after\":{\"id\":%d,\"kind\":\"%s\",\"small\":%d}}"
        .formatted(id, kind, small);
  }

  private long committed(String name) {
    try (TopicLag lag = new TopicLag(kafka(), name, name)) {
      return lag.acknowledged();
    }
  }

  /** Of one of the topics of a sink. */
  private long committed(String sinkName, String topic) {
    try (CommittedOffsets offsets = new CommittedOffsets(kafka(), sinkName)) {
      return offsets.committed().getOrDefault(new TopicPartition(topic, 0), 0L);
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> troubles(String name) {
    return troubles(name, name);
  }

  private List<String> troubles(String sinkName, String topic) {
    try (TopicLag lag = new TopicLag(kafka(), topic, sinkName)) {
      return lag.troubles();
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> letters(String name) {
    return DeadLetters.read(kafka(), name + ".letters");
  }
}

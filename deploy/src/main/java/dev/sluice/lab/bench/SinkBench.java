package dev.sluice.lab.bench;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalOptions.Sink;
import dev.sluice.local.LocalPipeline;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ConnectorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How fast a sink drains a topic that is full: the bundled sink, the official one where its plugin
 * is given, and, as the ceiling, plain inserts of the same rows in ClickHouse's own binary format.
 * Both sinks read the same messages with connect-configs' settings, one after the other.
 *
 * <p>Failure semantics: a sink that fails, and sinks that leave different rows, end it with a
 * {@link SluiceException}.
 */
public final class SinkBench {

  /** What a topic holds. */
  public enum Topic {
    /** Flat rows as the table has them; only converter and sink are at work. */
    FLAT_ROWS,
    /** Debezium's change events, which go through the transform. */
    CHANGE_EVENTS;

    private String topicName() {
      return "bench." + name().toLowerCase();
    }
  }

  /**
   * One sink's way through one topic.
   *
   * @param seconds from the registration of the connector to the last row's visibility
   * @param rowsPerSecond in the second half, when a worker just started has become warm
   */
  public record Drain(Topic topic, Sink sink, double seconds, double rowsPerSecond) {}

  /**
   * All ways.
   *
   * @param ceiling rows per second of the plain inserts
   */
  public record Result(double ceiling, List<Drain> drains) {}

  private static final short ONE_REPLICA = 1;
  private static final int PARTITIONS = 4;
  private static final int TASKS = 2;
  private static final String FACTS = FactTable.DEFAULT.tableName();

  private final LocalPipeline pipeline;
  private final Home home;
  private final Narrator narrator;
  private final int rows;

  private SinkBench(LocalPipeline pipeline, Home home, Narrator narrator, int rows) {
    this.pipeline = pipeline;
    this.home = home;
    this.narrator = narrator;
    this.rows = rows;
  }

  /**
   * Runs all of it.
   *
   * @param directory where the servers keep their data; the caller removes it
   * @param sinkPlugin the official sink's plugin folder, or null
   */
  public static Result run(
      Path directory, Home home, Narrator narrator, int rows, Path sinkPlugin) {
    LocalOptions options = LocalOptions.embedded(directory).with(0, FactTable.DEFAULT);
    options = sinkPlugin == null ? options : options.withOfficialSink(sinkPlugin);
    try (LocalPipeline pipeline = new LocalPipeline(options, home, narrator)) {
      pipeline.start();
      SinkBench bench = new SinkBench(pipeline, home, narrator, rows);
      bench.fill();
      return bench.measure(sinkPlugin == null ? List.of(Sink.BUNDLED) : List.of(Sink.values()));
    }
  }

  private void fill() {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            pipeline.stack().kafka(),
            "compression.type",
            "lz4",
            "linger.ms",
            "20",
            "batch.size",
            "524288",
            "key.serializer",
            ByteArraySerializer.class,
            "value.serializer",
            ByteArraySerializer.class);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", pipeline.stack().kafka()))) {
      admin
          .createTopics(
              Arrays.stream(Topic.values())
                  .map(topic -> new NewTopic(topic.topicName(), PARTITIONS, ONE_REPLICA))
                  .toList())
          .all()
          .get();
    } catch (Exception e) {
      throw new SluiceException("The topics cannot be made: " + SluiceException.reason(e), e);
    }
    VisitMessages visits = new VisitMessages();
    AtomicReference<Exception> failure = new AtomicReference<>();
    Callback noticing = (sent, e) -> failure.compareAndSet(null, e);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (int number = 0; number < rows; number++) {
        VisitMessages.Message visit = visits.message(number);
        producer.send(
            new ProducerRecord<>(Topic.FLAT_ROWS.topicName(), visit.key(), visit.flat()), noticing);
        producer.send(
            new ProducerRecord<>(Topic.CHANGE_EVENTS.topicName(), visit.key(), visit.event()),
            noticing);
        if (number % 10_000 == 0) {
          narrator.progress("Filling the topics: %,d of %,d visits".formatted(number, rows));
        }
      }
    }
    if (failure.get() != null) {
      throw new SluiceException("Kafka: " + SluiceException.reason(failure.get()), failure.get());
    }
  }

  private Result measure(List<Sink> sinks) {
    List<Drain> drains = new ArrayList<>();
    Set<String> fingerprints = new HashSet<>();
    String table = "";
    for (Topic topic : Topic.values()) {
      for (Sink sink : sinks) {
        table = "bench_" + drains.size();
        pipeline.clickHouse().execute("CREATE TABLE " + table + " AS " + FACTS);
        drains.add(drain(topic, sink, table));
        fingerprints.add(fingerprint(table));
      }
    }
    if (fingerprints.size() != 1) {
      throw new SluiceException("The rows differ: there is nothing to measure. " + fingerprints);
    }
    pipeline.clickHouse().execute("CREATE TABLE bench_plain AS " + FACTS);
    narrator.progress("Plain inserts");
    try (PlainInserts inserts = new PlainInserts(pipeline.stack().clickHouse())) {
      return new Result(inserts.copy(table, "bench_plain", rows, TASKS), drains);
    }
  }

  private Drain drain(Topic topic, Sink sink, String table) {
    ConnectorSpec spec = spec(topic, sink, table);
    long begin = System.nanoTime();
    pipeline.connect().put(spec);
    long halfRows = 0;
    long halfAt = begin;
    for (int look = 1; ; look++) {
      long count = number("count()", table);
      long now = System.nanoTime();
      // Rows that a rebalance brings twice count once.
      if (count >= rows && number("uniqExact(id)", table) >= rows) {
        pipeline.connect().delete(spec.name());
        return new Drain(
            topic, sink, (now - begin) / 1e9, (rows - halfRows) * 1e9 / (now - halfAt));
      }
      if (halfRows == 0 && count >= rows / 2) {
        halfRows = count;
        halfAt = now;
      }
      if (look % 20 == 0) {
        pipeline.refuseFailed();
        narrator.progress("%s: %,d of %,d rows".formatted(spec.name(), count, rows));
      }
      Pause.millis(50);
    }
  }

  private ConnectorSpec spec(Topic topic, Sink sink, String table) {
    ConnectorSpec base = sink.connector(home);
    Map<String, String> config = new TreeMap<>(base.config());
    config.put("topics", topic.topicName());
    config.put("topic2TableMap", topic.topicName() + "=" + table);
    config.put("tasks.max", Integer.toString(TASKS));
    // A row that does not arrive shall not be waited for.
    config.put("errors.tolerance", "none");
    if (topic == Topic.FLAT_ROWS) {
      config.put("transforms", "");
      config.put("value.converter", JsonConverters.KAFKAS);
      config.put("value.converter.schema.content", schemaOf(config.get("transforms.fact.schema")));
    }
    return new ConnectorSpec(table + "-" + sink.name().toLowerCase(), config);
  }

  /** The fact schema in the form that Kafka's JsonConverter takes it. */
  private static String schemaOf(String columns) {
    return Arrays.stream(columns.split(",\\s*"))
        .map(column -> column.split(" ", 2))
        .map(
            column -> {
              String type = column[1].replaceAll("Nullable\\((.*)\\)", "$1");
              return "{\"field\":\"%s\",\"type\":\"%s\",\"optional\":%s}"
                  .formatted(
                      column[0],
                      type.equals("Float64") ? "double" : type.toLowerCase(),
                      !type.equals(column[1]));
            })
        .collect(Collectors.joining(",", "{\"type\":\"struct\",\"fields\":[", "]}"));
  }

  private long number(String what, String table) {
    return pipeline.clickHouse().number("SELECT " + what + " FROM " + table);
  }

  private String fingerprint(String table) {
    return pipeline
        .clickHouse()
        .rows("SELECT concat(count(), ' rows, ', sum(cityHash64(*))) AS f FROM " + table + " FINAL")
        .get(0)
        .getString("f");
  }
}

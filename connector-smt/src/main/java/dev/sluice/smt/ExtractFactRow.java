package dev.sluice.smt;

import dev.sluice.json.Refused;
import dev.sluice.smt.TransformMetrics.Reason;
import dev.sluice.smt.type.Mismatch;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.metrics.Monitorable;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Transformation;

/**
 * Turns a change event of Debezium into the row that the change leaves in a ClickHouse fact table:
 * flat, with the table's columns in the table's order, each of exactly its type.
 *
 * <p>A change event wraps a row in an <em>envelope</em>: what happened ({@code op}), the row {@code
 * before} and {@code after}, and where it comes from ({@code source}). Creates, updates and the
 * reads of a snapshot give the row in {@code after}. A delete gives the row in {@code before},
 * marked as deleted, with a version that no earlier row of the key exceeds; that of a key that has
 * changed stays below the version of the row under its new key. After a delete Debezium sends a
 * <em>tombstone</em>, a record with the same key and no value, so that Kafka may compact the topic;
 * it is dropped, and so is what is known to be no change of a row, such as heartbeats.
 *
 * <p>Envelopes may be Structs (JSON with schemas, Avro) or Maps (JSON without). In both cases the
 * types come from the setting {@code schema}, or {@code schemas}, by the topic that the record has;
 * a Struct's schema only tells how to read the values. Topic, partition, key and headers pass
 * through, and nothing of the input is changed. The timestamp becomes the commit time where the
 * record is on its way to a sink, and passes through elsewhere.
 *
 * <p>Failure semantics: {@link DataException} for a record that cannot become a row without loss.
 * It names column, found and wanted type and the record's place, never a value, and leaves it to
 * Connect whether the task fails or the record goes to the dead letter queue. {@link
 * org.apache.kafka.common.config.ConfigException} for settings that contradict one another. Nothing
 * here is worth a retry.
 */
public class ExtractFactRow<R extends ConnectRecord<R>> implements Transformation<R>, Monitorable {

  private static final String NAME = ExtractFactRow.class.getSimpleName();

  private TablePlans tables;
  private boolean passRefused;
  private TransformMetrics metrics;
  private PluginMetrics registry;

  @Override
  public ConfigDef config() {
    return ExtractFactRowConfig.DEFINITION;
  }

  @Override
  public String version() {
    String version = ExtractFactRow.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  @Override
  public void configure(Map<String, ?> properties) {
    Map<String, Object> values = ExtractFactRowConfig.DEFINITION.parse(properties);
    TransformMetrics counts = new TransformMetrics();
    tables = TablePlans.of(texts(properties), counts);
    passRefused = values.get(ExtractFactRowConfig.REFUSED_HANDLING).equals("pass");
    metrics = counts;
    registerMetrics();
  }

  /** Connect gives all settings as texts. */
  private static Map<String, String> texts(Map<String, ?> properties) {
    Map<String, String> texts = new HashMap<>();
    properties.forEach((name, value) -> texts.put(name, value == null ? null : value.toString()));
    return texts;
  }

  @Override
  public void withPluginMetrics(PluginMetrics registry) {
    this.registry = registry;
    registerMetrics();
  }

  /** Once both are there; no contract says which comes first. */
  private void registerMetrics() {
    if (metrics != null && registry != null) {
      metrics.setRegistry(registry);
    }
  }

  @Override
  public R apply(R record) {
    metrics.ensureRegistered();
    TablePlan table = tables.of(record.topic());
    try {
      return transformed(record, table);
    } catch (BadColumn e) {
      table.failed(e.column());
      return refused(record, e);
    } catch (Mismatch e) {
      metrics.failedEnvelope();
      return refused(record, e);
    }
  }

  @Override
  public void close() {
    // Holds nothing but memory.
  }

  private R transformed(R record, TablePlan table) {
    Object value = record.value();
    if (value == null) {
      metrics.dropped(Reason.TOMBSTONE);
      return null;
    }
    if (value instanceof Struct struct && Refused.is(struct)) {
      return record;
    }
    EnvelopePlan plan = table.planFor(value);
    Struct row = table.rowOf(record, plan, value);
    return row == null ? null : withValue(record, row, timestamp(record, plan, value));
  }

  private R withValue(R record, Struct row, Long timestamp) {
    return record.newRecord(
        record.topic(),
        record.kafkaPartition(),
        record.keySchema(),
        record.key(),
        row.schema(),
        row,
        timestamp);
  }

  /**
   * The commit time, for a sink to tell how fresh its rows are. A record on its way into Kafka
   * keeps its own: Kafka removes by it what has been kept long enough.
   */
  private Long timestamp(R record, EnvelopePlan plan, Object value) {
    return record instanceof SinkRecord
            && plan.source(value, Metadata.COMMIT_TS) instanceof Long committed
        ? committed
        : record.timestamp();
  }

  private R refused(R record, RuntimeException reason) {
    String said = NAME + ": " + reason.getMessage() + ", at " + placeOf(record);
    // On its way into Kafka it would become a record of the topic.
    if (passRefused && record instanceof SinkRecord) {
      return withValue(record, Refused.because(said), record.timestamp());
    }
    throw new DataException(said, reason);
  }

  /** Where the record stands in Kafka, or, before it is there, its topic. */
  private static String placeOf(ConnectRecord<?> record) {
    if (record instanceof SinkRecord sink) {
      return sink.originalTopic()
          + "-"
          + sink.originalKafkaPartition()
          + "-"
          + sink.originalKafkaOffset();
    }
    return "topic " + record.topic();
  }
}

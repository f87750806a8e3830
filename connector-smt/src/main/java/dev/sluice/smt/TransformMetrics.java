package dev.sluice.smt;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.PluginMetrics;

/**
 * Counts what became of the records. Connect adds the tags of connector, task and transformation,
 * so that the counts stand in JMX under {@code kafka.connect:type=plugins}.
 *
 * <p>They matter most under {@code errors.tolerance=all}, where a failed record goes by in silence.
 */
final class TransformMetrics {

  /** Why a record gave no row. */
  enum Reason {
    TOMBSTONE,
    DELETE,
    TRUNCATE,
    MESSAGE,
    NO_ROW_CHANGE
  }

  private final Map<Operation, LongAdder> rows = new EnumMap<>(Operation.class);
  private final Map<Reason, LongAdder> dropped = new EnumMap<>(Reason.class);
  private final Map<String, LongAdder> failedByColumn = new HashMap<>();
  private final LongAdder failedEnvelopes = new LongAdder();

  TransformMetrics(List<ColumnPlan> columns) {
    for (Operation operation : Operation.ROW_OPERATIONS) {
      rows.put(operation, new LongAdder());
    }
    for (Reason reason : Reason.values()) {
      dropped.put(reason, new LongAdder());
    }
    columns.forEach(column -> failedByColumn.put(column.name(), new LongAdder()));
  }

  void row(Operation operation) {
    rows.get(operation).increment();
  }

  void dropped(Reason reason) {
    dropped.get(reason).increment();
  }

  void failed(String column) {
    failedByColumn.get(column).increment();
  }

  void failedEnvelope() {
    failedEnvelopes.increment();
  }

  void register(PluginMetrics metrics) {
    rows.forEach(
        (operation, count) ->
            register(
                metrics, "rows-total", "Rows made, by operation", "operation", operation, count));
    dropped.forEach(
        (reason, count) ->
            register(
                metrics, "dropped-total", "Records dropped, by reason", "reason", reason, count));
    failedByColumn.forEach(
        (column, count) ->
            register(
                metrics, "failed-total", "Records refused, by column", "column", column, count));
    register(
        metrics,
        "failed-envelopes-total",
        "Records refused for another reason than one of their columns",
        new LinkedHashMap<>(),
        failedEnvelopes);
  }

  private static void register(
      PluginMetrics metrics, String name, String description, String tag, Enum<?> of, LongAdder n) {
    register(metrics, name, description, tag, of.name().toLowerCase(Locale.ROOT), n);
  }

  private static void register(
      PluginMetrics metrics, String name, String description, String tag, String of, LongAdder n) {
    register(metrics, name, description, new LinkedHashMap<>(Map.of(tag, of)), n);
  }

  private static void register(
      PluginMetrics metrics,
      String name,
      String description,
      LinkedHashMap<String, String> tags,
      LongAdder count) {
    Gauge<Long> gauge = (config, now) -> count.sum();
    metrics.addMetric(metrics.metricName(name, description, tags), gauge);
  }
}

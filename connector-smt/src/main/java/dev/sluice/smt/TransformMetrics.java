package dev.sluice.smt;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.PluginMetrics;

/**
 * Counts what became of the records. Connect adds the tags of connector, task and transformation,
 * so that the counts stand in JMX under {@code kafka.connect:type=plugins}.
 *
 * <p>They matter most under {@code errors.tolerance=all}, where a failed record goes by in silence.
 */
final class TransformMetrics {

  private static final long RETRY_NANOS = 1_000_000_000L;

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
  private final Map<String, LongAdder> missingByColumn = new HashMap<>();
  private final LongAdder failedEnvelopes = new LongAdder();
  private final LongAdder unknownColumns = new LongAdder();

  /** Null before Connect gives it, and after it has got all counts. */
  private PluginMetrics registry;

  private long triedAt = System.nanoTime() - RETRY_NANOS;

  TransformMetrics(List<ColumnPlan> columns) {
    for (Operation operation : Operation.FACTS) {
      rows.put(operation, new LongAdder());
    }
    for (Reason reason : Reason.values()) {
      dropped.put(reason, new LongAdder());
    }
    for (ColumnPlan column : columns) {
      failedByColumn.put(column.name(), new LongAdder());
      missingByColumn.put(column.name(), new LongAdder());
    }
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

  /** A column that the event did not have counted as null. */
  void missing(String column) {
    missingByColumn.get(column).increment();
  }

  /** An event had columns that nobody knows. */
  void unknownColumns() {
    unknownColumns.increment();
  }

  /** Takes Connect's registry; from then on {@link #ensureRegistered} has something to do. */
  void setRegistry(PluginMetrics registry) {
    this.registry = registry;
    ensureRegistered();
  }

  /**
   * Puts the counts into Connect's registry, once. A task that Connect has given up may hold
   * metrics of the same names for a while after its successor has started; then this tries again a
   * second later, because no record may fail for want of a metric.
   */
  void ensureRegistered() {
    if (registry == null || System.nanoTime() - triedAt < RETRY_NANOS) {
      return;
    }
    List<MetricName> added = new ArrayList<>();
    try {
      counts().forEach(count -> count.addTo(registry, added));
      registry = null;
    } catch (IllegalArgumentException e) {
      added.forEach(registry::removeMetric);
      triedAt = System.nanoTime();
    }
  }

  private List<Count> counts() {
    List<Count> counts = new ArrayList<>();
    rows.forEach(
        (of, n) ->
            counts.add(
                new Count("rows-total", "Rows made, by operation", "operation", tag(of), n)));
    dropped.forEach(
        (of, n) ->
            counts.add(
                new Count("dropped-total", "Records dropped, by reason", "reason", tag(of), n)));
    failedByColumn.forEach(
        (of, n) ->
            counts.add(new Count("failed-total", "Records refused, by column", "column", of, n)));
    missingByColumn.forEach(
        (of, n) ->
            counts.add(
                new Count(
                    "missing-columns-total",
                    "Columns that an event did not have, as null",
                    "column",
                    of,
                    n)));
    counts.add(
        new Count(
            "unknown-columns-total",
            "Records with columns that the settings do not know",
            null,
            null,
            unknownColumns));
    counts.add(
        new Count(
            "failed-envelopes-total",
            "Records refused for another reason than one of their columns",
            null,
            null,
            failedEnvelopes));
    return counts;
  }

  private static String tag(Enum<?> of) {
    return of.name().toLowerCase(Locale.ROOT);
  }

  /**
   * One count and how it is called.
   *
   * @param tag null for a count without one
   */
  private record Count(String name, String description, String tag, String of, LongAdder count) {

    void addTo(PluginMetrics registry, List<MetricName> added) {
      LinkedHashMap<String, String> tags = new LinkedHashMap<>();
      if (tag != null) {
        tags.put(tag, of);
      }
      MetricName metric = registry.metricName(name, description, tags);
      Gauge<Long> gauge = (config, now) -> count.sum();
      registry.addMetric(metric, gauge);
      added.add(metric);
    }
  }
}

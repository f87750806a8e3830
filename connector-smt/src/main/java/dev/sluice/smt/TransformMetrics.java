package dev.sluice.smt;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.MetricName;
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
  private final List<TableCounts> tables = new ArrayList<>();
  private final LongAdder failedEnvelopes = new LongAdder();

  /** Null before Connect gives it, and after it has got all counts. */
  private PluginMetrics registry;

  private long triedAt = System.nanoTime() - RETRY_NANOS;

  TransformMetrics() {
    for (Operation operation : Operation.FACTS) {
      rows.put(operation, new LongAdder());
    }
    for (Reason reason : Reason.values()) {
      dropped.put(reason, new LongAdder());
    }
  }

  /**
   * Adds a table; before the first record.
   *
   * @param topic null where there is one table for all topics
   */
  TableCounts table(String topic, List<ColumnPlan> columns) {
    TableCounts table = new TableCounts(topic, columns);
    tables.add(table);
    return table;
  }

  void row(Operation operation) {
    rows.get(operation).increment();
  }

  void dropped(Reason reason) {
    dropped.get(reason).increment();
  }

  void failedEnvelope() {
    failedEnvelopes.increment();
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
    tables.forEach(table -> counts.addAll(table.counts()));
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
}

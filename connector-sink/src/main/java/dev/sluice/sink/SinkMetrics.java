package dev.sluice.sink;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.PluginMetrics;

/**
 * The task's numbers, and those of its first {@value #MOST_TABLES} tables, as gauges over counters
 * of its own: sensors of one name would be shared by all tasks of a worker. Connect adds the tags
 * of connector and task. Tables beyond the bound count in the totals only.
 *
 * <p>Failure semantics: a task that Connect has given up may still hold its metrics when its
 * successor starts. Until it lets go, the successor works unseen and tries again.
 */
final class SinkMetrics {
  /** Tables with metrics of their own: whatever watches them pays for each series. */
  static final int MOST_TABLES = 200;

  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Rows sent and not yet acknowledged. */
  final AtomicLong rowsInFlight = new AtomicLong();

  final AtomicLong retries = new AtomicLong();
  final AtomicLong deadLetters = new AtomicLong();

  /** Records that are to be set aside and of which Kafka has no copy yet. */
  final AtomicLong lettersOpen = new AtomicLong();

  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong inserts = new AtomicLong();
  private final AtomicLong largestInsert = new AtomicLong();
  private final AtomicLong insertMs = new AtomicLong();
  private final AtomicLong slowestInsertMs = new AtomicLong();

  private final PluginMetrics metrics;
  private final Map<String, TableMetrics> tables = new ConcurrentHashMap<>();

  /** Those of the task under no table's name, and of tables; only the task's thread uses it. */
  private final Map<String, Map<MetricName, LongSupplier>> wanted = new LinkedHashMap<>();

  private final Map<String, Map<MetricName, LongSupplier>> registered = new LinkedHashMap<>();
  private volatile int withMetrics;
  private Long lastTry;

  SinkMetrics(PluginMetrics metrics, MemoryBudget budget) {
    this.metrics = metrics;
    Map<MetricName, LongSupplier> gauges = new LinkedHashMap<>();
    wanted.put("", gauges);
    gauge(gauges, "rows-total", "rows acknowledged by ClickHouse", rows::get);
    gauge(gauges, "bytes-total", "bytes of rows acknowledged, before compression", bytes::get);
    gauge(gauges, "inserts-total", "inserts acknowledged by ClickHouse", inserts::get);
    gauge(gauges, "insert-rows-max", "rows of the largest insert", largestInsert::get);
    gauge(
        gauges,
        "insert-ms-total",
        "milliseconds from sending to answer, of all inserts",
        insertMs::get);
    gauge(gauges, "insert-ms-max", "milliseconds of the slowest insert", slowestInsertMs::get);
    gauge(gauges, "rows-in-flight", "rows sent and not yet acknowledged", rowsInFlight::get);
    gauge(gauges, "retries-total", "tries that failed and were repeated", retries::get);
    gauge(
        gauges,
        "tables-failing",
        "tables of which something fails and is tried again now, held ones among them",
        () -> tables.values().stream().filter(t -> t.failing.get() > 0 || t.isHeld()).count());
    gauge(
        gauges,
        "tables-held",
        "tables whose rows cannot go on, while others do",
        () -> tables.values().stream().filter(TableMetrics::isHeld).count());
    gauge(
        gauges,
        "tables-without-metrics",
        "tables beyond the first " + MOST_TABLES + ", which count in the totals only",
        () -> Math.max(0, tables.size() - withMetrics));
    gauge(gauges, "memory-bytes", "memory of rows that wait for ClickHouse", budget::used);
    gauge(gauges, "memory-limit-bytes", "the most that memory-bytes becomes", budget::limit);
    gauge(
        gauges,
        "dead-letters-total",
        "records set aside, of which Kafka has a copy",
        deadLetters::get);
    gauge(
        gauges,
        "dead-letters-open",
        "records that are to be set aside and that the dead letter queue has not taken yet",
        lettersOpen::get);
    gauge(
        gauges,
        "freshness-ms",
        "milliseconds since the oldest record that waits was committed, of the table that is"
            + " furthest behind: quiet tables do not count, stuck ones do; -1 before any record",
        this::freshness);
  }

  private void gauge(
      Map<MetricName, LongSupplier> gauges, String name, String description, LongSupplier value) {
    gauges.put(metrics.metricName(name, description, new LinkedHashMap<>()), value);
  }

  /** The numbers of a table that begins. */
  TableMetrics table(String name) {
    TableMetrics table = new TableMetrics(name, this, metrics);
    tables.put(name, table);
    offer(name, table);
    return table;
  }

  private void offer(String name, TableMetrics table) {
    // One is the task itself.
    if (wanted.size() <= MOST_TABLES) {
      wanted.put(name, table.gauges());
      withMetrics = wanted.size() - 1;
      lastTry = null;
    }
  }

  /** A table that is gone makes room for another. */
  void forget(String name) {
    tables.remove(name);
    Map<MetricName, LongSupplier> gauges = registered.remove(name);
    if (gauges != null) {
      gauges.keySet().forEach(this::remove);
    }
    if (wanted.remove(name) != null) {
      withMetrics = wanted.size() - 1;
      tables.entrySet().stream()
          .filter(other -> !wanted.containsKey(other.getKey()))
          .findAny()
          .ifPresent(other -> offer(other.getKey(), other.getValue()));
    }
  }

  /** Makes the numbers visible that are not yet, unless the last try was just now. */
  void register(long now) {
    if (registered.size() == wanted.size() || (lastTry != null && now - lastTry < AGAIN_NANOS)) {
      return;
    }
    lastTry = now;
    wanted.forEach(
        (owner, gauges) -> {
          if (!registered.containsKey(owner) && register(gauges)) {
            registered.put(owner, gauges);
          }
        });
  }

  private boolean register(Map<MetricName, LongSupplier> gauges) {
    try {
      gauges.forEach((name, value) -> metrics.addMetric(name, gaugeOf(value)));
      return true;
    } catch (IllegalArgumentException e) {
      // The former task's are still there. Whatever of ours got in makes room for the next try.
      gauges.keySet().forEach(this::remove);
      return false;
    }
  }

  private static Gauge<Long> gaugeOf(LongSupplier value) {
    return (config, now) -> value.getAsLong();
  }

  private void remove(MetricName name) {
    try {
      metrics.removeMetric(name);
    } catch (IllegalArgumentException e) {
      // It was not ours.
    }
  }

  void acknowledged(int rowCount, int byteCount, long tookMs) {
    rows.addAndGet(rowCount);
    bytes.addAndGet(byteCount);
    inserts.incrementAndGet();
    largestInsert.accumulateAndGet(rowCount, Math::max);
    insertMs.addAndGet(tookMs);
    slowestInsertMs.accumulateAndGet(tookMs, Math::max);
  }

  private long freshness() {
    long now = System.currentTimeMillis();
    return tables.values().stream()
        .mapToLong(table -> table.freshness(now))
        .max()
        .orElse(TableMetrics.UNKNOWN);
  }
}

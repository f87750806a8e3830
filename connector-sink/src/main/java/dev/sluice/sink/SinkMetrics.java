package dev.sluice.sink;

import java.util.LinkedHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.MeasurableStat;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.metrics.stats.Avg;
import org.apache.kafka.common.metrics.stats.Max;
import org.apache.kafka.common.metrics.stats.Meter;
import org.apache.kafka.common.metrics.stats.SampledStat;
import org.apache.kafka.common.metrics.stats.WindowedCount;
import org.apache.kafka.common.metrics.stats.WindowedSum;

/** The task's numbers. Connect adds the tags of connector and task. */
final class SinkMetrics {
  private static final long NEVER = -1;

  final Sensor rows;
  final Sensor bytes;
  final Sensor insertMs;
  final Sensor retries;
  final Sensor deadLetters;

  /** Tables whose inserts are being retried. */
  final AtomicInteger tablesInTrouble = new AtomicInteger();

  /** Rows sent and not yet acknowledged. */
  final AtomicLong rowsInFlight = new AtomicLong();

  private final PluginMetrics metrics;
  private final AtomicLong newestTimestamp = new AtomicLong(NEVER);

  SinkMetrics(PluginMetrics metrics) {
    this.metrics = metrics;
    rows = meter("rows", "rows acknowledged by ClickHouse");
    add(rows, "batch-rows-avg", "rows per insert", new Avg());
    add(rows, "batch-rows-max", "rows of the largest insert", new Max());
    bytes = meter("bytes", "bytes of rows acknowledged by ClickHouse, before compression");
    insertMs = metrics.addSensor("inserts");
    addMeter(insertMs, "inserts", "inserts acknowledged by ClickHouse", new WindowedCount());
    add(insertMs, "insert-ms-avg", "milliseconds from sending an insert to its answer", new Avg());
    add(insertMs, "insert-ms-max", "milliseconds of the slowest insert", new Max());
    retries = meter("retries", "tries that failed and were repeated");
    deadLetters = meter("dead-letters", "records that became no row");
    gauge("rows-in-flight", "rows sent and not yet acknowledged", rowsInFlight::get);
    gauge("tables-in-trouble", "tables whose inserts are being retried", tablesInTrouble::get);
    gauge(
        "freshness-ms",
        "milliseconds since the timestamp of the newest row acknowledged, -1 before the first",
        this::freshness);
  }

  void acknowledged(int rowCount, int byteCount, long newest, long tookMs) {
    rows.record(rowCount);
    bytes.record(byteCount);
    insertMs.record(tookMs);
    newestTimestamp.accumulateAndGet(newest, Math::max);
  }

  private long freshness() {
    long newest = newestTimestamp.get();
    return newest == NEVER ? NEVER : System.currentTimeMillis() - newest;
  }

  private Sensor meter(String name, String what) {
    Sensor sensor = metrics.addSensor(name);
    addMeter(sensor, name, what, new WindowedSum());
    return sensor;
  }

  private void addMeter(Sensor sensor, String name, String what, SampledStat stat) {
    MetricName rate = name(name + "-rate", what + ", per second");
    sensor.add(new Meter(stat, rate, name(name + "-total", what)));
  }

  private void add(Sensor sensor, String name, String what, MeasurableStat stat) {
    sensor.add(name(name, what), stat);
  }

  private void gauge(String name, String what, LongSupplier value) {
    Gauge<Long> gauge = (config, now) -> value.getAsLong();
    metrics.addMetric(name(name, what), gauge);
  }

  private MetricName name(String name, String description) {
    return metrics.metricName(name, description, new LinkedHashMap<>());
  }
}

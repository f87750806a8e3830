package dev.sluice.sink;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.PluginMetrics;

/**
 * The task's numbers, as gauges over counters of its own: sensors of one name would be shared by
 * all tasks of a worker. Connect adds the tags of connector and task.
 *
 * <p>Freshness counts from the record timestamp, which our transform sets to the commit time.
 *
 * <p>Failure semantics: a task that Connect has given up may still hold its metrics when its
 * successor starts. Until it lets go, the successor works unseen and tries again.
 */
final class SinkMetrics {
  private static final long NEVER = -1;
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Tables whose inserts are being retried. */
  final AtomicLong tablesFailing = new AtomicLong();

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
  private final AtomicLong newestTimestamp = new AtomicLong(NEVER);

  private final PluginMetrics metrics;
  private final Map<MetricName, LongSupplier> gauges = new LinkedHashMap<>();
  private boolean registered;
  private Long lastTry;

  SinkMetrics(PluginMetrics metrics) {
    this.metrics = metrics;
    gauge("rows-total", "rows acknowledged by ClickHouse", rows::get);
    gauge("bytes-total", "bytes of rows acknowledged, before compression", bytes::get);
    gauge("inserts-total", "inserts acknowledged by ClickHouse", inserts::get);
    gauge("insert-rows-max", "rows of the largest insert", largestInsert::get);
    gauge("insert-ms-total", "milliseconds from sending to answer, of all inserts", insertMs::get);
    gauge("insert-ms-max", "milliseconds of the slowest insert", slowestInsertMs::get);
    gauge("rows-in-flight", "rows sent and not yet acknowledged", rowsInFlight::get);
    gauge("retries-total", "tries that failed and were repeated", retries::get);
    gauge("tables-in-failure", "tables whose inserts are being retried now", tablesFailing::get);
    gauge("dead-letters-total", "records set aside, of which Kafka has a copy", deadLetters::get);
    gauge(
        "dead-letters-open",
        "records that are to be set aside and that the dead letter queue has not taken yet",
        lettersOpen::get);
    gauge(
        "freshness-ms",
        "milliseconds since the newest row acknowledged was committed, -1 before it",
        this::freshness);
  }

  private void gauge(String name, String description, LongSupplier value) {
    gauges.put(metrics.metricName(name, description, new LinkedHashMap<>()), value);
  }

  /** Makes the numbers visible, if they are not yet and the last try is a while ago. */
  void register(long now) {
    if (registered || (lastTry != null && now - lastTry < AGAIN_NANOS)) {
      return;
    }
    lastTry = now;
    try {
      gauges.forEach((name, value) -> metrics.addMetric(name, gaugeOf(value)));
      registered = true;
    } catch (IllegalArgumentException e) {
      // The former task's are still there. Whatever of ours got in makes room for the next try.
      gauges.keySet().forEach(this::remove);
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

  void acknowledged(int rowCount, int byteCount, long newest, long tookMs) {
    rows.addAndGet(rowCount);
    bytes.addAndGet(byteCount);
    inserts.incrementAndGet();
    largestInsert.accumulateAndGet(rowCount, Math::max);
    insertMs.addAndGet(tookMs);
    slowestInsertMs.accumulateAndGet(tookMs, Math::max);
    if (newest > 0) {
      newestTimestamp.accumulateAndGet(newest, Math::max);
    }
  }

  private long freshness() {
    long newest = newestTimestamp.get();
    return newest == NEVER ? NEVER : System.currentTimeMillis() - newest;
  }
}

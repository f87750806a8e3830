package dev.sluice.sink;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.PluginMetrics;

/**
 * The numbers of one table. They are counted whether they are registered or not.
 *
 * <p>Freshness is the age of the oldest record that waits: how long ago it was committed, as its
 * timestamp says. Where none waits it is what it was for the last row that landed, and 0 once
 * nothing has come for a while: a table at rest is as fresh as can be.
 */
final class TableMetrics {
  static final long UNKNOWN = -1;

  /** So long after the last row a table counts as at rest. A backlog has no such pauses. */
  private static final long REST_MS = TimeUnit.SECONDS.toMillis(10);

  final AtomicLong retries = new AtomicLong();
  final AtomicLong deadLetters = new AtomicLong();

  /** How many things of this table are being tried again now. */
  final AtomicInteger failing = new AtomicInteger();

  private final SinkMetrics all;
  private final Map<MetricName, LongSupplier> gauges = new LinkedHashMap<>();
  private final AtomicLong rows = new AtomicLong();
  private volatile boolean held;
  private volatile long oldestWaiting = Batch.NEVER;
  private volatile long landedAt = UNKNOWN;
  private volatile long landedAge;

  TableMetrics(String table, SinkMetrics all, PluginMetrics metrics) {
    this.all = all;
    gauge(metrics, table, "table-rows-total", "rows acknowledged by ClickHouse", rows::get);
    gauge(metrics, table, "table-retries-total", "tries that failed, repeated", retries::get);
    gauge(
        metrics,
        table,
        "table-dead-letters-total",
        "records set aside, of which Kafka has a copy",
        deadLetters::get);
    gauge(
        metrics,
        table,
        "table-held",
        "1 while the table is held, because its rows cannot go on; 0 otherwise",
        () -> held ? 1 : 0);
    gauge(
        metrics,
        table,
        "table-freshness-ms",
        "milliseconds since the oldest record that waits was committed; 0 at rest, -1 before any",
        () -> freshness(System.currentTimeMillis()));
  }

  /** Other names than the totals', so that a sum over a task's series counts nothing twice. */
  private void gauge(
      PluginMetrics metrics, String table, String name, String description, LongSupplier value) {
    LinkedHashMap<String, String> tags = new LinkedHashMap<>();
    tags.put("table", table);
    gauges.put(metrics.metricName(name, description, tags), value);
  }

  Map<MetricName, LongSupplier> gauges() {
    return gauges;
  }

  void acknowledged(int rowCount, int byteCount, long newest, long tookMs) {
    rows.addAndGet(rowCount);
    all.acknowledged(rowCount, byteCount, tookMs);
    if (newest > 0) {
      long now = System.currentTimeMillis();
      landedAge = Math.max(0, now - newest);
      landedAt = now;
    }
  }

  void retried() {
    retries.incrementAndGet();
    all.retries.incrementAndGet();
  }

  void setAside() {
    deadLetters.incrementAndGet();
    all.deadLetters.incrementAndGet();
  }

  /**
   * @param oldest timestamp of the oldest record that is not acknowledged; {@link Batch#NEVER} for
   *     none
   */
  void waiting(long oldest) {
    oldestWaiting = oldest;
  }

  void held(boolean now) {
    held = now;
  }

  boolean isHeld() {
    return held;
  }

  /** Milliseconds; {@link #UNKNOWN} before any record. */
  long freshness(long now) {
    long oldest = oldestWaiting;
    if (oldest != Batch.NEVER) {
      return Math.max(0, now - oldest);
    }
    long at = landedAt;
    if (at == UNKNOWN) {
      return UNKNOWN;
    }
    return now - at < REST_MS ? landedAge : 0;
  }
}

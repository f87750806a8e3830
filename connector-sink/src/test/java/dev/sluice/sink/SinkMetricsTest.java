package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.junit.jupiter.api.Test;

/** Two tasks in the registry of one worker. */
class SinkMetricsTest {
  private static final MemoryBudget BUDGET = new MemoryBudget(1 << 20);

  private final Metrics registry = new Metrics();
  private final long now = System.nanoTime();

  @Test
  void tasksOfOneWorkerCountForThemselves() throws IOException {
    PluginMetricsImpl first = new PluginMetricsImpl(registry, Map.of("task", "0"));
    PluginMetricsImpl second = new PluginMetricsImpl(registry, Map.of("task", "1"));
    SinkMetrics one = new SinkMetrics(first, BUDGET);
    SinkMetrics two = new SinkMetrics(second, BUDGET);
    one.register(now + 1);
    two.register(now + 1);

    one.acknowledged(10, 100, 5);
    two.acknowledged(7, 70, 5);
    assertThat(value("rows-total", "0")).isEqualTo(10L);
    assertThat(value("rows-total", "1")).isEqualTo(7L);

    first.close();
    assertThat(value("rows-total", "0")).isNull();
    assertThat(value("rows-total", "1")).isEqualTo(7L);
  }

  @Test
  void aSuccessorWaitsUntilTheFormerTaskLetsGo() throws IOException {
    PluginMetricsImpl former = new PluginMetricsImpl(registry, Map.of("task", "0"));
    new SinkMetrics(former, BUDGET).register(now + 1);
    SinkMetrics successor =
        new SinkMetrics(new PluginMetricsImpl(registry, Map.of("task", "0")), BUDGET);
    successor.acknowledged(3, 30, 5);

    successor.register(now + 2);
    assertThat(value("rows-total", "0")).isEqualTo(0L);

    former.close();
    successor.register(now + 3);
    assertThat(value("rows-total", "0")).as("not every call tries again").isNull();

    successor.register(now + TimeUnit.SECONDS.toNanos(2));
    assertThat(value("rows-total", "0")).isEqualTo(3L);
  }

  @Test
  void tablesBeyondTheBoundCountInTheTotalsOnly() {
    SinkMetrics metrics =
        new SinkMetrics(new PluginMetricsImpl(registry, Map.of("task", "0")), BUDGET);
    for (int i = 0; i < 203; i++) {
      metrics.table("t" + i).acknowledged(1, 8, 1, 5);
    }
    metrics.register(now + 1);

    assertThat(value("rows-total", "0")).isEqualTo(203L);
    assertThat(value("tables-without-metrics", "0")).isEqualTo(3L);
    assertThat(of("table-rows-total")).hasSize(200);

    metrics.forget("t7");
    metrics.register(now + 2);
    assertThat(value("tables-without-metrics", "0")).isEqualTo(2L);
    assertThat(of("table-rows-total")).hasSize(200).doesNotContain("t7");
  }

  @Test
  void freshnessIsThatOfTheTableThatIsFurthestBehind() {
    SinkMetrics metrics =
        new SinkMetrics(new PluginMetricsImpl(registry, Map.of("task", "0")), BUDGET);
    TableMetrics busy = metrics.table("busy");
    TableMetrics stuck = metrics.table("stuck");
    TableMetrics quiet = metrics.table("quiet");
    metrics.register(now + 1);
    assertThat(value("freshness-ms", "0")).as("before any record").isEqualTo(-1L);

    long at = System.currentTimeMillis();
    quiet.acknowledged(1, 8, at - 200, 5);
    busy.acknowledged(1, 8, at, 5);
    stuck.waiting(at - 60_000);
    assertThat((long) value("freshness-ms", "0")).isBetween(60_000L, 61_000L);
    assertThat(stuck.freshness(at + 5_000)).isEqualTo(65_000);
    assertThat(quiet.freshness(at + 5_000)).isBetween(200L, 1_000L);
    assertThat(quiet.freshness(at + 3_600_000)).as("at rest").isZero();

    stuck.waiting(Batch.NEVER);
    assertThat((long) value("freshness-ms", "0")).isLessThan(1_000L);
  }

  private Set<String> of(String name) {
    return registry.metrics().keySet().stream()
        .filter(metric -> metric.name().equals(name))
        .map(metric -> metric.tags().get("table"))
        .collect(Collectors.toSet());
  }

  private Object value(String name, String task) {
    return registry.metrics().entrySet().stream()
        .filter(entry -> is(entry.getKey(), name, task))
        .map(entry -> entry.getValue().metricValue())
        .findAny()
        .orElse(null);
  }

  private static boolean is(MetricName metric, String name, String task) {
    return metric.name().equals(name) && task.equals(metric.tags().get("task"));
  }
}

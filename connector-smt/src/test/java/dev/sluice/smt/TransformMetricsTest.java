package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.MetricValueProvider;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformMetricsTest {

  private final ExtractFactRow<SinkRecord> transform = new ExtractFactRow<>();
  private final Registry registry = new Registry();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void countsRowsDropsAndFailures(boolean registryComesFirst) {
    if (registryComesFirst) {
      transform.withPluginMetrics(registry);
    }
    transform.configure(Visits.settings("truncate.handling", "skip"));
    if (!registryComesFirst) {
      transform.withPluginMetrics(registry);
    }

    for (String op : List.of("c", "r", "r", "u", "u", "u", "m", "t")) {
      transform.apply(Form.MAP.record(null, Visits.row(), op, Visits.SOURCE));
    }
    transform.apply(Form.MAP.record(Visits.row(), null, "d", Visits.SOURCE));
    transform.apply(Form.record(null));
    transform.apply(Form.record(Map.of("ts_ms", 1L)));
    var badRow = Visits.row().put("points", "x");
    catchThrowable(() -> transform.apply(Form.MAP.record(null, badRow, "c", Visits.SOURCE)));
    catchThrowable(() -> transform.apply(Form.record("no envelope")));

    assertThat(registry.nonZero())
        .containsExactly(
            Map.entry("dropped-total{reason=message}", 1L),
            Map.entry("dropped-total{reason=no_row_change}", 1L),
            Map.entry("dropped-total{reason=tombstone}", 1L),
            Map.entry("dropped-total{reason=truncate}", 1L),
            Map.entry("failed-envelopes-total{}", 1L),
            Map.entry("failed-total{column=points}", 1L),
            Map.entry("rows-total{operation=create}", 1L),
            Map.entry("rows-total{operation=delete}", 1L),
            Map.entry("rows-total{operation=read}", 2L),
            Map.entry("rows-total{operation=update}", 3L));
  }

  @Test
  void droppedDeletesAreCounted() {
    transform.configure(Visits.settings("delete.handling", "drop"));
    transform.withPluginMetrics(registry);

    transform.apply(Form.MAP.record(Visits.row(), null, "d", Visits.SOURCE));

    assertThat(registry.nonZero()).containsOnlyKeys("dropped-total{reason=delete}");
  }

  @Test
  void everyColumnHasACountFromTheStart() {
    transform.configure(Visits.settings());
    transform.withPluginMetrics(registry);

    assertThat(registry.counts).hasSize(4 + 5 + 21 + 1).containsKey("failed-total{column=id}");
  }

  @Test
  void worksWithoutARegistry() {
    transform.configure(Visits.settings());

    assertThat(transform.apply(Form.MAP.record(null, Visits.row(), "c", Visits.SOURCE)))
        .isNotNull();
  }

  @Test
  void metricsOfATaskThatLingersFailNoRecordAndComeWhenItIsGone() {
    transform.configure(Visits.settings());
    registry.held = "dropped-total{reason=tombstone}";
    transform.withPluginMetrics(registry);
    SinkRecord record = Form.MAP.record(null, Visits.row(), "c", Visits.SOURCE);
    assertThat(transform.apply(record)).isNotNull();
    assertThat(registry.counts).isEmpty();

    registry.held = null;
    await().until(() -> transform.apply(record) != null && !registry.counts.isEmpty());
    assertThat(registry.nonZero().get("rows-total{operation=create}")).isNotEqualTo(1L);
  }

  /** The part of a worker's registry that the transform uses. */
  private static final class Registry implements PluginMetrics {

    private final Map<String, Gauge<?>> counts = new TreeMap<>();

    /** A metric that another task has. */
    private String held;

    Map<String, Object> nonZero() {
      Map<String, Object> values = new TreeMap<>();
      counts.forEach((name, gauge) -> values.put(name, gauge.value(new MetricConfig(), 0)));
      values.values().removeIf(value -> value.equals(0L));
      return values;
    }

    @Override
    public MetricName metricName(
        String name, String description, LinkedHashMap<String, String> tags) {
      return new MetricName(name, "plugins", description, tags);
    }

    @Override
    public void addMetric(MetricName name, MetricValueProvider<?> provider) {
      if ((name.name() + name.tags()).equals(held)) {
        throw new IllegalArgumentException("A metric named '" + name + "' already exists");
      }
      counts.put(name.name() + name.tags(), (Gauge<?>) provider);
    }

    @Override
    public void removeMetric(MetricName name) {
      counts.remove(name.name() + name.tags());
    }

    @Override
    public Sensor addSensor(String name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void removeSensor(String name) {
      throw new UnsupportedOperationException();
    }
  }
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.ObjectName;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.common.metrics.KafkaMetricsContext;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformMetricsTest extends TransformTest {

  /** What a Connect worker adds. */
  private static final Map<String, String> TAGS = tags();

  private final Metrics metrics = new Metrics();
  private final PluginMetricsImpl registry = new PluginMetricsImpl(metrics, TAGS);

  private static Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("connector", "visits");
    tags.put("task", "0");
    tags.put("transformation", "fact");
    return tags;
  }

  @AfterEach
  void closeMetrics() {
    metrics.close();
  }

  private Map<String, Object> nonZero() {
    Map<String, Object> values = new TreeMap<>();
    metrics
        .metrics()
        .forEach(
            (name, metric) -> {
              Map<String, String> tags = new TreeMap<>(name.tags());
              tags.keySet().removeAll(TAGS.keySet());
              if (name.group().equals("plugins") && !metric.metricValue().equals(0L)) {
                values.put(name.name() + tags, metric.metricValue());
              }
            });
    return values;
  }

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

    assertThat(nonZero())
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

    assertThat(nonZero()).containsOnlyKeys("dropped-total{reason=delete}");
  }

  @Test
  void passedTruncatesAreCounted() {
    transform.configure(Visits.settings("truncate.handling", "pass"));
    transform.withPluginMetrics(registry);

    transform.apply(Form.MAP.record(null, null, "t", Visits.SOURCE));

    assertThat(nonZero()).containsOnlyKeys("rows-total{operation=truncate}");
  }

  @Test
  void everyColumnHasACountFromTheStart() {
    transform.configure(Visits.settings());
    transform.withPluginMetrics(registry);

    assertThat(metrics.metrics().keySet())
        .filteredOn(name -> name.group().equals("plugins"))
        .hasSize(5 + 5 + 21 + 21 + 1 + 1)
        .anyMatch(name -> "id".equals(name.tags().get("column")));
  }

  /** Else a hundred wide tables would make thousands of them. */
  @Test
  void withManyTablesCountsAreByTopicInsteadOfColumn() {
    transform.configure(
        Map.of(
            "schemas", "visits (id String, points Int8, x Nullable(Int8)); other (id String)",
            "missing.columns", "ignore",
            "delete.handling", "drop"));
    transform.withPluginMetrics(registry);

    transform.apply(Form.MAP.record(null, Visits.row().put("points", "1"), "c", Visits.SOURCE));
    var badRow = Visits.row().put("points", "1000");
    catchThrowable(() -> transform.apply(Form.MAP.record(null, badRow, "c", Visits.SOURCE)));

    assertThat(nonZero())
        .containsExactly(
            Map.entry("failed-total{topic=visits}", 1L),
            Map.entry("missing-columns-total{topic=visits}", 1L),
            Map.entry("rows-total{operation=create}", 1L),
            Map.entry("unknown-columns-total{topic=visits}", 1L));
    assertThat(metrics.metrics().keySet())
        .filteredOn(name -> name.group().equals("plugins"))
        .hasSize(5 + 5 + 2 * 3 + 1);
  }

  @Test
  void worksWithoutARegistry() {
    transform.configure(Visits.settings());

    assertThat(transform.apply(Form.MAP.record(null, Visits.row(), "c", Visits.SOURCE)))
        .isNotNull();
  }

  @Test
  void countsStandInJmxUnderConnectorTaskAndTransformation() throws Exception {
    var reporter = new JmxReporter();
    reporter.contextChange(new KafkaMetricsContext("kafka.connect"));
    metrics.addReporter(reporter);
    transform.configure(Visits.settings());
    transform.withPluginMetrics(registry);
    transform.apply(Form.MAP.record(null, Visits.row(), "c", Visits.SOURCE));

    Object count =
        ManagementFactory.getPlatformMBeanServer()
            .getAttribute(
                new ObjectName(
                    "kafka.connect:type=plugins,connector=visits,task=0,transformation=fact,"
                        + "operation=create"),
                "rows-total");

    assertThat(count).isEqualTo(1L);
  }

  @Test
  void metricsOfATaskThatLingersFailNoRecordAndComeWhenItIsGone() throws Exception {
    ExtractFactRow<SinkRecord> lingering = new ExtractFactRow<>();
    PluginMetricsImpl lingeringRegistry = new PluginMetricsImpl(metrics, TAGS);
    lingering.configure(Visits.settings());
    lingering.withPluginMetrics(lingeringRegistry);

    SinkRecord record = Form.MAP.record(null, Visits.row(), "c", Visits.SOURCE);
    transform.configure(Visits.settings());
    transform.withPluginMetrics(registry);
    assertThat(transform.apply(record)).isNotNull();
    assertThat(nonZero()).isEmpty();

    lingeringRegistry.close();
    await().until(() -> transform.apply(record) != null && !nonZero().isEmpty());
    assertThat((Long) nonZero().get("rows-total{operation=create}")).isGreaterThan(1L);
  }
}

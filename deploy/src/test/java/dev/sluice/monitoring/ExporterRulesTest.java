package dev.sluice.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Rules whose beans no worker of the build's own tests has; {@link MonitoringIT} sees the rest. */
final class ExporterRulesTest {

  @Test
  void officialSinksBeansBecomeSeries() throws Exception {
    Exporter exporter = Exporter.onFreePort();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                exporter.option(),
                "-cp",
                Path.of("target/test-classes").toString(),
                OfficialSinkBeans.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      Map<String, Double> found = new TreeMap<>();
      await().atMost(Duration.ofMinutes(1)).until(() -> !clickHouse(exporter).isEmpty());
      for (Series series : clickHouse(exporter)) {
        assertThat(series.labels()).isEqualTo(Map.of("task", "1", "version", "v1.5.0"));
        assertThat(found.put(series.name(), series.value())).as(series.name()).isNull();
      }
      assertThat(found)
          .isEqualTo(
              Map.of(
                  "clickhouse_sink_received_records_total", 1.0,
                  "clickhouse_sink_inserted_records_total", 2.0,
                  "clickhouse_sink_failed_records_total", 3.0,
                  "clickhouse_sink_dead_letters_total", 4.0,
                  "clickhouse_sink_receive_lag_ms", 5.0));
      assertThat(found.keySet()).containsAll(MonitoringIT.ofOfficialSink());
    } finally {
      process.destroy();
    }
  }

  private static List<Series> clickHouse(Exporter exporter) {
    return Series.scrape(exporter.metrics()).stream()
        .filter(series -> series.name().startsWith("clickhouse_"))
        .toList();
  }
}

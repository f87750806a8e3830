package dev.sluice.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalStack;
import dev.sluice.local.TestPipeline;
import dev.sluice.monitoring.MonitoringFiles.Expression;
import dev.sluice.ops.OpsOptions;
import dev.sluice.ops.OpsServer;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ConnectorSpec;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A real worker with the JMX exporter, and the operator's page: what Prometheus would scrape. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MonitoringIT {

  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final String OFFICIAL_SINK = "clickhouse_sink_";
  private static final String SINK = "sluice-sink";

  private static TestPipeline pipeline;
  private static OpsServer page;
  private static Exporter exporter;

  @BeforeAll
  static void start(@TempDir Path dataDir) throws Exception {
    pipeline = new TestPipeline(LocalOptions.embedded(dataDir).with(500, FactTable.DEFAULT));
    pipeline.start();
    LocalStack stack = pipeline.it().stack();
    page =
        new OpsServer(
                new OpsOptions(
                    stack.connect(),
                    stack.kafka(),
                    stack.postgres(),
                    stack.clickHouse(),
                    "127.0.0.1",
                    0,
                    false,
                    null,
                    OpsOptions.Limits.DEFAULT))
            .start();
    exporter = Exporter.onFreePort();
    exporter.attachTo(pipeline.server("Connect").pid().orElseThrow());
  }

  @AfterAll
  static void stop() {
    if (page != null) {
      page.close();
    }
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @Test
  @Order(1)
  void everySeriesOfAlertsAndDashboardIsThere() throws Exception {
    Set<String> wanted = new TreeSet<>();
    MonitoringFiles.expressions().forEach(expression -> wanted.addAll(expression.series()));
    wanted.removeAll(ofOfficialSink());
    assertThat(wanted).hasSizeGreaterThan(40);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              // The page watches single changes from commit to visible.
              pipeline.postgres("UPDATE app_user_visits SET state = 1 WHERE " + visit(1));
              assertThat(Series.names(scrape())).containsAll(wanted);
            });
  }

  @Test
  @Order(2)
  void everySeriesHasTheLabelsThatItIsGroupedBy() {
    List<Series> all = scrape();
    for (Expression expression : MonitoringFiles.expressions()) {
      for (Series series : all) {
        if (expression.series().contains(series.name())) {
          assertThat(series.labels().keySet())
              .as(expression.where() + ": " + series.name())
              .containsAll(expression.labels());
        }
      }
    }
  }

  @Test
  @Order(3)
  void refusedRowIsCountedByTransformConnectAndPage() throws Exception {
    pipeline.postgres("UPDATE app_user_visits SET receipt = 1e400 WHERE " + visit(2));
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              List<Series> all = scrape();
              assertThat(sum(all, "sluice_transform_failed_total", "column", "receipt")).isOne();
              assertThat(
                      sum(
                          all,
                          "kafka_connect_task_error_deadletterqueue_produce_requests_total",
                          "connector",
                          SINK))
                  .isOne();
              assertThat(sum(all, "sluice_dead_letters_waiting", "topic", "sluice.dead-letters"))
                  .isOne();
            });
  }

  @Test
  @Order(4)
  void failedTaskIsCounted() throws Exception {
    ConnectorSpec sink =
        pipeline.it().connectors().stream()
            .filter(connector -> connector.name().equals(SINK))
            .findAny()
            .orElseThrow();
    pipeline.it().connect().put(sink.with(Map.of("errors.tolerance", "none")));
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              pipeline.postgres("UPDATE app_user_visits SET receipt = 2e400 WHERE " + visit(3));
              assertThat(
                      sum(
                          scrape(),
                          "kafka_connect_worker_connector_failed_task_count",
                          "connector",
                          SINK))
                  .isPositive();
            });
  }

  /** Series that only a worker with the official sink has: {@link ExporterRulesTest} has them. */
  static Set<String> ofOfficialSink() {
    Set<String> names = new TreeSet<>();
    MonitoringFiles.expressions().forEach(expression -> names.addAll(expression.series()));
    names.removeIf(name -> !name.startsWith(OFFICIAL_SINK));
    return names;
  }

  private static List<Series> scrape() {
    List<Series> all = new ArrayList<>(Series.scrape(exporter.metrics()));
    all.addAll(Series.scrape(URI.create(page.address() + "/metrics")));
    return all;
  }

  private static double sum(List<Series> all, String name, String label, String value) {
    return Series.sum(all, name, label, value);
  }

  private static String visit(int n) {
    return "id = md5('visit" + n + "')::uuid";
  }
}

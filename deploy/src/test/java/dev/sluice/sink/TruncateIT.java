package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.TestPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.SyncPoint;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.servers.ConnectorSpec;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TRUNCATE in Postgres, on the way from there to the rows that ClickHouse shows. */
class TruncateIT {
  private static final int ROWS = 2_000;
  private static final String STRICT_SINK = "strict-sink";

  /** Of both fact tables, each by a sink of its own. */
  @Test
  void rowsBeforeATruncateAreDeletedAndRowsAfterItLive(@TempDir Path dataDir) throws Exception {
    LocalOptions options =
        LocalOptions.embedded(dataDir)
            .with(ROWS, FactTable.DEFAULT)
            .with(
                Map.of(
                    "skipped.operations", "none",
                    "topic.creation.default.partitions", "1",
                    "heartbeat.interval.ms", "200"),
                Map.of(
                    "tasks.max", "1",
                    "truncate.enabled", "true",
                    "transforms.fact.truncate.handling", "pass"),
                Map.of("offset.flush.interval.ms", "200"));
    try (TestPipeline pipeline = new TestPipeline(options)) {
      pipeline.start();
      startStrictSink(pipeline);
      pipeline.postgres("CREATE TABLE kept AS SELECT * FROM app_user_visits");

      pipeline.postgres("TRUNCATE app_user_visits");
      synced(pipeline);
      assertThat(pipeline.it().factRows()).isPositive();
      for (FactTable table : FactTable.values()) {
        assertThat(current(pipeline, table)).as(table.tableName()).isZero();
      }

      // The same rows with the versions that they had, in one transaction with another truncate.
      pipeline.postgres("INSERT INTO app_user_visits SELECT * FROM kept");
      pipeline.postgres(
          "BEGIN; TRUNCATE app_user_visits;"
              + " INSERT INTO app_user_visits SELECT * FROM kept LIMIT 1000; COMMIT");
      pipeline.postgres(
          "UPDATE app_user_visits SET state = 2 WHERE id < '80000000-0000-0000-0000-000000000000'");
      synced(pipeline);
      for (FactTable table : FactTable.values()) {
        assertThat(current(pipeline, table)).as(table.tableName()).isBetween(900L, 1_000L);
      }
    }
  }

  private static void startStrictSink(TestPipeline pipeline) {
    Home home = Home.locate();
    pipeline.it().clickHouse().execute(home.sql(FactTable.STRICT));
    ConnectorSpec running =
        new ConnectorSpec(
            STRICT_SINK, pipeline.it().connect().connectors().get("sluice-sink").config());
    pipeline.it().connect().put(running.with(home.configs().resolve("strict.json")));
  }

  private static void synced(TestPipeline pipeline) {
    pipeline.synced();
    String topic = pipeline.it().lag().ends().keySet().iterator().next().topic();
    try (TopicLag lag = new TopicLag(pipeline.it().stack().kafka(), topic, STRICT_SINK)) {
      new SyncPoint(pipeline.it().stack().role(), "sluice")
          .awaitPassed(lag, pipeline.it()::refuseFailed, progress -> {});
    }
  }

  private static long current(TestPipeline pipeline, FactTable table) {
    return pipeline.it().clickHouse().number("SELECT count() FROM " + table.currentView());
  }
}

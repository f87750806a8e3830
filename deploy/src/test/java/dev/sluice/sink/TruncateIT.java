package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.local.LocalOptions;
import dev.sluice.local.TestPipeline;
import dev.sluice.pipeline.FactTable;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** TRUNCATE in Postgres, on the way from there to the rows that ClickHouse shows. */
class TruncateIT {
  private static final int ROWS = 2_000;

  @ParameterizedTest
  @EnumSource
  void rowsBeforeATruncateAreDeletedAndRowsAfterItLive(FactTable table, @TempDir Path dataDir)
      throws Exception {
    LocalOptions options =
        LocalOptions.embedded(dataDir)
            .with(ROWS, table)
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
      pipeline.postgres("CREATE TABLE kept AS SELECT * FROM app_user_visits");

      pipeline.postgres("TRUNCATE app_user_visits");
      pipeline.synced();
      assertThat(pipeline.it().factRows()).isPositive();

      // The same rows with the versions that they had, in one transaction with another truncate.
      pipeline.postgres("INSERT INTO app_user_visits SELECT * FROM kept");
      pipeline.postgres(
          "BEGIN; TRUNCATE app_user_visits;"
              + " INSERT INTO app_user_visits SELECT * FROM kept LIMIT 1000; COMMIT");
      pipeline.postgres(
          "UPDATE app_user_visits SET state = 2 WHERE id < '80000000-0000-0000-0000-000000000000'");
      pipeline.synced();
      assertThat(current(pipeline, table)).isBetween(900L, 1_000L);
    }
  }

  private static long current(TestPipeline pipeline, FactTable table) {
    return pipeline.it().clickHouse().number("SELECT count() FROM " + table.currentView());
  }
}

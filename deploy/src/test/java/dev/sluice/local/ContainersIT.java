package dev.sluice.local;

import dev.sluice.pipeline.FactTable;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.condition.EnabledIf;

/** The scenarios with Postgres, Kafka and ClickHouse in containers; the worker is a process. */
@EnabledIf(value = "dev.sluice.local.Containers#canRun", disabledReason = Containers.NO_DOCKER)
final class ContainersIT extends PipelineScenarios {

  private Containers containers;

  ContainersIT() {
    super(FactTable.DEFAULT);
  }

  @Override
  LocalOptions changed(LocalOptions options) {
    containers = Containers.start();
    Visits.create(containers.postgres(), options.rows());
    return options.on(containers.postgres(), containers.kafka(), containers.clickHouse());
  }

  @Override
  void killAndAwait(String name) {
    if (containers.has(name)) {
      containers.killAndStart(name);
    } else {
      super.killAndAwait(name);
    }
  }

  @Override
  @AfterAll
  void stopPipeline() throws SQLException {
    super.stopPipeline();
    if (containers != null) {
      containers.close();
    }
  }
}

package dev.sluice.local;

import dev.sluice.pipeline.FactTable;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The scenarios with the official ClickHouse sink, which no Maven repository has. */
@EnabledIfEnvironmentVariable(
    named = OfficialSinkIT.PLUGIN,
    matches = ".+",
    disabledReason = "it names no unpacked release of ClickHouse/clickhouse-kafka-connect")
final class OfficialSinkIT extends PipelineScenarios {

  static final String PLUGIN = "SLUICE_OFFICIAL_SINK";

  OfficialSinkIT() {
    super(FactTable.DEFAULT);
  }

  @Override
  LocalOptions changed(LocalOptions options) {
    return options.withOfficialSink(Path.of(System.getenv(PLUGIN)));
  }
}

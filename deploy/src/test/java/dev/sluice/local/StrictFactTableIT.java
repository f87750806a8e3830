package dev.sluice.local;

import dev.sluice.pipeline.FactTable;

/** The scenarios on the strict fact table. */
final class StrictFactTableIT extends PipelineScenarios {
  StrictFactTableIT() {
    super(FactTable.STRICT);
  }
}

package dev.sluice.local;

import dev.sluice.pipeline.FactTable;

/** The scenarios on the default fact table. */
final class DefaultFactTableIT extends PipelineScenarios {
  DefaultFactTableIT() {
    super(FactTable.DEFAULT);
  }
}

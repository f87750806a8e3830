package dev.sluice.lab.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.local.Home;
import dev.sluice.local.TestNarrator;
import dev.sluice.pipeline.FactTable;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run; {@code ./sluice chaos} makes longer ones. */
final class ChaosIT {

  private static final Duration DURATION = Duration.ofSeconds(45);

  @Test
  void nothingIsLostUnderRandomFaults(@TempDir Path dataDir) {
    long seed = Long.getLong("seed", System.nanoTime() % 1_000_000);
    FactTable table = seed % 2 == 0 ? FactTable.STRICT : FactTable.DEFAULT;
    System.out.println("Chaos with seed " + seed + " on " + table.tableName());

    ChaosRun.Report report =
        ChaosRun.run(dataDir, Home.locate(), table, seed, DURATION, new TestNarrator());

    System.out.println(report);
    assertThat(report.isPassed()).as(report.toString()).isTrue();
    assertThat(report.faults()).hasSizeGreaterThan(1);
    assertThat(report.changes()).isPositive();
  }
}

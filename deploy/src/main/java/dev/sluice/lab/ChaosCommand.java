package dev.sluice.lab;

import dev.sluice.SluiceException;
import dev.sluice.cli.AddedCommand;
import dev.sluice.cli.Console;
import dev.sluice.cli.ExitCode;
import dev.sluice.cli.TextTable;
import dev.sluice.lab.chaos.ChaosRun;
import dev.sluice.lab.chaos.ChaosRun.Survived;
import dev.sluice.local.DataDir;
import dev.sluice.local.Home;
import dev.sluice.pipeline.FactTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.DoubleSummaryStatistics;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice chaos}. */
@Command(
    name = "chaos",
    sortOptions = false,
    description = {
      "Runs a pipeline of its own under faults: adversarial writers, and faults at random but seeded"
          + " times: processes killed, frozen and restarted, networks cut, stalled, slow and resetting,"
          + " proxies and servers that answer ClickHouse's inserts in its place or not in time,"
          + " connectors restarted, paused and deleted, a second worker that joins and dies.",
      "",
      "At the end everything must have recovered by itself, and verify must find both tables"
          + " identical. Exit code 0 when they are."
    })
public final class ChaosCommand implements Callable<Integer>, AddedCommand {

  @Spec private CommandSpec spec;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "10",
      description = "How long the faults go on (default: ${DEFAULT-VALUE}).")
  private int minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Repeats the faults and changes of an earlier run, as far as timing lets it.")
  private Long seed;

  @Option(
      names = "--strict",
      description =
          "Write the strict fact table, and let updated_at repeat, go back and be set by hand.")
  private boolean strict;

  @Override
  public Integer call() throws IOException {
    long used = seed == null ? System.nanoTime() % 1_000_000 : seed;
    FactTable table = strict ? FactTable.STRICT : FactTable.DEFAULT;
    Console console = Console.standard();
    console.say("Chaos with seed " + used + " on " + table.tableName());
    Path directory = Files.createTempDirectory("sluice-chaos");
    ChaosRun.Report report;
    try {
      report =
          ChaosRun.run(directory, Home.locate(), table, used, Duration.ofMinutes(minutes), console);
    } catch (SluiceException e) {
      console.say("The logs are in " + directory.resolve("logs"));
      throw e;
    }
    console.endProgress();
    print(report);
    if (report.isPassed()) {
      DataDir.remove(directory);
      return 0;
    }
    console.say("Everything is kept in " + directory);
    return ExitCode.NOT_WELL;
  }

  private void print(ChaosRun.Report report) {
    TextTable table = new TextTable("FAULT", "TIMES", "RECOVERY MEAN", "WORST");
    new TreeMap<>(
            report.faults().stream()
                .collect(
                    Collectors.groupingBy(
                        Survived::fault, Collectors.summarizingDouble(Survived::recoverySeconds))))
        .forEach(
            (fault, seconds) ->
                table.row(
                    fault,
                    Long.toString(seconds.getCount()),
                    "%.1f s".formatted(seconds.getAverage()),
                    "%.1f s".formatted(seconds.getMax())));
    DoubleSummaryStatistics all =
        report.faults().stream().mapToDouble(Survived::recoverySeconds).summaryStatistics();
    PrintWriter out = spec.commandLine().getOut();
    out.print(table);
    out.printf(
        "%nSeed %d, %s: %,d changes, %d faults survived (worst recovery %.1f s), %,d rows at the"
            + " end: %d lost, %d doubled, %d stale, %d dead letters.%n",
        report.seed(),
        report.table().tableName(),
        report.changes(),
        all.getCount(),
        Math.max(0, all.getMax()),
        report.rows(),
        report.lost(),
        report.doubled(),
        report.stale(),
        report.deadLetters());
    out.flush();
  }
}

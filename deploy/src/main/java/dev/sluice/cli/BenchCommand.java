package dev.sluice.cli;

import dev.sluice.Narrator;
import dev.sluice.bench.FreshnessBench;
import dev.sluice.bench.SinkBench;
import dev.sluice.bench.SnapshotBench;
import dev.sluice.local.DataDir;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice bench …}: one subcommand per measurement, each beside a named rival. */
@Command(
    name = "bench",
    description =
        "Measures the pipeline on this machine, each figure beside a rival of the same run.",
    footer = {
      "",
      "In a source tree also, without servers:",
      "  ./sluice bench transform   the transform, beside the stock chain that gives the same row",
      "  ./sluice bench encoding    the sink's encoding, beside the official client's"
    })
final class BenchCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "snapshot",
      description =
          "Rows/s of the snapshot, beside COPY TO STDOUT and Debezium's out-of-the-box settings.")
  void snapshot(
      @Option(
              names = "--rows",
              paramLabel = "N",
              defaultValue = "1000000",
              description = "Visits to load (default: ${DEFAULT-VALUE}).")
          int rows)
      throws IOException {
    Console console = Console.standard();
    SnapshotBench.Result result =
        inTemporaryFolder(folder -> new SnapshotBench(folder, Home.locate(), console).run(rows));
    console.endProgress();
    double base = result.outOfTheBox().toFacts();
    TextTable table = new TextTable("WAY", "SECONDS", "ROWS/S", "TIMES OUT OF THE BOX");
    row(table, rows, "COPY TO STDOUT (the limit)", result.copy(), base);
    row(table, rows, "Sluice, to the topic", result.tuned().toTopic(), base);
    row(table, rows, "Sluice, to ClickHouse", result.tuned().toFacts(), base);
    row(table, rows, "out of the box, to the topic", result.outOfTheBox().toTopic(), base);
    row(table, rows, "out of the box, to ClickHouse", base, base);
    spec.commandLine().getOut().print(table);
    spec.commandLine().getOut().flush();
  }

  private static void row(TextTable table, int rows, String way, double seconds, double base) {
    table.row(
        way,
        "%.1f".formatted(seconds),
        "%,.0f".formatted(rows / seconds),
        "%.1f".formatted(base / seconds));
  }

  @Command(
      name = "freshness",
      description =
          "Commit to visibility of single updates, beside a direct insert into ClickHouse.")
  void freshness(
      @Option(
              names = "--tries",
              paramLabel = "N",
              defaultValue = "200",
              description = "Updates to measure (default: ${DEFAULT-VALUE}).")
          int tries)
      throws IOException {
    Console console = Console.standard();
    FreshnessBench.Result result = inTemporaryFolder(folder -> freshness(folder, tries, console));
    console.endProgress();
    TextTable table = new TextTable("COMMIT TO VISIBLE", "P50 MS", "P99 MS", "MAX MS");
    double[] update = result.update();
    double[] direct = result.directInsert();
    row(table, "UPDATE in Postgres", update);
    row(table, "INSERT into ClickHouse (the limit)", direct);
    table.row(
        "ratio",
        "%.1f".formatted(at(update, 0.5) / at(direct, 0.5)),
        "%.1f".formatted(at(update, 0.99) / at(direct, 0.99)),
        "%.1f".formatted(at(update, 1) / at(direct, 1)));
    spec.commandLine().getOut().print(table);
    spec.commandLine().getOut().flush();
  }

  private static FreshnessBench.Result freshness(Path folder, int tries, Narrator narrator) {
    LocalOptions options = LocalOptions.embedded(folder).with(100_000, FactTable.DEFAULT);
    try (LocalPipeline pipeline = new LocalPipeline(options, Home.locate(), narrator)) {
      pipeline.start();
      pipeline.register();
      pipeline.awaitSynced(narrator::progress);
      return new FreshnessBench(pipeline, narrator).run(tries);
    }
  }

  private static void row(TextTable table, String name, double[] millis) {
    table.row(
        name,
        "%.0f".formatted(at(millis, 0.5)),
        "%.0f".formatted(at(millis, 0.99)),
        "%.0f".formatted(at(millis, 1)));
  }

  @Command(
      name = "sink",
      description =
          "Rows/s of a sink that drains a full topic, beside the official sink and plain inserts.")
  void sink(
      @Option(
              names = "--rows",
              paramLabel = "N",
              defaultValue = "1000000",
              description = "Visits in each topic (default: ${DEFAULT-VALUE}).")
          int rows,
      @Option(
              names = "--sink-plugin",
              paramLabel = "DIR",
              description =
                  "The official ClickHouse sink's unpacked release, to be measured beside ours.")
          Path sinkPlugin)
      throws IOException {
    Console console = Console.standard();
    SinkBench.Result result =
        inTemporaryFolder(
            folder -> SinkBench.run(folder, Home.locate(), console, rows, sinkPlugin));
    console.endProgress();
    TextTable table =
        new TextTable("WAY", "SECONDS", "ROWS/S", "OF THE CEILING", "TIMES THE OFFICIAL SINK");
    for (SinkBench.Drain drain : result.drains()) {
      table.row(
          (drain.topic() + ", " + drain.sink() + " sink").toLowerCase().replace('_', ' '),
          "%.1f".formatted(drain.seconds()),
          "%,.0f".formatted(drain.rowsPerSecond()),
          "%.0f %%".formatted(100 * drain.rowsPerSecond() / result.ceiling()),
          result.drains().stream()
              .filter(d -> d.topic() == drain.topic() && d.sink() == LocalOptions.Sink.OFFICIAL)
              .map(d -> "%.1f".formatted(drain.rowsPerSecond() / d.rowsPerSecond()))
              .findAny()
              .orElse("not measured"));
    }
    table.row(
        "plain inserts (the ceiling)",
        "%.1f".formatted(rows / result.ceiling()),
        "%,.0f".formatted(result.ceiling()));
    spec.commandLine().getOut().print(table);
    spec.commandLine().getOut().flush();
  }

  private static double at(double[] sorted, double share) {
    return FreshnessBench.Result.percentile(sorted, share);
  }

  private static <T> T inTemporaryFolder(Function<Path, T> work) throws IOException {
    Path folder = Files.createTempDirectory("sluice-bench");
    try {
      return work.apply(folder);
    } finally {
      DataDir.remove(folder);
    }
  }
}

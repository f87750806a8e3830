package dev.sluice.lab;

import dev.sluice.Narrator;
import dev.sluice.cli.AddedCommand;
import dev.sluice.cli.Console;
import dev.sluice.cli.TextTable;
import dev.sluice.lab.bench.FreshnessBench;
import dev.sluice.lab.bench.LoadBench;
import dev.sluice.lab.bench.SinkBench;
import dev.sluice.lab.bench.StreamBench;
import dev.sluice.local.DataDir;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
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
public final class BenchCommand implements Runnable, AddedCommand {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "load",
      description =
          "Rows/s of the initial load: bulk, Debezium's snapshot with connect-configs and out of the"
              + " box, beside COPY TO STDOUT. Every way is compared value by value.")
  void load(
      @Option(
              names = "--rows",
              paramLabel = "N",
              defaultValue = "1000000",
              description = "Visits to load (default: ${DEFAULT-VALUE}).")
          int rows,
      @Option(
              names = "--ways",
              split = ",",
              paramLabel = "WAY",
              defaultValue = "BULK,SNAPSHOT,OUT_OF_THE_BOX",
              description = "Which ones: ${COMPLETION-CANDIDATES} (default: all).")
          Set<LoadBench.Way> ways)
      throws IOException {
    Console console = Console.standard();
    LoadBench.Result result =
        inTemporaryFolder(
            folder -> new LoadBench(folder, Home.locate(), console).run(rows, new TreeSet<>(ways)));
    console.endProgress();
    Double base = result.seconds().get(LoadBench.Way.OUT_OF_THE_BOX);
    TextTable table =
        new TextTable("WAY", "SECONDS", "ROWS/S", "OF ONE COPY", "TIMES OUT OF THE BOX");
    row(table, "COPY TO STDOUT", result, result.copy(), base);
    result.seconds().forEach((way, seconds) -> row(table, way.toString(), result, seconds, base));
    PrintWriter out = spec.commandLine().getOut();
    out.print(table);
    if (!result.residentBytes().isEmpty()) {
      out.println(
          result.residentBytes().entrySet().stream()
              .map(server -> "%s %d".formatted(server.getKey(), server.getValue() >> 20))
              .collect(Collectors.joining(", ", "Resident after the bulk load: ", " MiB")));
    }
    out.flush();
  }

  private static void row(
      TextTable table, String way, LoadBench.Result result, double seconds, Double base) {
    table.row(
        way,
        "%.1f".formatted(seconds),
        "%,.0f".formatted(result.rows() / seconds),
        "%.0f %%".formatted(100 * result.copy() / seconds),
        base == null ? "not measured" : "%.1f".formatted(base / seconds));
  }

  @Command(
      name = "stream",
      description =
          "Updates of single rows, each a transaction, at given rates: commit to ClickHouse, and CPU"
              + " seconds per million changes.")
  void stream(
      @Option(
              names = "--rates",
              split = ",",
              paramLabel = "N",
              defaultValue = "1000,5000,0",
              description =
                  "Changes/s, one run each; 0 is as fast as they go (default: ${DEFAULT-VALUE}).")
          List<Integer> rates,
      @Option(
              names = "--seconds",
              paramLabel = "S",
              defaultValue = "30",
              description = "How long each run commits (default: ${DEFAULT-VALUE}).")
          int seconds,
      @Option(
              names = "--replica-identity",
              split = ",",
              paramLabel = "FULL|DEFAULT",
              defaultValue = "FULL",
              description =
                  "What events hold of the row before the change, one series each (default:"
                      + " ${DEFAULT-VALUE}).")
          List<StreamBench.ReplicaIdentity> identities,
      @Option(
              names = "--sink-plugin",
              paramLabel = "DIR",
              description =
                  "The official ClickHouse sink's unpacked release, to be measured beside ours.")
          Path sinkPlugin)
      throws IOException {
    Console console = Console.standard();
    List<String> header = new ArrayList<>();
    List<List<String>> lines = new ArrayList<>();
    List<LocalOptions.Sink> sinks =
        sinkPlugin == null
            ? List.of(LocalOptions.Sink.BUNDLED)
            : List.of(LocalOptions.Sink.values());
    for (LocalOptions.Sink sink : sinks) {
      for (StreamBench.ReplicaIdentity identity : identities) {
        for (StreamBench.Result result :
            inTemporaryFolder(
                folder -> stream(folder, sink, sinkPlugin, identity, rates, seconds, console))) {
          header = new ArrayList<>(STREAM_COLUMNS);
          List<String> line =
              new ArrayList<>(
                  List.of(
                      sink.name().toLowerCase(),
                      identity.name(),
                      result.asked() == 0 ? "no limit" : "%,d".formatted(result.asked()),
                      "%,.0f".formatted(result.committed()),
                      "%,.0f".formatted(result.visible()),
                      "%,d".formatted(result.p50()),
                      "%,d".formatted(result.p99())));
          for (Map.Entry<String, Double> server : result.cpuSeconds().entrySet()) {
            header.add("CPU " + server.getKey().toUpperCase());
            line.add("%.0f".formatted(server.getValue()));
          }
          lines.add(line);
        }
      }
    }
    console.endProgress();
    TextTable table = new TextTable(header.toArray(String[]::new));
    lines.forEach(line -> table.row(line.toArray(String[]::new)));
    PrintWriter out = spec.commandLine().getOut();
    out.print(table);
    out.println("Rates in changes/s, P50 and P99 in ms, CPU in seconds per million changes.");
    out.flush();
  }

  private static final List<String> STREAM_COLUMNS =
      List.of("SINK", "IDENTITY", "ASKED", "COMMITTED", "VISIBLE", "P50", "P99");

  private static List<StreamBench.Result> stream(
      Path folder,
      LocalOptions.Sink sink,
      Path sinkPlugin,
      StreamBench.ReplicaIdentity identity,
      List<Integer> rates,
      int seconds,
      Narrator narrator) {
    int rows = 100_000;
    LocalOptions options = LocalOptions.embedded(folder).with(rows, FactTable.DEFAULT);
    if (sink == LocalOptions.Sink.OFFICIAL) {
      options = options.withOfficialSink(sinkPlugin);
    }
    try (LocalPipeline pipeline = new LocalPipeline(options, Home.locate(), narrator)) {
      pipeline.start();
      StreamBench.set(pipeline, identity);
      pipeline.load();
      pipeline.register();
      pipeline.awaitSynced(narrator::progress);
      StreamBench bench = new StreamBench(pipeline, narrator, rows);
      bench.run(0, 15); // The worker compiles its code meanwhile.
      return rates.stream().map(rate -> bench.run(rate, seconds)).toList();
    }
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

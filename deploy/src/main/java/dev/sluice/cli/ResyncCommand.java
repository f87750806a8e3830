package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.Resync;
import dev.sluice.verify.Verdict;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice resync}. */
@Command(
    name = "resync",
    sortOptions = false,
    description = {
      "Heals a gap in the stream, whatever its cause: a slot that is lost or was dropped, offsets that"
          + " do not fit it, a Postgres that was restored.",
      "",
      "Stops the source, makes its slot anew, forgets its offsets, starts it without a snapshot, and"
          + " compares the tables of all its routes then: what has changed in the gap is brought, and what was deleted"
          + " in it is marked as deleted. Readers of the fact table see rows of before the gap"
          + " meanwhile. Ended half-way, it can be run again.",
      "",
      "Exit codes: 0 both tables are identical, 1 they are not, 2 used wrongly, 3 could not tell."
    },
    footer = {"", "Examples:", "  ./sluice resync --yes     the pipeline of ./sluice up"})
final class ResyncCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Option(names = "--yes", description = "Do it without asking.")
  private boolean yes;

  @Override
  public Integer call() {
    Console console = Console.standard();
    List<TableRoute> routes = ofOneSource(options.routes(List.of()));
    PostgresAddress postgres = options.servers().postgres();
    try (ClickHouseClient clickHouse = new ClickHouseClient(options.servers().clickHouse())) {
      Resync resync =
          new Resync(
              routes,
              postgres,
              clickHouse,
              options.servers().connect(),
              options.servers().kafka(),
              console);
      resync.check();
      confirm(routes);
      List<Resync.Outcome> outcomes = resync.run();
      console.endProgress();
      outcomes.forEach(
          each ->
              spec.commandLine()
                  .getOut()
                  .println(Verdict.sentence(each.mapping(), each.result(), 100)));
      return ExitCode.worst(
          outcomes.stream().map(each -> ExitCode.of(Verdict.of(each.result()))).toList());
    } finally {
      console.endProgress();
    }
  }

  private static List<TableRoute> ofOneSource(List<TableRoute> routes) {
    List<String> sources = routes.stream().map(route -> route.source().name()).distinct().toList();
    if (sources.size() > 1) {
      throw new UsageException(
          "Each source has a slot of its own; choose with --source: " + String.join(", ", sources));
    }
    return routes;
  }

  private void confirm(List<TableRoute> routes) {
    TableRoute first = routes.get(0);
    String does =
        "The slot %s is made anew, and %s begins there; %s compared then, and what differs is fixed."
            .formatted(
                first.slot(),
                first.source().name(),
                routes.size() == 1
                    ? "both tables are"
                    : "all its %,d tables are".formatted(routes.size()));
    if (yes) {
      return;
    }
    if (System.console() == null) {
      throw new UsageException(does + " Add --yes where nobody can be asked.");
    }
    if (!"y".equalsIgnoreCase(System.console().readLine(does + " Go on? [y/N] "))) {
      throw new SluiceException("Nothing was done.");
    }
  }
}

package dev.sluice.cli;

import dev.sluice.catalogue.Sql;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.load.Reload;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.Registration;
import dev.sluice.pipeline.Registration.Change;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice load}. */
@Command(
    name = "load",
    sortOptions = false,
    description = {
      "Loads a table at COPY speed: makes the publication and the replication slot, copies the table"
          + " as it was at that moment straight into the fact table, and registers source and sink,"
          + " which go on from there.",
      "",
      "Readers and writers of the table notice nothing. Postgres keeps the WAL of what changes meanwhile: the load shows how much."
          + " A load that was ended by Ctrl-C or killed goes on where it was when the same command is"
          + " given again in time; one that fails for good leaves nothing behind.",
      "",
      "With --where or --since it reads some rows once more, beside a stream that runs."
    },
    footer = {
      "",
      "Exit codes: 0 loaded, 1 not.",
      "",
      "Examples:",
      "  ./sluice load                                    the first rows of connect-configs' pipeline",
      "  ./sluice load --source s.json --sink f.json      of another, not yet registered",
      "  ./sluice load --since 15m --column updated_at    what changed in the last quarter of an hour",
      "  ./sluice load --where \"country_code = 'FR'\"      the rows of a condition"
    })
final class LoadCommand implements Callable<Integer> {

  private static final Pattern DURATION = Pattern.compile("(\\d+)([smhd])");
  private static final Duration TASKS_LIMIT = Duration.ofSeconds(120);

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "2",
      description = "Connections to each database (default: ${DEFAULT-VALUE}).")
  private int parallel;

  @Option(
      names = "--chunk-size",
      paramLabel = "MB",
      defaultValue = "32",
      description =
          "How much of the Postgres table one INSERT takes, and is read again when it fails"
              + " (default: ${DEFAULT-VALUE}).")
  private int chunkMegabytes;

  @Option(
      names = "--server-timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long a server may be away (default: ${DEFAULT-VALUE}).")
  private int serverTimeoutSeconds;

  @Option(
      names = "--resume-window",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description =
          "How long Postgres holds the snapshot of a suspended load, so that the same"
              + " command can go on with it (default: ${DEFAULT-VALUE}).")
  private int resumeWindowSeconds;

  @Option(
      names = "--restart",
      description =
          "Begin again: empty the fact table first, whatever is in it. Never beside a running"
              + " stream.")
  private boolean restart;

  @Option(
      names = "--no-register",
      description =
          "Leave the connectors to somebody else; the source needs snapshot.mode=no_data.")
  private boolean noRegister;

  @Option(
      names = "--where",
      paramLabel = "SQL",
      description = "Read the rows of this condition once more, in Postgres's SQL.")
  private String where;

  @Option(
      names = "--since",
      paramLabel = "DURATION",
      description = "Read once more what --column says has changed since: 30s, 15m, 2h or 1d ago.")
  private String since;

  @Option(
      names = "--column",
      paramLabel = "NAME",
      description = "The Postgres column that --since is about, such as updated_at.")
  private String column;

  @Override
  public Integer call() {
    BulkLoad.Options how = how();
    String filter = filter();
    Console console = Console.standard();
    try (ClickHouseClient clickHouse = new ClickHouseClient(options.servers().clickHouse())) {
      TableRoute route = filter == null ? options.routeOrDefault() : options.route();
      PostgresAddress postgres = options.servers().postgres();
      if (filter == null) {
        first(route, postgres, clickHouse, how, console);
      } else {
        TableMapping tables = route.tables(postgres, clickHouse);
        console.say(
            FirstRows.report(Reload.run(postgres, clickHouse, tables, filter, how, console)));
      }
      return 0;
    } finally {
      console.endProgress();
    }
  }

  private void first(
      TableRoute route,
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      BulkLoad.Options how,
      Console console) {
    ConnectClient connect = options.servers().connect();
    List<ConnectorSpec> connectors = List.of(InitialLoad.streaming(route.source()), route.sink());
    Registration registration = new Registration(connect);
    List<Change> changes = List.of();
    if (!noRegister) {
      FirstRows.refuseRegistered(connect, route.source());
      changes = registration.changes(connectors);
      registration.refuseInvalid(changes);
    }
    InitialLoad load =
        FirstRows.checked(
            route, postgres, clickHouse, options.servers().dataDir(), how, restart, console);
    if (changes.stream().anyMatch(FirstRows::startsSink)) {
      registration.refuseUnstartable(route.sink(), TASKS_LIMIT);
    }
    console.say(FirstRows.report(FirstRows.run(load, route, postgres, restart, console)));
    FirstRows.createTopic(route, options.servers().kafka(), console::say);
    if (!noRegister) {
      FirstRows.createQueue(route.sink(), options.servers().kafka(), console::say);
    }
    registration.apply(
        changes,
        TASKS_LIMIT,
        FirstRows.forgotten(route, postgres, true, console::say),
        change -> console.say(change.spec().name() + ": all tasks run"));
    if (noRegister) {
      console.say(
          "The slot "
              + route.slot()
              + " keeps what changes from now on: register "
              + route.source().name()
              + " with snapshot.mode=no_data soon. Where Connect has had a source of that name, it"
              + " has kept its offsets, which are of another slot: ./sluice register --initial-load"
              + " bulk forgets them.");
    }
  }

  private BulkLoad.Options how() {
    if (parallel < 1 || chunkMegabytes < 1 || serverTimeoutSeconds < 0 || resumeWindowSeconds < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--parallel and --chunk-size must be 1 or more, --server-timeout and --resume-window 0 or more.");
    }
    return new BulkLoad.Options(
        parallel,
        (long) chunkMegabytes << 20,
        Duration.ofSeconds(serverTimeoutSeconds),
        Duration.ofSeconds(resumeWindowSeconds));
  }

  /** The condition that --where and --since make; null when all rows are meant. */
  private String filter() {
    if ((since == null) != (column == null)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--since and --column go together, such as: --since 15m --column updated_at");
    }
    if ((where != null || since != null) && (restart || noRegister)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--where and --since go neither with --restart nor with --no-register.");
    }
    if (since == null) {
      return where;
    }
    Matcher duration = DURATION.matcher(since);
    if (!duration.matches()) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--since " + since + ": must be a number with s, m, h or d, such as 15m.");
    }
    String unit =
        switch (duration.group(2)) {
          case "s" -> "seconds";
          case "m" -> "minutes";
          case "h" -> "hours";
          default -> "days";
        };
    String recent =
        Sql.name(column) + " >= now() - interval '" + duration.group(1) + " " + unit + "'";
    return where == null ? recent : "(" + where + ") AND " + recent;
  }
}

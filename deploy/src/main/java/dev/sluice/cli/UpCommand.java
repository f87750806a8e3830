package dev.sluice.cli;

import dev.sluice.Pause;
import dev.sluice.catalogue.TableName;
import dev.sluice.load.InitialLoad;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.LocalStack;
import dev.sluice.local.Run;
import dev.sluice.ops.OpsOptions;
import dev.sluice.ops.OpsServer;
import dev.sluice.ops.Overview.Problem;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.Health;
import dev.sluice.servers.PostgresAddress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice up}. */
@Command(
    name = "up",
    sortOptions = false,
    description = {
      "Runs the whole pipeline on this machine: Postgres, Kafka, Kafka Connect and ClickHouse, each a"
          + " process of its own, a table of visits, and the connectors between them.",
      "",
      "Runs until Ctrl-C, which stops every process it started and leaves the data: the next run"
          + " resumes. Everything binds 127.0.0.1."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice up                            100,000 visits and a small workload",
      "  ./sluice up --until-synced --json      to a verdict, for scripts",
      "  ./sluice up --fresh --rows 1000000     start over with a million",
      "  ./sluice up --postgres postgresql://me@db:5432/shop --table public.app_user_visits"
    })
final class UpCommand implements Callable<Integer> {

  private static final long WORKLOAD_MILLIS = 5_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Visits that the embedded Postgres starts with (default: ${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = ".sluice",
      description = "Where data, logs and ids are kept (default: ${DEFAULT-VALUE}).")
  private Path dataDir;

  @Option(names = "--fresh", description = "Remove what an earlier run left there, and start over.")
  private boolean fresh;

  @Option(
      names = "--until-synced",
      description =
          "Run the workload for a few seconds, wait until everything committed is visible, compare"
              + " every value, print a summary. Exit code 0 when identical, 1 when not.")
  private boolean untilSynced;

  @Option(
      names = "--json",
      description = "With --until-synced: print the summary as one JSON object on standard output.")
  private boolean json;

  @Option(names = "--no-workload", description = "Make no changes after the snapshot.")
  private boolean noWorkload;

  @Option(
      names = "--strict",
      description =
          "Write the strict fact table, for an updated_at that repeats, goes back or is set by hand.")
  private boolean strict;

  @Option(
      names = "--initial-load",
      paramLabel = "WAY",
      defaultValue = "bulk",
      description =
          "How the rows get to ClickHouse that the table holds at first: ${COMPLETION-CANDIDATES}"
              + " (default: bulk, by COPY; snapshot: by Debezium, through Kafka).")
  private InitialLoad.Way initialLoad;

  @Option(
      names = "--postgres",
      paramLabel = "URL",
      description =
          "Use a Postgres that runs: postgresql://user:password@host:port/database. No workload.")
  private String postgres;

  @Option(
      names = "--table",
      paramLabel = "SCHEMA.TABLE",
      defaultValue = LocalOptions.VISITS,
      converter = TableNameConverter.class,
      description = "The source table, of the visits' shape (default: ${DEFAULT-VALUE}).")
  private TableName table;

  @Option(
      names = "--clickhouse",
      paramLabel = "URL",
      description = "Use a ClickHouse that runs: http://user:password@host:port/database.")
  private String clickHouse;

  @Option(
      names = "--sink",
      paramLabel = "SINK",
      defaultValue = "bundled",
      description = "Which sink writes the facts: ${COMPLETION-CANDIDATES} (default: bundled).")
  private LocalOptions.Sink sink;

  @Option(
      names = "--sink-plugin",
      paramLabel = "DIR",
      description = "The official sink's unpacked plugin folder, for --sink official.")
  private Path sinkPlugin;

  @Option(
      names = "--postgres-port",
      paramLabel = "PORT",
      description = "Default: 5432 or next free.")
  private Integer postgresPort;

  @Option(
      names = "--clickhouse-port",
      paramLabel = "PORT",
      description = "Default: 8123 or next free.")
  private Integer clickHousePort;

  @Option(
      names = "--connect-port",
      paramLabel = "PORT",
      description = "Default: 8083 or next free.")
  private Integer connectPort;

  @Option(names = "--kafka-port", paramLabel = "PORT", description = "Default: 9092 or next free.")
  private Integer kafkaPort;

  @Option(
      names = "--ops-port",
      paramLabel = "PORT",
      description = "The operator's page. Default: 8080 or next free.")
  private Integer opsPort;

  @Option(
      names = "--allow-actions",
      description = "Let the operator's page act: see ./sluice ops --help.")
  private boolean allowActions;

  @Override
  public Integer call() throws Exception {
    if (json && !untilSynced) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--json goes with --until-synced: there is no summary without it.");
    }
    Console console = Console.standard();
    try (LocalPipeline pipeline = new LocalPipeline(options(), Home.locate(), console)) {
      try (OpsServer page = new OpsServer(page(pipeline.stack())).start()) {
        console.say("The operator's page is at " + page.address());
        return run(console, pipeline, page);
      } catch (RuntimeException e) {
        if (pipeline.isStopping()) {
          Thread.currentThread().join(); // Ctrl-C took the servers away: that is no failure.
        }
        throw e;
      }
    } finally {
      console.endProgress();
    }
  }

  private int run(Console console, LocalPipeline pipeline, OpsServer page) throws Exception {
    boolean workload = !noWorkload && postgres == null;
    Run run = new Run(pipeline, console);
    run.begin();
    if (workload) {
      run.startWorkload();
    }
    if (!untilSynced) {
      console.say(
          "\n" + endpoints(pipeline, page) + "\nCtrl-C stops everything and leaves the data.");
      stream(console, run, pipeline, page, Long.MAX_VALUE);
    }
    stream(console, run, pipeline, page, workload ? WORKLOAD_MILLIS : 0);
    Run.Summary summary = run.end();
    console.endProgress();
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? RunReport.json(summary) : RunReport.text(summary));
    out.flush();
    return summary.comparison().identical() ? 0 : ExitCode.NOT_WELL;
  }

  private LocalOptions options() {
    return new LocalOptions(
        dataDir,
        fresh,
        rows,
        strict ? FactTable.STRICT : FactTable.DEFAULT,
        sink,
        sinkPlugin,
        postgres == null ? null : PostgresAddress.parse(postgres, "--postgres"),
        table,
        clickHouse == null ? null : ClickHouseAddress.parse(clickHouse, "--clickhouse"),
        initialLoad,
        new LocalOptions.PortOptions(postgresPort, kafkaPort, connectPort, clickHousePort, opsPort),
        LocalOptions.Overrides.NONE);
  }

  private OpsOptions page(LocalStack stack) {
    return new OpsOptions(
        stack.connect(),
        stack.kafka(),
        stack.role(),
        stack.clickHouse(),
        "127.0.0.1",
        stack.opsPort(),
        allowActions,
        null,
        OpsOptions.Limits.DEFAULT);
  }

  private static void stream(
      Console console, Run run, LocalPipeline pipeline, OpsServer page, long millis) {
    Set<String> told = new HashSet<>();
    for (long left = millis; left > 0 && !pipeline.isStopping(); left -= 1000) {
      String line = run.streamLine();
      if (!pipeline.isStopping()) {
        console.progress(line);
        page.problems().forEach(problem -> tell(console, pipeline, problem, told));
      }
      Pause.millis(1000);
    }
  }

  /** Each once; and what a restart heals without a loss is restarted. */
  private static void tell(
      Console console, LocalPipeline pipeline, Problem problem, Set<String> told) {
    if (problem.state() != Health.FAILED || !told.add(problem.text())) {
      return;
    }
    console.say(problem.text() + " " + problem.cure());
    if (problem.part().equals("topic") && "restart".equals(problem.action())) {
      console.say("Restarting " + problem.connector());
      pipeline.connect().restart(problem.connector(), false);
    }
  }

  private static String endpoints(LocalPipeline pipeline, OpsServer page) {
    LocalStack stack = pipeline.stack();
    PostgresAddress pg = stack.postgres();
    ClickHouseAddress ch = stack.clickHouse();
    String view = pipeline.options().factTable().currentView();
    return new TextTable("SERVER", "ADDRESS", "USER", "CONNECT WITH")
        .row(
            "Postgres",
            pg.host() + ":" + pg.port(),
            pg.user(),
            "psql -h %s -p %d -U %s %s".formatted(pg.host(), pg.port(), pg.user(), pg.database()))
        .row(
            "ClickHouse",
            ch.url(),
            ch.user(),
            "curl '%s/?database=%s' -d 'SELECT count() FROM %s'"
                .formatted(ch.url(), ch.database(), view))
        .row(
            "Connect",
            stack.connect().toString(),
            "-",
            "./sluice status --connect " + stack.connect())
        .row("Kafka", stack.kafka(), "-", "bootstrap.servers=" + stack.kafka())
        .row("Page", page.address().toString(), "-", "a browser")
        .toString();
  }
}

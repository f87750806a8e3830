package dev.sluice.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions.Sink;
import dev.sluice.pipeline.Registration;
import dev.sluice.pipeline.Registration.Action;
import dev.sluice.pipeline.Registration.Change;
import dev.sluice.pipeline.Registration.SettingChange;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.Topology;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.SettingError;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Secrets;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./sluice register}. */
@Command(
    name = "register",
    description = {
      "Brings connectors to their configuration files: creates what is missing, updates what"
          + " differs, leaves the rest alone. Running it twice changes nothing the second time.",
      "",
      "Every setting is validated by the worker's own plugins before anything is changed."
    })
final class RegisterCommand implements Callable<Integer> {

  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(60);

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions servers;

  @Parameters(
      paramLabel = "FILE",
      description =
          "Connector files: {\"name\": …, \"config\": {…}}, or names of those in connect-configs."
              + " Without any: source.json and a sink of"
              + " connect-configs, the bundled one unless --sink says otherwise.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--sink",
      paramLabel = "SINK",
      defaultValue = "${env:SLUICE_SINK}",
      description =
          "Which sink of connect-configs writes the facts: ${COMPLETION-CANDIDATES} (SLUICE_SINK)."
              + " The other one is removed, as both write the same table. Not with FILE.")
  private Sink sink;

  @Option(
      names = "--overlay",
      paramLabel = "FILE",
      description =
          "Settings {\"config\": {…}} put over every sink among the files, such as"
              + " connect-configs/strict.json.")
  private Path overlay;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "One setting put over every connector among the files that has it. May be repeated.")
  private Map<String, String> settings = Map.of();

  @Option(
      names = "--initial-load",
      paramLabel = "WAY",
      defaultValue = "snapshot",
      description =
          "How the rows get to ClickHouse that the table holds before: ${COMPLETION-CANDIDATES}"
              + " (default: snapshot, by Debezium; bulk: as ./sluice load, with the source and the"
              + " sink among the files).")
  private InitialLoad.Way initialLoad;

  @Option(names = "--dry-run", description = "Show the change and the validation; apply nothing.")
  private boolean dryRun;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long to wait until all tasks run (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    ConnectClient client = servers.connect(SERVER_TIMEOUT);
    Registration registration = new Registration(client);
    List<ConnectorSpec> specs = specs();
    boolean bulk = initialLoad == InitialLoad.Way.BULK;
    Connector registered = bulk ? client.connectors().get(only(specs, false).name()) : null;
    // A source that began with a snapshot keeps it: it may not be over yet.
    if (bulk && (registered == null || InitialLoad.isStreaming(registered.config()))) {
      specs = specs.stream().map(InitialLoad::streaming).toList();
    }
    List<Change> changes = registration.changes(specs);
    changes.forEach(change -> print(out, change));
    String replaced = replacedSink(client);
    if (replaced != null) {
      out.println(replaced + ": remove");
    }
    if (!valid(out, registration, changes)) {
      return ExitCode.NOT_WELL;
    }
    if (dryRun) {
      out.println("Nothing was changed (--dry-run).");
      return 0;
    }
    Predicate<JsonNode> forgotten = Registration.KEEP_OFFSETS;
    if (bulk && registered == null) {
      forgotten = load(specs, registration, changes);
    }
    if (replaced != null) {
      client.delete(replaced);
    }
    specs.stream()
        .filter(ConnectorSpec::isSink)
        .forEach(sink -> FirstRows.createQueue(sink, servers.kafka(), out::println));
    registration.apply(
        changes,
        Duration.ofSeconds(timeoutSeconds),
        forgotten,
        change -> out.println(change.spec().name() + ": all tasks run"));
    return 0;
  }

  /** Returns which offsets the source must not go on from. */
  private Predicate<JsonNode> load(
      List<ConnectorSpec> specs, Registration registration, List<Change> changes) {
    Console console = Console.standard();
    TableRoute route = route(only(specs, false), only(specs, true));
    if (InitialLoad.isDone(servers.postgres(), route.slot())) {
      console.say("The slot " + route.slot() + " is there: the table has been loaded");
      return FirstRows.forgotten(route, servers.postgres(), false, console::say);
    }
    try (ClickHouseClient clickHouse = new ClickHouseClient(servers.clickHouse())) {
      InitialLoad load =
          FirstRows.checked(
              route,
              servers.postgres(),
              clickHouse,
              servers.dataDir(),
              BulkLoad.Options.DEFAULT,
              false,
              console);
      if (changes.stream().anyMatch(FirstRows::startsSink)) {
        registration.refuseUnstartable(route.sink(), Duration.ofSeconds(timeoutSeconds));
      }
      console.say(FirstRows.report(FirstRows.run(load, route, servers.postgres(), false, console)));
      FirstRows.createTopic(route, servers.kafka(), console::say);
      return FirstRows.forgotten(route, servers.postgres(), true, console::say);
    } finally {
      console.endProgress();
    }
  }

  private TableRoute route(ConnectorSpec source, ConnectorSpec sink) {
    Topology topology = new Topology(List.of(source, sink), servers.references(null), Set::of);
    return topology.route(source, sink, topology.topics(sink).get(0));
  }

  private static ConnectorSpec only(List<ConnectorSpec> specs, boolean sink) {
    List<ConnectorSpec> found = specs.stream().filter(spec -> spec.isSink() == sink).toList();
    if (found.size() != 1) {
      throw new SluiceException(
          "--initial-load bulk needs one source and one sink among the files; load one pipeline"
              + " after the other.");
    }
    return found.get(0);
  }

  private List<ConnectorSpec> specs() {
    List<ConnectorSpec> specs = new ArrayList<>();
    for (ConnectorSpec connector : chosen()) {
      if (overlay != null && connector.isSink()) {
        connector = connector.with(overlay);
      }
      specs.add(connector.withKnown(settings));
    }
    for (String setting : settings.keySet()) {
      if (specs.stream().noneMatch(s -> s.config().containsKey(setting))) {
        throw new SluiceException(
            "--set "
                + setting
                + ": none of the connectors has this setting; it stands in no file.");
      }
    }
    return specs;
  }

  /** The file, or the one of connect-configs that is called so. */
  private static Path located(Path file) {
    if (Files.exists(file) || file.getParent() != null) {
      return file;
    }
    Path ours = Home.locate().configs().resolve(file);
    return Files.exists(ours) ? ours : file;
  }

  private List<ConnectorSpec> chosen() {
    if (!files.isEmpty()) {
      return files.stream().map(RegisterCommand::located).map(ConnectorSpec::read).toList();
    }
    Home home = Home.locate();
    Sink chosen = sink == null ? Sink.BUNDLED : sink;
    return List.of(
        ConnectorSpec.read(home.configs().resolve("source.json")), chosen.connector(home));
  }

  /** The sink of connect-configs that has to make room; null when none has. */
  private String replacedSink(ConnectClient client) {
    if (!files.isEmpty() || sink == null) {
      return null;
    }
    String other = sink.other().connector(Home.locate()).name();
    return client.connectors().containsKey(other) ? other : null;
  }

  private static boolean valid(PrintWriter out, Registration registration, List<Change> changes) {
    boolean valid = true;
    for (Change change : changes) {
      for (SettingError error : registration.validate(change.spec())) {
        valid = false;
        String value = change.spec().config().getOrDefault(error.setting(), "");
        out.println(
            change.spec().name()
                + ": "
                + error.setting()
                + " = "
                + Secrets.masked(error.setting(), value));
        error.errors().forEach(message -> out.println("    " + message));
      }
    }
    return valid;
  }

  private static void print(PrintWriter out, Change change) {
    out.println(change.spec().name() + ": " + change.action().name().toLowerCase());
    if (change.action() == Action.UPDATE) {
      for (SettingChange setting : change.settings()) {
        out.println(
            "    "
                + setting.setting()
                + ": "
                + Secrets.masked(setting.setting(), setting.from())
                + " -> "
                + Secrets.masked(setting.setting(), setting.to()));
      }
    }
  }
}

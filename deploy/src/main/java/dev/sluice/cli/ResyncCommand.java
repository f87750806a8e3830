package dev.sluice.cli;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.connect.Registration;
import dev.sluice.load.InitialLoad;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.LsnBase;
import dev.sluice.pipeline.PostgresAddress;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.verify.Reconciliation;
import dev.sluice.verify.TableComparison;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
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
          + " compares both tables then: what has changed in the gap is brought, and what was deleted"
          + " in it is marked as deleted. Readers of the fact table see rows of before the gap"
          + " meanwhile. Ended half-way, it can be run again.",
      "",
      "Exit codes: 0 both tables are identical, 1 they are not, 2 used wrongly, 3 could not tell."
    },
    footer = {"", "Examples:", "  ./sluice resync --yes     the pipeline of ./sluice up"})
final class ResyncCommand implements Callable<Integer> {

  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
  private static final Duration TASKS_LIMIT = Duration.ofSeconds(120);
  private static final Duration BARRIER_LIMIT = Duration.ofSeconds(120);

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Option(names = "--yes", description = "Do it without asking.")
  private boolean yes;

  @Override
  public Integer call() {
    Console console = Console.standard();
    TableRoute route = options.route();
    PostgresAddress postgres = options.servers().postgres();
    ConnectClient connect = options.servers().connect();
    try (ClickHouse clickHouse = new ClickHouse(options.servers().clickHouse());
        TopicLag lag =
            new TopicLag(options.servers().kafka(), route.topic(), route.sink().name())) {
      TableMapping mapping = route.tables(postgres, clickHouse);
      refuseHopeless(route, mapping, postgres, connect);
      confirm(route);
      restart(route, postgres, clickHouse, connect, lag, console);
      // The base of positions may be another one.
      mapping = options.route().tables(postgres, clickHouse);
      TableComparison comparison =
          new TableComparison(
              postgres,
              clickHouse,
              mapping,
              options.barrier(route, lag, BARRIER_LIMIT, console::progress),
              console::progress,
              100,
              Reconciliation.LIMIT);
      TableComparison.Result result =
          new Reconciliation(postgres, clickHouse, mapping, comparison, console).run();
      console.endProgress();
      spec.commandLine().getOut().println(Verdict.sentence(mapping, result, 100));
      return Verdict.code(result);
    } finally {
      console.endProgress();
    }
  }

  /** What would only show when the old slot is gone. */
  private static void refuseHopeless(
      TableRoute route, TableMapping mapping, PostgresAddress postgres, ConnectClient connect) {
    List<String> others = new SingleTable(route).others(postgres);
    if (!others.isEmpty()) {
      throw new SluiceException(
          route.source().name()
              + " streams other tables too: a new slot leaves a gap in each, and only one would be"
              + " healed. Others: "
              + String.join(", ", others));
    }
    String refusal = InitialLoad.refusal(mapping);
    if (refusal != null) {
      throw new SluiceException(refusal + ". Rows of the gap could not be brought.");
    }
    if (!connect.connectors().containsKey(route.source().name())) {
      throw new SluiceException(
          route.source().name() + " is not registered: there is no stream to heal.");
    }
  }

  private void confirm(TableRoute route) {
    String does =
        "The slot %s is made anew, and %s begins there; both tables are compared then, and what differs is mended."
            .formatted(route.slot(), route.source().name());
    if (yes) {
      return;
    }
    if (System.console() == null) {
      throw new SluiceException(does + " Add --yes where nobody can be asked.");
    }
    if (!"y".equalsIgnoreCase(System.console().readLine(does + " Go on? [y/N] "))) {
      throw new SluiceException("Nothing was done.");
    }
  }

  /** From the source's stop to its new beginning. */
  private void restart(
      TableRoute route,
      PostgresAddress postgres,
      ClickHouse clickHouse,
      ConnectClient connect,
      TopicLag lag,
      Console console) {
    String source = route.source().name();
    console.say("Stopping " + source);
    connect.stop(source);
    await(
        () -> isStopped(connect.connectors().get(source)),
        source
            + " does not stop within "
            + STOP_LIMIT.toSeconds()
            + " s: look at the worker's log.");
    raiseBase(route, postgres, clickHouse, connect, lag, console);
    console.say("Making the slot " + route.slot() + " anew");
    renewSlot(route.slot(), postgres);
    connect.resetOffsets(source);
    ConnectorSpec registered = new ConnectorSpec(source, connect.connectors().get(source).config());
    connect.put(InitialLoad.streaming(registered));
    connect.resume(source);
    await(
        () -> connect.connectors().get(source).connector().state().equals("RUNNING"),
        source + " does not start again: look at ./sluice status.");
    Registration registration = new Registration(connect);
    registration.apply(
        registration.changes(List.of(InitialLoad.streaming(registered))),
        TASKS_LIMIT,
        change -> console.say(source + " reads from it"));
  }

  /**
   * Where versions are positions in the WAL of another server, those of this one are lifted above
   * them. What the other server has sent must have been read by then.
   */
  private static void raiseBase(
      TableRoute route,
      PostgresAddress postgres,
      ClickHouse clickHouse,
      ConnectClient connect,
      TopicLag lag,
      Console console) {
    FactMapping mapping = route.mapping();
    if (!mapping.isVersionedByLsn()
        || requiredBase(route, postgres, clickHouse) == mapping.lsnBase()) {
      return;
    }
    console.say(
        "Versions in " + route.factTable() + " are positions of another server, above this one's");
    await(
        () -> lag.recordsBefore(lag.ends()) == 0,
        route.sink().name()
            + " has not read what the other server sent within "
            + STOP_LIMIT.toSeconds()
            + " s: look at ./sluice status.");
    long base = requiredBase(route, postgres, clickHouse);
    String transforming = route.extracting().name();
    connect.put(
        new ConnectorSpec(
            transforming,
            FactMapping.withLsnBase(
                connect.connectors().get(transforming).config(), route.topic(), base)));
    console.say("%s adds %d to every position (lsn.base)".formatted(transforming, base));
  }

  private static long requiredBase(
      TableRoute route, PostgresAddress postgres, ClickHouse clickHouse) {
    FactMapping mapping = route.mapping();
    return LsnBase.required(
        postgres, clickHouse, route.factTable(), mapping.versionField(), mapping.lsnBase());
  }

  private static boolean isStopped(Connector connector) {
    return connector.connector().state().equals("STOPPED") && connector.tasks().isEmpty();
  }

  private static void renewSlot(String slot, PostgresAddress postgres) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      String named = "slot_name = " + Sql.text(slot);
      await(
          () -> !is(statement, "SELECT bool_or(active) FROM pg_replication_slots WHERE " + named),
          "Somebody else reads from the slot " + slot + ": it is not dropped.");
      statement.execute(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE " + named);
      statement.execute(
          "SELECT pg_create_logical_replication_slot(" + Sql.text(slot) + ", 'pgoutput')");
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  private static boolean is(Statement statement, String question) {
    try (ResultSet row = statement.executeQuery(question)) {
      row.next();
      return row.getBoolean(1);
    } catch (SQLException e) {
      throw new SluiceException("Postgres: " + e.getMessage(), e);
    }
  }

  private static void await(BooleanSupplier condition, String otherwise) {
    long end = System.nanoTime() + STOP_LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new SluiceException(otherwise);
      }
      Pause.millis(100);
    }
  }
}

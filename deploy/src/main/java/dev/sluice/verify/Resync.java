package dev.sluice.verify;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.TableName;
import dev.sluice.load.InitialLoad;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.LsnBase;
import dev.sluice.pipeline.Registration;
import dev.sluice.pipeline.SingleTable;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Heals a gap in a source's stream, whatever its cause: a new slot, no offsets, no snapshot, and
 * then the tables of all its routes are compared and what differs is fixed, the deletes of the gap
 * included.
 *
 * <p>Failure semantics: {@link #check} looks at what would only show when the old slot is gone, and
 * changes nothing. Nothing is retried; ended half-way, {@link #run} can be run again.
 */
public final class Resync {

  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
  private static final Duration TASKS_LIMIT = Duration.ofSeconds(120);
  private static final Duration BARRIER_LIMIT = Duration.ofSeconds(120);

  private final List<TableRoute> routes;
  private final ConnectorSpec source;
  private final PostgresAddress postgres;
  private final ClickHouseClient clickHouse;
  private final ConnectClient connect;
  private final String kafka;
  private final Narrator narrator;

  /** What came of one route: its tables, and their last comparison. */
  public record Outcome(TableMapping mapping, TableComparison.Result result) {}

  /**
   * @param routes all that one source feeds
   * @param kafka bootstrap servers
   */
  public Resync(
      List<TableRoute> routes,
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      ConnectClient connect,
      String kafka,
      Narrator narrator) {
    this.routes = List.copyOf(routes);
    this.source = routes.get(0).source();
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.connect = connect;
    this.kafka = kafka;
    this.narrator = narrator;
  }

  /**
   * Looks whether the gap could be healed.
   *
   * @throws SluiceException when not, with the reason
   */
  public void check() {
    if (!connect.connectors().containsKey(source.name())) {
      throw new SluiceException(source.name() + " is not registered: there is no stream to heal.");
    }
    List<String> others = new ArrayList<>(new SingleTable(routes.get(0)).others(postgres));
    others.removeAll(routes.stream().map(TableRoute::table).map(TableName::toString).toList());
    if (!others.isEmpty()) {
      throw new SluiceException(
          source.name()
              + " streams tables that no sink here brings to a fact table: a new slot leaves a gap"
              + " in each, and they would not be healed: "
              + String.join(", ", others));
    }
    for (TableRoute route : routes) {
      String refusal = InitialLoad.refusal(route.tables(postgres, clickHouse));
      if (refusal != null) {
        throw new SluiceException(refusal + ". Rows of the gap could not be brought.");
      }
    }
  }

  /** Heals. The outcomes are in the order of the routes. */
  public List<Outcome> run() {
    String name = source.name();
    narrator.say("Stopping " + name);
    connect.stop(name);
    await(
        () -> isStopped(connect.connectors().get(name)),
        name + " does not stop within " + STOP_LIMIT.toSeconds() + " s: look at the worker's log.");
    raiseBases();
    narrator.say("Making the slot " + slot() + " anew");
    renewSlot();
    connect.resetOffsets(name);
    start();
    return routes.stream().map(this::reconciled).toList();
  }

  private String slot() {
    return routes.get(0).slot();
  }

  private static boolean isStopped(Connector connector) {
    return connector.connector().state().equals("STOPPED") && connector.tasks().isEmpty();
  }

  private void start() {
    ConnectorSpec streaming = InitialLoad.streaming(registered(source.name()));
    connect.put(streaming);
    connect.resume(source.name());
    await(
        () -> connect.connectors().get(source.name()).connector().state().equals("RUNNING"),
        source.name() + " does not start again: look at ./sluice status.");
    Registration registration = new Registration(connect);
    registration.apply(
        registration.changes(List.of(streaming)),
        TASKS_LIMIT,
        change -> narrator.say(source.name() + " reads from it"));
  }

  private ConnectorSpec registered(String name) {
    return new ConnectorSpec(name, connect.connectors().get(name).config());
  }

  /**
   * Where versions are positions in the WAL of another server, those of this one are lifted above
   * them. What the other server has sent must have been read by then.
   */
  private void raiseBases() {
    Map<String, Map<String, String>> changed = new HashMap<>();
    for (TableRoute route : routes) {
      FactMapping mapping = route.mapping();
      if (!mapping.isVersionedByLsn() || requiredBase(route) == mapping.lsnBase()) {
        continue;
      }
      narrator.say(
          "Versions in "
              + route.factTable()
              + " are positions of another server, above this one's");
      awaitRead(route);
      String name = route.extracting().name();
      Map<String, String> config =
          changed.getOrDefault(name, connect.connectors().get(name).config());
      // Of tables that share a transform the highest counts.
      long base = Math.max(requiredBase(route), FactMapping.of(config, route.topic()).lsnBase());
      changed.put(name, FactMapping.withLsnBase(config, route.topic(), base));
      narrator.say("%s adds %d to every position (lsn.base)".formatted(name, base));
    }
    changed.forEach((name, config) -> connect.put(new ConnectorSpec(name, config)));
  }

  private long requiredBase(TableRoute route) {
    FactMapping mapping = route.mapping();
    return LsnBase.required(
        postgres, clickHouse, route.factTable(), mapping.versionField(), mapping.lsnBase());
  }

  private void awaitRead(TableRoute route) {
    try (TopicLag lag = new TopicLag(kafka, route.topic(), route.sink().name())) {
      await(
          () -> lag.recordsBefore(lag.ends()) == 0,
          route.sink().name()
              + " has not read what the other server sent within "
              + STOP_LIMIT.toSeconds()
              + " s: look at ./sluice status.");
    }
  }

  private void renewSlot() {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      String named = "slot_name = " + Sql.text(slot());
      await(
          () -> !is(statement, "SELECT bool_or(active) FROM pg_replication_slots WHERE " + named),
          "Somebody else reads from the slot " + slot() + ": it is not dropped.");
      statement.execute(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE " + named);
      statement.execute(
          "SELECT pg_create_logical_replication_slot(" + Sql.text(slot()) + ", 'pgoutput')");
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

  private Outcome reconciled(TableRoute route) {
    // The base of positions may be another one than when the route was read.
    TableRoute now =
        new TableRoute(
            registered(route.source().name()),
            registered(route.sink().name()),
            route.topic(),
            route.table(),
            route.factTable());
    try (TopicLag lag = new TopicLag(kafka, route.topic(), route.sink().name())) {
      TableMapping mapping = now.tables(postgres, clickHouse);
      TableComparison comparison =
          new TableComparison(
              postgres,
              clickHouse,
              mapping,
              PipelineBarrier.of(now, postgres, connect, lag, BARRIER_LIMIT, narrator::progress),
              narrator::progress,
              100,
              Reconciliation.LIMIT);
      return new Outcome(
          mapping, new Reconciliation(postgres, clickHouse, mapping, comparison, narrator).run());
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

package dev.sluice.local;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.doctor.TableReview;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.Endpoints;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.Publication;
import dev.sluice.pipeline.Registration;
import dev.sluice.pipeline.Registration.Change;
import dev.sluice.pipeline.SyncPoint;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.pipeline.Topics;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.TableComparison;
import dev.sluice.verify.TableComparison.Barrier;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * One table's whole way on this machine: the servers, the source table, the fact table, source and
 * sink connector.
 *
 * <p>Failure semantics: what cannot be started or registered ends {@link #start} with a {@link
 * SluiceException} and nothing is left running. After that, servers are restarted by their {@link
 * Supervisor}s, connectors retry by themselves, and {@link #refuseFailed} tells when one gave up.
 */
public final class LocalPipeline implements AutoCloseable {

  private static final Duration TASKS_LIMIT = Duration.ofSeconds(120);
  private static final Duration REBALANCE_LIMIT = Duration.ofSeconds(60);
  private static final String SLOT = "sluice";
  private static final int MOST_SHOWN = 10;

  private final LocalOptions options;
  private final Home home;
  private final Narrator narrator;
  private final DataDir dataDir;
  private final LocalStack stack;
  private final ConnectorSpec sink;
  private final ConnectClient connect;
  private final Thread shutdownHook = new Thread(this::stopForSignal, "stop");
  private ConnectorSpec source;
  private ClickHouseClient clickHouse;
  private TopicLag lag;
  private boolean loaded;
  private boolean closed;

  /** Opens the data directory and chooses ports; starts nothing. */
  public LocalPipeline(LocalOptions options, Home home, Narrator narrator) {
    this.options = options;
    this.home = home;
    this.narrator = narrator;
    this.source =
        ConnectorSpec.read(home.configs().resolve("source.json"))
            .with(filter())
            .with(options.overrides().source());
    this.sink = sinkSpec();
    this.dataDir = DataDir.open(options.dataDir());
    try {
      Supervisor.stopLeftovers(dataDir, narrator::say);
      if (options.fresh()) {
        dataDir.clear();
      }
      refuseOtherPipeline();
      this.stack = new LocalStack(options, home, dataDir, narrator);
      this.connect = new ConnectClient(stack.connect(), REBALANCE_LIMIT);
    } catch (RuntimeException e) {
      dataDir.close();
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(shutdownHook);
  }

  /** Starts the servers and makes both tables. */
  public void start() {
    refuseUnreachable();
    narrator.progress("Starting the servers");
    stack.start();
    new Endpoints(
            stack.connect().toString(),
            stack.kafka(),
            stack.role().url(),
            stack.clickHouse().urlOfDatabase(),
            options.table())
        .write(options.dataDir());
    clickHouse = new ClickHouseClient(stack.clickHouse());
    lag = new TopicLag(stack.kafka(), topic(), sink.name());
    if (options.postgres() == null) {
      narrator.progress("Creating the visits");
      if (Visits.create(stack.postgres(), options.rows())) {
        narrator.say("Created %,d visits in Postgres".formatted(options.rows()));
      }
    }
    if (options.postgres() != null) {
      refuseOtherShape(clickHouse);
    }
    Publication.add(stack.postgres(), options.table(), home.publicationSql())
        .forEach(narrator::say);
    if (options.postgres() == null) {
      execute(stack.postgres(), home.roleSql());
    }
    clickHouse.execute(home.sql(options.factTable()));
  }

  /**
   * Brings the rows that the source table holds, unless it has been done or Debezium is to do it
   * once {@link #register} has been called.
   *
   * @return what was loaded; empty when nothing was
   */
  public Optional<BulkLoad.Result> load() {
    Connector registered = connect.connectors().get(source.name());
    if (registered != null) {
      // It goes on as it began: a snapshot that is not yet over must not be cut off.
      String mode = registered.config().get(InitialLoad.SNAPSHOT_MODE);
      source = source.with(Map.of(InitialLoad.SNAPSHOT_MODE, mode));
      return Optional.empty();
    }
    new TableReview(
            stack.role(),
            clickHouse,
            source.config(),
            FactMapping.of(sink.config(), topic()),
            options.table(),
            options.factTable().tableName())
        .refuseLoss();
    if (options.initialLoad() == InitialLoad.Way.SNAPSHOT) {
      return Optional.empty();
    }
    Optional<BulkLoad.Result> loaded = Optional.empty();
    if (!InitialLoad.isDone(stack.role(), SLOT)) {
      TableMapping mapping = mapping();
      String refusal = InitialLoad.refusal(mapping);
      if (refusal != null) {
        narrator.say(refusal + ". Debezium's snapshot reads the table instead.");
        return Optional.empty();
      }
      loaded =
          Optional.of(
              new InitialLoad(
                      stack.role(),
                      clickHouse,
                      mapping,
                      SLOT,
                      options.dataDir(),
                      // The servers stop with this process: nobody could go on.
                      BulkLoad.Options.DEFAULT.withResumeWindow(Duration.ZERO),
                      narrator)
                  .run(false));
    }
    this.loaded = loaded.isPresent();
    source = InitialLoad.streaming(source);
    Topics.createForChanges(stack.kafka(), topic(), source.config());
    return loaded;
  }

  /** Registers source and sink and returns when all their tasks run. */
  public void register() {
    narrator.progress("Registering source and sink");
    Registration registration = new Registration(connect);
    String other = options.sink().other().connector(home).name();
    if (connect.connectors().containsKey(other)) {
      connect.delete(other);
      narrator.say(other + ": removed, " + sink.name() + " takes its place");
    }
    List<Change> changes = registration.changes(List.of(source, sink));
    registration.refuseInvalid(changes);
    Topics.createForDeadLetters(stack.kafka(), sink.config());
    registration.apply(
        changes,
        TASKS_LIMIT,
        // Connect keeps those of a source that was removed, and a load has made a new slot.
        offsets -> loaded,
        change ->
            narrator.say(
                "%s: %s, all tasks run"
                    .formatted(change.spec().name(), change.action().name().toLowerCase())));
  }

  /** Returns when everything committed to Postgres before the call is visible in ClickHouse. */
  public void awaitSynced(Consumer<String> progress) {
    new SyncPoint(stack.role(), SLOT).awaitPassed(lag, this::refuseFailed, progress);
  }

  /** Compares the source table with the fact table, value by value; both have to be at rest. */
  public TableComparison.Result compare() {
    return new TableComparison(
            stack.role(), clickHouse, mapping(), Barrier.NONE, narrator::progress, 100, MOST_SHOWN)
        .compare();
  }

  /** Both tables, column by column. */
  public TableMapping mapping() {
    return mapping(settings -> settings);
  }

  /** The same, had the transform been told otherwise. */
  public TableMapping mapping(UnaryOperator<FactMapping> otherwise) {
    try (Connection connection = stack.role().connect()) {
      return TableMapping.of(
          otherwise.apply(FactMapping.of(sink.config(), topic())),
          SourceModes.of(source.config()),
          connection,
          options.table(),
          clickHouse,
          options.factTable().tableName());
    } catch (SQLException e) {
      throw stack.role().failed(e);
    }
  }

  /**
   * @throws SluiceException with the cause when a connector or task has failed
   */
  public void refuseFailed() {
    Map<String, Connector> connectors;
    try {
      connectors = new ConnectClient(stack.connect(), Duration.ZERO).connectors();
    } catch (ConnectClient.Unreachable | SluiceException e) {
      return; // The worker is being restarted or rebalances: its tasks have not given up.
    }
    for (Connector connector : connectors.values()) {
      connector
          .firstFailed()
          .ifPresent(
              part -> {
                throw new SluiceException(
                    connector.name() + " failed: " + Health.rootCause(part.trace()));
              });
    }
  }

  /** The servers. */
  public LocalStack stack() {
    return stack;
  }

  /** The Connect worker's REST API. */
  public ConnectClient connect() {
    return connect;
  }

  /** Queries to the fact table's server. */
  public ClickHouseClient clickHouse() {
    return clickHouse;
  }

  /** Source and sink as they are registered. */
  public List<ConnectorSpec> connectors() {
    return List.of(source, sink);
  }

  /** How far the sink has come. */
  public TopicLag lag() {
    return lag;
  }

  /** The options that this pipeline was made with. */
  public LocalOptions options() {
    return options;
  }

  /** Rows in the fact table, versions of one row counted apart until they are merged. */
  public long factRows() {
    return clickHouse.number("SELECT count() FROM " + options.factTable().tableName());
  }

  private static void execute(PostgresAddress postgres, String sql) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /** Rows in the source table. */
  long sourceRows() {
    try (Connection connection = stack.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + options.table().sql())) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw stack.postgres().failed(e);
    }
  }

  /** Stops everything that was started; the data stays. Ctrl-C does the same. */
  @Override
  public void close() {
    if (!isStopping()) {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    }
    closeOnce();
  }

  /** True once Ctrl-C or a signal has begun to stop this process, and the servers with it. */
  public boolean isStopping() {
    return shutdownHook.getState() != Thread.State.NEW;
  }

  private void stopForSignal() {
    narrator.progress("");
    narrator.say("Stopping every process; the data stays in " + dataDir);
    closeOnce();
  }

  private synchronized void closeOnce() {
    if (closed) {
      return;
    }
    closed = true;
    Endpoints.remove(options.dataDir());
    stack.close();
    if (lag != null) {
      lag.close();
      clickHouse.close();
    }
    dataDir.close();
  }

  /** What names the table in a regular expression, where its own name does not. */
  private Map<String, String> filter() {
    TableName table = options.table();
    return table.regex().equals(table.inTopic())
        ? Map.of()
        : Map.of("table.include.list", table.regex());
  }

  private String topic() {
    return source.config().get("topic.prefix") + "." + options.table().inTopic();
  }

  private ConnectorSpec sinkSpec() {
    ConnectorSpec spec = options.sink().connector(home);
    if (options.factTable() == FactTable.STRICT) {
      spec = spec.with(home.configs().resolve("strict.json"));
    }
    return spec.with(options.overrides().sink());
  }

  /**
   * Before anything is started: servers that run elsewhere have to answer, with the table there.
   */
  private void refuseUnreachable() {
    if (options.postgres() != null) {
      Publication.refuseUnpublishable(options.postgres(), options.table());
    }
    if (options.clickHouse() != null) {
      try (ClickHouseClient elsewhere = new ClickHouseClient(options.clickHouse())) {
        try {
          elsewhere.number("SELECT 1");
        } catch (SluiceException e) {
          throw new SluiceException(e.getMessage() + " (--clickhouse)", e);
        }
        if (options.postgres() != null) {
          refuseOtherShape(elsewhere);
        }
      }
    }
  }

  /** Before anything is changed in a Postgres that runs elsewhere. */
  private void refuseOtherShape(ClickHouseClient client) {
    new TableReview(
            options.postgres(),
            client,
            source.config(),
            FactMapping.of(sink.config(), topic()),
            options.table(),
            options.factTable().tableName())
        .refuseOtherShape();
  }

  /** One data directory belongs to one source table and one fact table. */
  private void refuseOtherPipeline() {
    String mine =
        "table %s, fact table %s, Postgres %s, ClickHouse %s"
            .formatted(
                options.table(),
                options.factTable().tableName(),
                options.postgres() == null ? "embedded" : options.postgres(),
                options.clickHouse() == null ? "embedded" : options.clickHouse());
    String kept = dataDir.mark("pipeline");
    if (kept != null && !kept.equals(mine)) {
      throw new SluiceException(
          dataDir
              + " was made for another pipeline.\n  It holds:  "
              + kept
              + "\n  Asked for: "
              + mine
              + "\nUse the same options, another --data-dir, or --fresh to start over.");
    }
    dataDir.writeMark("pipeline", mine);
  }
}

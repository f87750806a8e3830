package dev.sluice.local;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * The servers of a local pipeline, each a process of its own: Postgres, Kafka, a Connect worker and
 * ClickHouse, less those that run elsewhere.
 *
 * <p>Failure semantics: if one server cannot be started, those that were are stopped again. Later
 * deaths are {@link Supervisor}'s.
 */
public final class LocalStack implements AutoCloseable {

  private static final String SECOND_WORKER = "Connect-2";

  /** The one that connect-configs' {@code role.sql} makes. */
  private static final String ROLE = "sluice";

  private final DataDir dataDir;
  private final Ports ports;
  private final PostgresServer postgres;
  private final KafkaServer kafka;
  private final String bootstrapServers;
  private final ConnectWorker connect;
  private final BiFunction<String, Integer, ConnectWorker> worker;
  private final ClickHouseServer clickHouse;
  private final PostgresAddress postgresAddress;
  private final ClickHouseAddress clickHouseAddress;
  private final int opsPort;
  private final List<Supervisor> supervisors = Collections.synchronizedList(new ArrayList<>());
  private final Consumer<String> events;
  private volatile boolean closed;

  /** Chooses ports and lays out configurations; starts nothing. */
  LocalStack(LocalOptions options, Home home, DataDir dataDir, Narrator narrator) {
    this.dataDir = dataDir;
    this.events = narrator::say;
    Downloads downloads = new Downloads(narrator::progress);
    ports = new Ports(downloads.folder("ports"), narrator::say);
    LocalOptions.PortOptions asked = options.ports();

    postgres =
        options.postgres() != null
            ? null
            : new PostgresServer(
                downloads.postgres(),
                dataDir,
                ports.choose("Postgres", "--postgres-port", asked.postgres(), 5432));
    postgresAddress = postgres == null ? options.postgres() : postgres.address();
    clickHouse =
        options.clickHouse() != null
            ? null
            : new ClickHouseServer(
                home,
                downloads.libchdb(),
                dataDir,
                ports.choose("ClickHouse", "--clickhouse-port", asked.clickHouse(), 8123));
    clickHouseAddress = clickHouse == null ? options.clickHouse() : clickHouse.address();
    int connectPort = ports.choose("Connect", "--connect-port", asked.connect(), 8083);
    opsPort = ports.choose("the operator's page", "--ops-port", asked.ops(), 8080);
    kafka = options.overrides().kafka() == null ? ownKafka(options, home) : null;
    bootstrapServers = kafka == null ? options.overrides().kafka() : kafka.bootstrapServers();

    Map<String, String> environment = new HashMap<>(role().environment());
    environment.putAll(clickHouseAddress.environment());
    environment.put("SLUICE_POSTGRES_TABLE", options.table().inTopic());
    String plugins = pluginPath(home, options.sinkPlugin());
    worker =
        (name, port) ->
            new ConnectWorker(
                name,
                home,
                dataDir,
                port,
                plugins,
                bootstrapServers,
                environment,
                options.overrides().worker());
    connect = worker.apply("Connect", connectPort);
  }

  /** Starts all servers side by side and returns when all are ready. */
  void start() {
    List<CompletableFuture<Void>> starts = new ArrayList<>();
    CompletableFuture<Void> broker =
        kafka == null
            ? CompletableFuture.completedFuture(null)
            : CompletableFuture.runAsync(() -> start(kafka));
    starts.add(broker.thenRunAsync(() -> start(connect)));
    if (postgres != null) {
      starts.add(CompletableFuture.runAsync(() -> start(postgres)));
    }
    if (clickHouse != null) {
      starts.add(CompletableFuture.runAsync(() -> start(clickHouse)));
    }
    try {
      CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      close();
      throw e.getCause() instanceof SluiceException refused
          ? refused
          : new SluiceException(
              "The local stack cannot be started: " + SluiceException.reason(e.getCause()),
              e.getCause());
    }
  }

  private void start(LocalServer server) {
    long begin = System.nanoTime();
    Supervisor supervisor = new Supervisor(server, dataDir, events);
    synchronized (supervisors) {
      if (closed) {
        throw new SluiceException("Stopped while starting.");
      }
      supervisors.add(supervisor);
    }
    supervisor.start();
    events.accept(
        "%-10s is ready on 127.0.0.1:%d after %.1f s"
            .formatted(server.name(), server.port(), (System.nanoTime() - begin) / 1e9));
  }

  /** Starts another worker of the same Connect cluster and returns when it is ready. */
  public void startSecondWorker() {
    start(worker.apply(SECOND_WORKER, ports.any()));
  }

  /** Kills the second worker, which says goodbye to nobody. */
  public void killSecondWorker() {
    for (Supervisor supervisor : servers()) {
      if (supervisor.name().equals(SECOND_WORKER)) {
        supervisors.remove(supervisor);
        supervisor.kill();
      }
    }
  }

  /** Postgres as the role that the pipeline goes there as; a role with few rights if it is ours. */
  public PostgresAddress role() {
    return postgres == null
        ? postgresAddress
        : new PostgresAddress(
            postgresAddress.host(), postgresAddress.port(), postgresAddress.database(), ROLE, "");
  }

  /** Where Postgres is, embedded or not. */
  public PostgresAddress postgres() {
    return postgresAddress;
  }

  /** Where ClickHouse is, embedded or not. */
  public ClickHouseAddress clickHouse() {
    return clickHouseAddress;
  }

  /** The Connect worker's REST address. */
  public URI connect() {
    return connect.address();
  }

  /** Kafka's {@code bootstrap.servers}. */
  public String kafka() {
    return bootstrapServers;
  }

  /** The port at which the embedded Kafka itself listens. */
  public int kafkaPort() {
    return kafka.port();
  }

  /** The port kept for the operator's page. */
  public int opsPort() {
    return opsPort;
  }

  /** The servers that were started, in the order of their starts. */
  public List<Supervisor> servers() {
    synchronized (supervisors) {
      return List.copyOf(supervisors);
    }
  }

  /**
   * Resident memory in bytes of each server, processes that share pages counted once, and of this
   * process as {@code Sluice}; sorted by name.
   */
  public Map<String, Long> residentBytes() {
    Map<String, Long> bytes = new TreeMap<>();
    bytes.put("Sluice", ResidentMemory.of(ProcessHandle.current().pid()));
    for (Supervisor server : servers()) {
      server.pid().ifPresent(pid -> bytes.put(server.name(), ResidentMemory.ofTree(pid)));
    }
    return bytes;
  }

  /** Stops what was started: first what writes, then what it writes to. */
  @Override
  public void close() {
    List<Supervisor> last;
    synchronized (supervisors) {
      closed = true;
      last = new ArrayList<>(supervisors);
    }
    List.of(SECOND_WORKER, "Connect", "Kafka", "ClickHouse", "Postgres")
        .forEach(
            name -> last.stream().filter(s -> s.name().equals(name)).forEach(Supervisor::stop));
    ports.close();
  }

  private KafkaServer ownKafka(LocalOptions options, Home home) {
    int port = ports.choose("Kafka", "--kafka-port", options.ports().kafka(), 9092);
    Integer behind = options.overrides().kafkaPort();
    return new KafkaServer(home, dataDir, port, ports.any(), behind == null ? port : behind);
  }

  private String pluginPath(Home home, Path sinkPlugin) {
    if (sinkPlugin == null) {
      return home.plugins().toString();
    }
    // The folder itself is the plugin, and plugin.path wants the folder above: a link stands in for
    // it.
    Path plugins = dataDir.run("plugins");
    try {
      DataDir.remove(plugins);
      Files.createDirectories(plugins);
      Files.createSymbolicLink(plugins.resolve("official-sink"), sinkPlugin.toAbsolutePath());
    } catch (IOException e) {
      throw new SluiceException("--sink-plugin cannot be used: " + SluiceException.reason(e), e);
    }
    return home.plugins() + "," + plugins;
  }
}

package dev.sluice.lab.chaos;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.Supervisor;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A whole pipeline with proxies in its network, and all that can be done to it. */
final class ChaosEnvironment implements AutoCloseable {

  private static final int ROWS = 2_000;
  private static final Duration REGISTER_LIMIT = Duration.ofSeconds(60);
  private static final Duration INSERT_TIMEOUT = Duration.ofSeconds(10);
  private static final String MARKER = "md5('visit1000')::uuid";

  private final FaultProxy toPostgres = FaultProxy.ofBytes();
  private final FaultProxy toClickHouse = FaultProxy.ofHttp(INSERT_TIMEOUT);
  private final FaultProxy toKafka = FaultProxy.ofBytes();
  private final LocalPipeline pipeline;
  private final FactTable table;
  private int markers;

  ChaosEnvironment(Path dataDir, Home home, FactTable table, Narrator narrator) {
    this.table = table;
    Map<String, String> source =
        Map.of(
            "database.hostname", "127.0.0.1", "database.port", Integer.toString(toPostgres.port()));
    Map<String, String> sink =
        Map.of(
            "hostname", "127.0.0.1",
            "port", Integer.toString(toClickHouse.port()),
            "clickhouseClientInsertTimeoutMs", Long.toString(INSERT_TIMEOUT.toMillis()));
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir)
                .with(ROWS, table)
                .with(source, sink, Map.of())
                .withKafkaBehind(toKafka.port()),
            home,
            narrator);
    toPostgres.upstream(pipeline.stack().postgres().port());
    toClickHouse.upstream(pipeline.stack().clickHouse().port());
    toKafka.upstream(pipeline.stack().kafkaPort());
  }

  void start() {
    pipeline.start();
    pipeline.register();
    pipeline.awaitSynced(progress -> {});
  }

  LocalPipeline pipeline() {
    return pipeline;
  }

  FactTable table() {
    return table;
  }

  /** What Connect reaches its servers through, by server. */
  Map<String, FaultProxy> networks() {
    return Map.of("Postgres", toPostgres, "ClickHouse", toClickHouse, "Kafka", toKafka);
  }

  /** The one of them that speaks HTTP. */
  FaultProxy clickHouseNetwork() {
    return toClickHouse;
  }

  ConnectClient connect() {
    return pipeline.connect();
  }

  List<String> connectors() {
    return pipeline.connectors().stream().map(ConnectorSpec::name).toList();
  }

  /** Brings back what was deleted; what is there stays as it is. */
  void register() {
    long deadline = System.nanoTime() + REGISTER_LIMIT.toNanos();
    while (true) {
      try {
        pipeline.connectors().forEach(pipeline.connect()::put);
        return;
      } catch (SluiceException | ConnectClient.Unreachable e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Pause.millis(500);
      }
    }
  }

  /** Sends a signal to a server's process, if there is one just now. */
  void signal(String server, String signal) throws IOException, InterruptedException {
    for (Supervisor supervisor : pipeline.stack().servers()) {
      if (supervisor.name().equals(server) && supervisor.pid().isPresent()) {
        String pid = supervisor.pid().get().toString();
        new ProcessBuilder("kill", "-" + signal, pid).start().waitFor();
      }
    }
  }

  void startWorker() {
    pipeline.stack().startSecondWorker();
  }

  void killWorker() {
    pipeline.stack().killSecondWorker();
  }

  /**
   * Changes a row and waits until readers see it.
   *
   * @return seconds that took
   * @throws SluiceException when it takes longer than the limit
   */
  double recovery(Duration limit) {
    long begin = System.nanoTime();
    String last = "nothing was tried";
    int marker = 1_000_000 + ++markers;
    boolean written = false;
    while (System.nanoTime() - begin < limit.toNanos()) {
      try {
        if (!written) {
          write("UPDATE app_user_visits SET state = " + marker + " WHERE id = " + MARKER);
          written = true;
        }
        if (pipeline
                .clickHouse()
                .number(
                    "SELECT toInt64(count()) FROM "
                        + table.currentView()
                        + " WHERE state = "
                        + marker)
            > 0) {
          return (System.nanoTime() - begin) / 1e9;
        }
        last = "a change that Postgres has committed is not visible";
      } catch (SQLException | SluiceException e) {
        last = SluiceException.reason(e);
      }
      Pause.millis(50);
    }
    throw new SluiceException("Not recovered within " + limit.toSeconds() + " s: " + last);
  }

  private void write(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    toPostgres.close();
    toClickHouse.close();
    toKafka.close();
    pipeline.close();
  }
}

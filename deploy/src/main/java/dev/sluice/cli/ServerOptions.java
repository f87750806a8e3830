package dev.sluice.cli;

import dev.sluice.connect.ConnectClient;
import dev.sluice.pipeline.ClickHouseAddress;
import dev.sluice.pipeline.Endpoints;
import dev.sluice.pipeline.PostgresAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine.Option;

/**
 * Where the four servers of a pipeline are. What no option says comes from the environment, then
 * from the stack that {@code ./sluice up} runs, then from the servers' well-known ports.
 */
final class ServerOptions {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Option(
      names = "--connect",
      paramLabel = "URL",
      defaultValue = "${env:SLUICE_CONNECT}",
      description = "Any worker of the Connect cluster (SLUICE_CONNECT; http://127.0.0.1:8083).")
  private String connect;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:SLUICE_KAFKA}",
      description = "Kafka's bootstrap servers (SLUICE_KAFKA; 127.0.0.1:9092).")
  private String kafka;

  @Option(
      names = "--postgres",
      paramLabel = "URL",
      defaultValue = "${env:SLUICE_POSTGRES}",
      description =
          "postgresql://user@host:port/database, password in PGPASSWORD (SLUICE_POSTGRES;"
              + " postgresql://postgres@127.0.0.1:5432/postgres).")
  private String postgres;

  @Option(
      names = "--clickhouse",
      paramLabel = "URL",
      defaultValue = "${env:SLUICE_CLICKHOUSE}",
      description =
          "http://user@host:port/database, password in CLICKHOUSE_PASSWORD (SLUICE_CLICKHOUSE;"
              + " http://default@127.0.0.1:8123/default).")
  private String clickHouse;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = ".sluice",
      description =
          "Data directory of a running ./sluice up, whose addresses are the defaults (default:"
              + " ${DEFAULT-VALUE}).")
  private Path dataDir;

  private Endpoints endpoints;

  /** The source table of the stack that runs here; null when none does. */
  String table() {
    return or(null, Endpoints::table, null);
  }

  private String or(String given, Function<Endpoints, String> running, String usual) {
    if (given != null && !given.isBlank()) {
      return given;
    }
    if (endpoints == null) {
      endpoints = Endpoints.read(dataDir);
    }
    String found = endpoints == null ? null : running.apply(endpoints);
    return found == null ? usual : found;
  }

  URI connectAddress() {
    return URI.create(or(connect, Endpoints::connect, "http://127.0.0.1:8083"));
  }

  ConnectClient connect() {
    return new ConnectClient(connectAddress(), PATIENCE);
  }

  String kafka() {
    return or(kafka, Endpoints::kafka, "127.0.0.1:9092");
  }

  PostgresAddress postgres() {
    String url = or(postgres, Endpoints::postgres, "postgresql://postgres@127.0.0.1:5432/postgres");
    return PostgresAddress.parse(url, "--postgres");
  }

  ClickHouseAddress clickHouse() {
    String url = or(clickHouse, Endpoints::clickHouse, "http://default@127.0.0.1:8123/default");
    return ClickHouseAddress.parse(url, "--clickhouse");
  }
}

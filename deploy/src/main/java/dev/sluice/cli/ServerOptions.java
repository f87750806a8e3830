package dev.sluice.cli;

import dev.sluice.catalogue.TableName;
import dev.sluice.ops.OpsOptions;
import dev.sluice.pipeline.Endpoints;
import dev.sluice.pipeline.References;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.PostgresAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Where the four servers of a pipeline are. */
class ServerOptions extends ConnectOptions {

  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(5);

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

  /** Whether more is known than where Connect is. */
  boolean areGiven() {
    return running() != null || isGiven(kafka) || isGiven(postgres) || isGiven(clickHouse);
  }

  private static boolean isGiven(String option) {
    return option != null && !option.isBlank();
  }

  /** What there is to look at, with no page. */
  OpsOptions withoutPage() {
    return new OpsOptions(
        connectAddress(),
        kafka(),
        postgres(),
        clickHouse(),
        "127.0.0.1",
        0,
        false,
        null,
        OpsOptions.Limits.DEFAULT);
  }

  /** The source table of the stack that runs here; null when none does. */
  TableName table() {
    return running() == null ? null : running().table();
  }

  /**
   * What stands for references in the connectors' settings.
   *
   * @param table the one in place of {@link References#TABLE}; null for that of the stack that runs
   */
  References references(TableName table) {
    Map<String, String> known = new HashMap<>(System.getenv());
    TableName assumed = table != null ? table : table();
    if (assumed != null) {
      known.put(References.TABLE, assumed.inTopic());
    }
    return new References(known);
  }

  ConnectClient connect() {
    return connect(SERVER_TIMEOUT);
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

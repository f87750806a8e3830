package dev.sluice.local;

import dev.sluice.catalogue.TableName;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** A Postgres and a ClickHouse with nothing between them: tests write both sides themselves. */
public final class TwoDatabases implements AutoCloseable {

  private final DataDir dataDir;
  private final Ports ports;
  private final PostgresServer postgres;
  private final Supervisor first;
  private final Supervisor second;
  private final ClickHouseServer server;
  private final ClickHouseClient clickHouse;

  /** Starts both. */
  public TwoDatabases(Path folder) {
    dataDir = DataDir.open(folder);
    Downloads downloads = new Downloads(line -> {});
    ports = new Ports(downloads.folder("ports"), line -> {});
    postgres = new PostgresServer(downloads.postgres(), dataDir, ports.any());
    server = new ClickHouseServer(Home.locate(), downloads.libchdb(), dataDir, ports.any());
    first = new Supervisor(postgres, dataDir, line -> {});
    second = new Supervisor(server, dataDir, line -> {});
    first.start();
    second.start();
    clickHouse = new ClickHouseClient(server.address());
  }

  /** Where Postgres is, for its superuser. */
  public PostgresAddress postgres() {
    return postgres.address();
  }

  /** The same for another role. */
  public PostgresAddress postgres(String role) {
    PostgresAddress address = postgres.address();
    return new PostgresAddress(address.host(), address.port(), address.database(), role, "");
  }

  /** Where ClickHouse is. */
  public ClickHouseAddress clickHouseAddress() {
    return server.address();
  }

  /** Queries to ClickHouse. */
  public ClickHouseClient clickHouse() {
    return clickHouse;
  }

  /** Runs statements in Postgres. */
  public void inPostgres(String sql) throws SQLException {
    try (Connection connection = postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /**
   * A table of schema {@code public} and the fact table of the same name.
   *
   * @param settings the transform's, as pairs of name and value; the first is the schema
   */
  public TableMapping mapping(PostgresAddress as, String table, String schema, String... settings)
      throws SQLException {
    Map<String, String> config = new HashMap<>();
    config.put("transforms", "fact");
    config.put("transforms.fact.type", "dev.sluice.smt.ExtractFactRow");
    config.put("transforms.fact.schema", schema);
    config.put("value.converter", JsonConverters.SCHEMALESS);
    for (int i = 0; i < settings.length; i += 2) {
      config.put("transforms.fact." + settings[i], settings[i + 1]);
    }
    try (Connection connection = as.connect()) {
      return TableMapping.of(
          FactMapping.of(config, table),
          SourceModes.of(config),
          connection,
          new TableName("public", table),
          clickHouse,
          table);
    }
  }

  @Override
  public void close() {
    clickHouse.close();
    second.stop();
    first.stop();
    ports.close();
    dataDir.close();
  }
}

package dev.sluice.servers;

import com.clickhouse.client.api.Client;
import dev.sluice.SluiceException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** Where a ClickHouse database is (its HTTP port), and as whom to go there. No part is null. */
public record ClickHouseAddress(
    String host, int port, boolean ssl, String database, String user, String password) {

  /**
   * From {@code http://user:password@host:port/database}. Port 8123 (8443 with https), user and
   * database {@code default} are the defaults; without a password in the URL, the one of {@code
   * CLICKHOUSE_PASSWORD} is used.
   *
   * @throws SluiceException naming {@code setting} when the URL is of another form
   */
  public static ClickHouseAddress parse(String url, String setting) {
    UrlParts parts =
        UrlParts.parse(url, setting, "http://user:password@host:8123/database", "https?");
    boolean ssl = parts.uri().getScheme().equals("https");
    return new ClickHouseAddress(
        parts.host(),
        parts.port(ssl ? 8443 : 8123),
        ssl,
        parts.path("default"),
        parts.user("default"),
        parts.password(System.getenv().getOrDefault("CLICKHOUSE_PASSWORD", "")));
  }

  /** The server's URL, without user and database. */
  public String url() {
    return (ssl ? "https://" : "http://") + host + ":" + port;
  }

  /** The form that {@link #parse} reads, without the password. */
  public String urlOfDatabase() {
    return url().replace("://", "://" + user + "@") + "/" + database;
  }

  /** A new client that waits for answers without limit, to be closed by the caller. */
  public Client connect() {
    return connect(Duration.ZERO);
  }

  /**
   * A new client, to be closed by the caller.
   *
   * @param answerLimit how long an answer may stay away; zero for ever
   */
  public Client connect(Duration answerLimit) {
    return new Client.Builder()
        .addEndpoint(url())
        .setUsername(user)
        .setPassword(password)
        .setDefaultDatabase(database)
        .setConnectTimeout(5, ChronoUnit.SECONDS)
        .setSocketTimeout(answerLimit.toMillis(), ChronoUnit.MILLIS)
        .build();
  }

  /** What connect-configs' sinks need in the worker's environment. */
  public Map<String, String> environment() {
    return Map.of(
        "SLUICE_CLICKHOUSE_HOST", host,
        "SLUICE_CLICKHOUSE_PORT", Integer.toString(port),
        "SLUICE_CLICKHOUSE_SSL", Boolean.toString(ssl),
        "SLUICE_CLICKHOUSE_DATABASE", database,
        "SLUICE_CLICKHOUSE_USER", user,
        "SLUICE_CLICKHOUSE_PASSWORD", password);
  }

  /** {@code host:port/database}, for messages: no user, no password. */
  @Override
  public String toString() {
    return host + ":" + port + "/" + database;
  }
}

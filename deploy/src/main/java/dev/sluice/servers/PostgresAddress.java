package dev.sluice.servers;

import dev.sluice.SluiceException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import org.postgresql.PGProperty;

/** Where a Postgres database is, and as whom to go there. No part is null. */
public record PostgresAddress(
    String host, int port, String database, String user, String password) {

  /**
   * From {@code postgresql://user:password@host:port/database} (libpq's form). Port 5432, user
   * {@code postgres} and the user's name as database are the defaults; without a password in the
   * URL, the one of {@code PGPASSWORD} is used.
   *
   * @throws SluiceException naming {@code setting} when the URL is of another form
   */
  public static PostgresAddress parse(String url, String setting) {
    UrlParts parts =
        UrlParts.parse(url, setting, "postgresql://user:password@host:5432/database", "postgres.*");
    String user = parts.user("postgres");
    return new PostgresAddress(
        parts.host(),
        parts.port(5432),
        parts.path(user),
        user,
        parts.password(System.getenv().getOrDefault("PGPASSWORD", "")));
  }

  /** The form that {@link #parse} reads, without the password. */
  public String url() {
    return "postgresql://" + user + "@" + host + ":" + port + "/" + database;
  }

  /** A new connection with auto-commit on. */
  public Connection connect() throws SQLException {
    return connect(new Properties());
  }

  /** Has a session that only looks give up, with an error, what somebody has locked. */
  public static void waitsForNoLock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = '2s'");
    }
  }

  /** A new connection that speaks the replication protocol. */
  public Connection connectForReplication() throws SQLException {
    Properties properties = new Properties();
    PGProperty.REPLICATION.set(properties, "database");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    return connect(properties);
  }

  private Connection connect(Properties properties) throws SQLException {
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("ApplicationName", "sluice");
    properties.setProperty("tcpKeepAlive", "true");
    return DriverManager.getConnection(
        "jdbc:postgresql://" + host + ":" + port + "/" + database, properties);
  }

  /** What to throw when the server refuses or is away. */
  public SluiceException failed(SQLException cause) {
    return new SluiceException("Postgres at " + this + ": " + reason(cause), cause);
  }

  /** What the server says, unless its words may show a value. */
  public static String reason(SQLException cause) {
    String state = cause.getSQLState() == null ? "" : cause.getSQLState();
    return state.startsWith("22")
        ? "a value cannot be read as its column's type is to be (SQLSTATE " + state + ")"
        : cause.getMessage();
  }

  /** What connect-configs' source needs in the worker's environment. */
  public Map<String, String> environment() {
    return Map.of(
        "SLUICE_POSTGRES_HOST", host,
        "SLUICE_POSTGRES_PORT", Integer.toString(port),
        "SLUICE_POSTGRES_DATABASE", database,
        "SLUICE_POSTGRES_USER", user,
        "SLUICE_POSTGRES_PASSWORD", password);
  }

  /** {@code host:port/database}, for messages: no user, no password. */
  @Override
  public String toString() {
    return host + ":" + port + "/" + database;
  }
}

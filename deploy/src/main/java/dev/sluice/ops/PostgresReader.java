package dev.sluice.ops;

import dev.sluice.catalogue.TableName;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@link PostgresView}s over one kept connection that can only read: four short queries on
 * catalogues, none on user tables. Heartbeats are tried as EXPLAIN does, which runs nothing.
 *
 * <p>Failure semantics: a failure closes the connection and is thrown; the next read makes a new
 * one. No answer within {@value #LIMIT_MILLIS} ms is a failure.
 */
final class PostgresReader implements AutoCloseable {

  private static final int LIMIT_MILLIS = 5000;

  private static final String POSITION =
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,"
          + " (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  private static final String SLOTS =
      "SELECT slot_name, active, (SELECT usename FROM pg_stat_activity WHERE pid = active_pid),"
          + " coalesce(wal_status, ''),"
          + " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint,"
          + " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint,"
          + " coalesce(pg_wal_lsn_diff(confirmed_flush_lsn, '0/0'), 0)::bigint"
          + " FROM pg_replication_slots WHERE slot_type = 'logical'"
          + " AND database = current_database()";
  private static final String PUBLICATIONS =
      "SELECT pubname, schemaname, tablename"
          + " FROM pg_publication LEFT JOIN pg_publication_tables USING (pubname)";

  /** By name: a cast to regclass asks for rights on every schema of a publication. */
  private static final String ESTIMATES =
      """
      SELECT DISTINCT t.schemaname, t.tablename, c.reltuples::bigint
      FROM pg_publication_tables t JOIN pg_namespace n ON n.nspname = t.schemaname
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename""";

  private final PostgresAddress address;
  private Connection connection;

  PostgresReader(PostgresAddress address) {
    this.address = address;
  }

  /**
   * @param heartbeats the statements of the sources' heartbeats
   */
  synchronized PostgresView read(Collection<String> heartbeats) throws SQLException {
    try {
      if (connection == null) {
        connection = address.connect();
        connection.setNetworkTimeout(Runnable::run, LIMIT_MILLIS);
        connection.setReadOnly(true);
      }
      try (Statement statement = connection.createStatement()) {
        return view(statement, refusals(statement, heartbeats));
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private static Map<String, Refusal> refusals(Statement statement, Collection<String> heartbeats)
      throws SQLException {
    Map<String, Refusal> refusals = new HashMap<>();
    for (String each : heartbeats) {
      String one = each.replaceFirst(";\\s*$", "");
      // What stands behind a semicolon would be run.
      if (one.isEmpty() || one.contains(";")) {
        continue;
      }
      try {
        statement.execute("EXPLAIN " + one);
      } catch (SQLException e) {
        if (e.getSQLState() == null || e.getSQLState().startsWith("08")) {
          throw e;
        }
        refusals.put(
            each, new Refusal(e.getSQLState(), e.getMessage().lines().findFirst().orElse("")));
      }
    }
    return refusals;
  }

  private static PostgresView view(Statement statement, Map<String, Refusal> refusals)
      throws SQLException {
    long lsn;
    long clockAhead;
    long askedAt = Now.millis();
    try (ResultSet rows = statement.executeQuery(POSITION)) {
      rows.next();
      lsn = rows.getLong(1);
      clockAhead = rows.getLong(2) - (askedAt + Now.millis()) / 2;
    }
    Map<String, Slot> slots = new HashMap<>();
    try (ResultSet rows = statement.executeQuery(SLOTS)) {
      while (rows.next()) {
        slots.put(
            rows.getString(1),
            new Slot(
                rows.getString(1),
                rows.getBoolean(2),
                rows.getString(3),
                rows.getString(4),
                rows.getLong(5),
                rows.getLong(6),
                rows.getLong(7)));
      }
    }
    Map<String, Set<String>> publications = new HashMap<>();
    try (ResultSet rows = statement.executeQuery(PUBLICATIONS)) {
      while (rows.next()) {
        Set<String> tables =
            publications.computeIfAbsent(rows.getString(1), name -> new HashSet<>());
        if (rows.getString(2) != null) {
          tables.add(inTopic(rows, 2));
        }
      }
    }
    Map<String, Long> estimates = new HashMap<>();
    try (ResultSet rows = statement.executeQuery(ESTIMATES)) {
      while (rows.next()) {
        estimates.put(inTopic(rows, 1), rows.getLong(3));
      }
    }
    return new PostgresView(lsn, clockAhead, slots, publications, estimates, refusals);
  }

  /** The page knows tables by their topics. */
  private static String inTopic(ResultSet row, int column) throws SQLException {
    return new TableName(row.getString(column), row.getString(column + 1)).inTopic();
  }

  @Override
  public synchronized void close() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // It was broken already.
    }
    connection = null;
  }
}

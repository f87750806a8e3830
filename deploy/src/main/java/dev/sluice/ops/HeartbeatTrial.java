package dev.sluice.ops;

import dev.sluice.catalogue.Sql;
import dev.sluice.ops.PostgresView.Beats;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.pipeline.Heartbeat;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tries heartbeats as EXPLAIN does, which runs nothing, and asks for what that does not show: who
 * holds a lock on their table, which triggers it has, how many rows were written to it, and whether
 * writes are allowed at all.
 *
 * <p>Failure semantics: what Postgres says against one heartbeat is kept; a connection that is gone
 * is thrown.
 */
final class HeartbeatTrial {

  /** Without what our own session has set. */
  private static final String READ_ONLY =
      "SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only'"
          + " AND reset_val = 'on'";

  /** What a writer of rows waits for. */
  private static final String HOLDER =
      """
      SELECT pid FROM pg_locks
      WHERE relation = to_regclass(%s) AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      LIMIT 1""";

  private static final String BEATS =
      """
      SELECT n_tup_ins + n_tup_upd + n_tup_del, ARRAY(
        SELECT tgname::text FROM pg_trigger
        WHERE tgrelid = relid AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY 1)
      FROM pg_stat_all_tables
      WHERE relid = to_regclass(%s) AND current_setting('track_counts') = 'on'""";

  private final Statement statement;
  private final Map<String, Refusal> refusals = new HashMap<>();
  private final Map<String, Beats> beats = new HashMap<>();

  HeartbeatTrial(Statement statement) {
    this.statement = statement;
  }

  void tryAll(Collection<Heartbeat> heartbeats) throws SQLException {
    Optional<Refusal> readOnly = readOnly();
    for (Heartbeat each : heartbeats) {
      String one = each.statement().replaceFirst(";\\s*$", "");
      // What stands behind a semicolon would be run.
      if (one.isEmpty() || one.contains(";")) {
        continue;
      }
      try {
        statement.execute("EXPLAIN " + one);
        readOnly.ifPresent(refusal -> refusals.put(each.statement(), refusal));
        if (each.table().isPresent()) {
          count(each);
        }
      } catch (SQLException e) {
        if (e.getSQLState() == null || e.getSQLState().startsWith("08")) {
          throw e;
        }
        refusals.put(each.statement(), refusal(each, e));
      }
    }
  }

  private Refusal refusal(Heartbeat heartbeat, SQLException e) throws SQLException {
    String message = e.getMessage().lines().findFirst().orElse("");
    int holder = 0;
    if (Refusal.LOCKED.equals(e.getSQLState()) && heartbeat.table().isPresent()) {
      try (ResultSet row =
          statement.executeQuery(HOLDER.formatted(Sql.text(heartbeat.table().get())))) {
        holder = row.next() ? row.getInt(1) : 0;
      }
    }
    return new Refusal(e.getSQLState(), message, holder);
  }

  private Optional<Refusal> readOnly() throws SQLException {
    try (ResultSet row = statement.executeQuery(READ_ONLY)) {
      return row.next()
          ? Optional.of(
              new Refusal(
                  Refusal.READ_ONLY, "default_transaction_read_only is on, by " + row.getString(1)))
          : Optional.empty();
    }
  }

  private void count(Heartbeat heartbeat) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(BEATS.formatted(Sql.text(heartbeat.table().orElseThrow())))) {
      if (row.next()) {
        String[] triggers = (String[]) row.getArray(2).getArray();
        beats.put(heartbeat.statement(), new Beats(row.getLong(1), List.of(triggers)));
      }
    }
  }

  /** What Postgres says against heartbeats, by their statements. */
  Map<String, Refusal> refusals() {
    return refusals;
  }

  /** What has become of heartbeats, by their statements. */
  Map<String, Beats> beats() {
    return beats;
  }
}

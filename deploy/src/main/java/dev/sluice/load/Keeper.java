package dev.sluice.load;

import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * A session of Postgres that holds a load's snapshot, and outlives the process that began it: it is
 * busy with a statement that waits, and Postgres does not look for the client of a busy session.
 * The statement ends when the load's slot is gone, or when nobody has held one of the load's locks
 * for a while; then it drops the slot, so that no WAL is kept for a load that nobody goes on with.
 *
 * <p>The session goes by the slot's name as its {@code application_name}. It holds the lock that
 * every SELECT takes (ACCESS SHARE), so that nobody rewrites the table between two chunks; readers
 * and writers do not notice.
 */
final class Keeper {

  private static final String WAIT =
      """
      DO $$
      DECLARE alone int := 0;
      BEGIN
        WHILE alone < %2$d LOOP
          PERFORM pg_sleep(1);
          IF NOT EXISTS (
            SELECT FROM pg_replication_slots s JOIN pg_database d ON d.datname = s.database
            WHERE slot_name = '%1$s' AND d.oid || '/' || confirmed_flush_lsn = '%3$s')
          THEN RETURN; END IF;
          IF EXISTS (%4$s) OR EXISTS (%5$s)
          THEN alone := 0; ELSE alone := alone + 1; END IF;
        END LOOP;
        PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE slot_name = '%1$s';
      END $$""";

  private static final String SINCE =
      "SELECT extract(epoch FROM backend_start)::text FROM pg_stat_activity"
          + " WHERE application_name = ? AND backend_type = 'client backend'";

  private static final String END =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
          + " WHERE application_name = ? AND backend_type = 'client backend'"
          + " AND datname = current_database() AND extract(epoch FROM backend_start)::text = ?";

  private Keeper() {}

  /**
   * Lets a session keep the snapshot that its open transaction exports.
   *
   * @param session is no longer the caller's
   * @param table as SQL writes it
   * @param identity of the load's slot: without that very slot there is nothing to keep
   */
  static void engage(
      Connection session, String table, LoadSlots slots, String identity, Duration resumeWindow)
      throws SQLException {
    try (Statement statement = session.createStatement()) {
      statement.execute("LOCK TABLE " + table + " IN ACCESS SHARE MODE");
      statement.execute("SET application_name = '" + slots.loading() + "'");
      // From Postgres 14 on, a server may be told to look for the clients of busy sessions.
      statement.execute(
          "SELECT set_config(name, '0', false) FROM pg_settings"
              + " WHERE name = 'client_connection_check_interval'");
    }
    String key = "hashtext('" + slots.name() + "')";
    String wait =
        WAIT.formatted(
            slots.loading(),
            Math.max(1, resumeWindow.toSeconds()),
            identity,
            LockSession.holders(LockSession.LOADS, key),
            LockSession.holders(LockSession.COPIES, key));
    Thread thread = new Thread(() -> run(session, wait), "keeper of " + slots.loading());
    thread.setDaemon(true);
    thread.start();
  }

  private static void run(Connection session, String wait) {
    try (session;
        Statement statement = session.createStatement()) {
      statement.execute(wait);
    } catch (SQLException e) {
      // Ended, by us or with its server: whoever reads the snapshot meets that himself.
    }
  }

  /** When the session began, which tells it from a later one of its name; null without one. */
  static String since(PostgresAddress postgres, String loadingSlot) throws SQLException {
    try (Connection connection = postgres.connect();
        PreparedStatement statement = connection.prepareStatement(SINCE)) {
      statement.setString(1, loadingSlot);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }

  /**
   * Ends the session, and the snapshot with it; nothing without one.
   *
   * @param since when it began
   */
  static void end(Connection connection, String loadingSlot, String since) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(END)) {
      statement.setString(1, loadingSlot);
      statement.setString(2, since);
      statement.execute();
    }
  }
}

package dev.sluice.load;

import dev.sluice.Narrator;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Watches the WAL that a slot keeps back while nothing reads from it, and warns once it is much:
 * past {@code max_slot_wal_keep_size} the slot is lost, and without such a limit the disk fills.
 */
final class WalWatch {

  private static final long INTERVAL_NANOS = 2_000_000_000L;
  private static final long MUCH = 1L << 30;

  private static final String QUERY =
      "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint, coalesce(wal_status, ''),"
          + " safe_wal_size FROM pg_replication_slots WHERE slot_name = '%s'";

  private final String slot;
  private final Narrator narrator;
  private long lookedAt;
  private long kept;
  private boolean warned;
  private boolean lost;

  /**
   * @param slot null where there is none to watch
   */
  WalWatch(String slot, Narrator narrator) {
    this.slot = slot;
    this.narrator = narrator;
  }

  /** What is kept, as the end of a line; empty while it is not worth saying. */
  String look(Connection connection) {
    if (slot != null && System.nanoTime() - lookedAt > INTERVAL_NANOS) {
      lookedAt = System.nanoTime();
      ask(connection);
    }
    return kept < 1 << 20 ? "" : ", %,d MB of WAL kept meanwhile".formatted(kept >> 20);
  }

  private void ask(Connection connection) {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(QUERY.formatted(slot))) {
      if (!row.next()) {
        return;
      }
      kept = row.getLong(1);
      long safe = row.getLong(3);
      boolean limited = !row.wasNull();
      String status = row.getString(2);
      if (!warned && (limited ? safe < kept : kept > MUCH)) {
        warned = true;
        narrator.say(
            limited
                ? "Warning: the slot %s keeps %,d MB of WAL; %,d MB more and Postgres drops it (max_slot_wal_keep_size)."
                    .formatted(slot, kept >> 20, Math.max(0, safe) >> 20)
                : "Warning: the slot %s keeps %,d MB of WAL until the load is over; mind the disk of Postgres."
                    .formatted(slot, kept >> 20));
      }
      if (status.equals("lost") && !lost) {
        lost = true;
        narrator.say(
            "Warning: Postgres has dropped the slot's WAL; raise max_slot_wal_keep_size and load again.");
      }
    } catch (SQLException e) {
      // The workers meet the same failure, and say so.
    }
  }
}

package dev.sluice.pipeline;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A position in the WAL that a row read from now on may be given as its version. A change is
 * written to the WAL before it is committed: a row read at the position itself could miss a change
 * that stands before it, and would then beat it in ClickHouse. So whatever was in progress is
 * waited for.
 */
public final class SafePosition {

  private SafePosition() {}

  /**
   * Takes the position and waits until every transaction that may have written before it is over.
   *
   * @throws SluiceException when one is still open after {@code limit}, with what to do
   */
  public static long await(PostgresAddress postgres, Duration limit, Consumer<String> progress) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      long lsn;
      long next;
      try (ResultSet row =
          statement.executeQuery(
              "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,"
                  + " pg_snapshot_xmax(pg_current_snapshot())::text::bigint")) {
        row.next();
        lsn = row.getLong(1);
        next = row.getLong(2);
      }
      long deadline = System.nanoTime() + limit.toNanos();
      while (isOpen(statement, next)) {
        if (System.nanoTime() > deadline) {
          throw new SluiceException(
              "A transaction in Postgres at "
                  + postgres
                  + " has been open for "
                  + limit.toSeconds()
                  + " s, and rows cannot be read safely beside it. Find it in pg_stat_activity"
                  + " (ORDER BY xact_start), end it, and try again.");
        }
        progress.accept("Waiting for transactions in progress to end");
        Pause.millis(100);
      }
      return lsn;
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  private static boolean isOpen(Statement statement, long next) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint < " + next)) {
      row.next();
      return row.getBoolean(1);
    }
  }
}

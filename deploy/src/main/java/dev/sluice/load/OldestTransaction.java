package dev.sluice.load;

import dev.sluice.catalogue.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * The oldest transaction of a Postgres server that has begun to write, of a session or prepared:
 * what the creation of a slot waits for. Nothing here shows the text of a query.
 *
 * @param gid of a prepared transaction; null for a session's
 * @param pid of the session
 * @param application the session's {@code application_name}
 * @param owner its role
 * @param seconds since when it is open; negative where this role may not know
 * @param others how many younger ones there are
 */
record OldestTransaction(
    String gid,
    int pid,
    String application,
    String owner,
    String database,
    long seconds,
    long others) {

  private static final String QUERY =
      """
      SELECT gid, pid, application, owner, database,
             coalesce(extract(epoch FROM now() - since)::bigint, -1), count(*) OVER () - 1
      FROM (
        SELECT NULL AS gid, pid, application_name AS application, usename::text AS owner,
               datname::text AS database, xact_start AS since, age(backend_xid) AS age
        FROM pg_stat_activity
        WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
        UNION ALL
        SELECT gid, 0, NULL, owner::text, database::text, prepared, age(transaction)
        FROM pg_prepared_xacts) AS open
      ORDER BY age DESC LIMIT 1""";

  /** Asks for it; empty where there is none. */
  static Optional<OldestTransaction> of(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(QUERY)) {
      return row.next()
          ? Optional.of(
              new OldestTransaction(
                  row.getString(1),
                  row.getInt(2),
                  row.getString(3),
                  row.getString(4),
                  row.getString(5),
                  row.getLong(6),
                  row.getLong(7)))
          : Optional.empty();
    }
  }

  /** Which it is, and who ends it how, as the end of a sentence. */
  String words() {
    return (gid == null ? ofSession() : prepared())
        + (others == 0 ? "" : "; %,d more after it".formatted(others));
  }

  private String ofSession() {
    return "the transaction of session %d (application_name %s, role %s, database %s%s) to end: its"
            .formatted(pid, quoted(application), owner, database, open())
        + " application ends it with COMMIT or ROLLBACK, an administrator the session with"
        + " SELECT pg_terminate_backend("
        + pid
        + "), which undoes its changes";
  }

  private String prepared() {
    return "the prepared transaction %s (role %s, database %s%s) to end: its owner decides, in that"
            .formatted(quoted(gid), owner, database, open())
        + " database, between COMMIT PREPARED "
        + quoted(gid)
        + " and ROLLBACK PREPARED "
        + quoted(gid);
  }

  private String open() {
    return seconds < 0 ? "" : ", open for %,d s".formatted(seconds);
  }

  private static String quoted(String text) {
    return Sql.text(text == null ? "" : text.replaceAll("\\p{Cntrl}", "?"));
  }
}

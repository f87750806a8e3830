package dev.sluice.load;

import dev.sluice.Pause;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * A session of Postgres that holds an advisory lock for a load.
 *
 * <p>Failure semantics: {@link #requireHeld} fails when the session is cut, when it does not answer
 * in time, and when it is no longer the same session, as behind a pooler.
 */
final class LockSession implements AutoCloseable {

  /** What the process at work on a load holds alone: the first half of the lock's key. */
  static final String LOADS = "hashtext('sluice load')";

  /** What the sessions share that a load reads and lives by. */
  static final String COPIES = "hashtext('sluice load copies')";

  private static final Duration ZOMBIE = Duration.ofSeconds(10);

  private final Connection connection;
  private final String slot;
  private final int pid;
  private final String since;

  private LockSession(Connection connection, String slot) throws SQLException {
    this.connection = connection;
    this.slot = slot;
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()")) {
      row.next();
      this.pid = row.getInt(1);
      this.since = row.getString(2);
    }
  }

  /**
   * A session that no setting of Postgres ends for being idle.
   *
   * @param answerLimit after which a question counts as not answered, and the session as cut
   */
  static LockSession open(PostgresAddress postgres, String slot, Duration answerLimit)
      throws SQLException {
    Connection connection = postgres.connect();
    try {
      connection.setNetworkTimeout(Runnable::run, (int) answerLimit.toMillis());
      stayAlive(connection);
      return new LockSession(connection, slot);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Takes off what would end a session that waits; each server has some of these settings. */
  static void stayAlive(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN"
              + " ('idle_session_timeout', 'idle_in_transaction_session_timeout',"
              + " 'transaction_timeout', 'statement_timeout')");
    }
  }

  Connection connection() {
    return connection;
  }

  boolean tryExclusive(String kind) throws SQLException {
    return is("SELECT pg_try_advisory_lock(" + kind + ", hashtext(?))", slot);
  }

  void release(String kind) throws SQLException {
    is("SELECT pg_advisory_unlock(" + kind + ", hashtext(?))", slot);
  }

  /** Whether any session has the lock. */
  boolean isTaken(String kind) throws SQLException {
    return is("SELECT EXISTS (" + holders(kind, "hashtext(?)") + ")", slot);
  }

  void share() throws SQLException {
    share(connection, slot);
  }

  /** Shares the lock of those who copy; a newcomer has it alone for a moment at most. */
  static void share(Connection connection, String slot) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT pg_advisory_lock_shared(" + COPIES + ", hashtext(?))")) {
      statement.setString(1, slot);
      statement.execute();
    }
  }

  /**
   * @throws SQLException when the session is not there any more, or has not got its lock
   */
  void requireHeld() throws SQLException {
    if (!isHolding(LOADS, "ExclusiveLock")) {
      throw new SQLException("it is not the session that took the lock", SessionCut.POOLED);
    }
  }

  /** Whether the session is there and shares the lock of those who copy. */
  boolean isSharing() {
    try {
      return isHolding(COPIES, "ShareLock");
    } catch (SQLException e) {
      return false;
    }
  }

  private boolean isHolding(String kind, String mode) throws SQLException {
    return is(
        "SELECT pg_backend_pid() = "
            + pid
            + " AND EXISTS ("
            + holders(kind, "hashtext(?)")
            + " AND l.pid = pg_backend_pid() AND l.mode = '"
            + mode
            + "')",
        slot);
  }

  /**
   * Takes the load's lock from a session of our own that Postgres has not yet found to be dead.
   *
   * @return whether it was that one, and the lock is here now
   */
  boolean takeFrom(LockSession dead) throws SQLException {
    boolean isIts =
        is(
            "SELECT EXISTS ("
                + holders(LOADS, "hashtext('" + slot.replace("'", "''") + "')")
                + " AND l.pid = "
                + dead.pid
                + ") AND EXISTS (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = "
                + dead.pid
                + " AND backend_start::text = ?)",
            dead.since);
    long deadline = System.nanoTime() + ZOMBIE.toNanos();
    while (isIts && System.nanoTime() < deadline) {
      if (tryExclusive(LOADS)) {
        return true;
      }
      Pause.millis(100);
    }
    return false;
  }

  /** In Postgres's SQL: who has a lock, as a query that conditions may follow. */
  static String holders(String kind, String slotKey) {
    return "SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        + " WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.granted"
        + " AND l.classid = ("
        + kind
        + "::bigint & 4294967295)::oid AND l.objid = ("
        + slotKey
        + "::bigint & 4294967295)::oid AND l.objsubid = 2";
  }

  private boolean is(String question, String parameter) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(question)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is gone already.
    }
  }
}

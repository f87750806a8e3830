package dev.sluice.load;

import dev.sluice.mapping.Transfer.Moment;
import dev.sluice.pipeline.SafePosition;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.replication.ReplicationSlotInfo;

/**
 * One moment of a Postgres database that any number of connections can read: a transaction that
 * stays open and exports its snapshot.
 *
 * <p>A snapshot of {@link #now} lasts as long as this object, one {@link #withSlot} as long as its
 * {@link Keeper}. Dead rows are kept by Postgres meanwhile, and WAL by the slot.
 */
final class Snapshot implements AutoCloseable {

  private final PostgresAddress postgres;
  private final Connection connection;
  private final String name;
  private final Moment moment;
  private final String slot;

  private Snapshot(
      PostgresAddress postgres, Connection connection, String name, Moment moment, String slot) {
    this.postgres = postgres;
    this.connection = connection;
    this.name = name;
    this.moment = moment;
    this.slot = slot;
  }

  /** Of what is committed now. */
  static Snapshot now(PostgresAddress postgres, Duration limit, Consumer<String> progress)
      throws SQLException {
    long lsn = SafePosition.await(postgres, limit, progress);
    Connection connection = begun(postgres, null);
    try {
      return new Snapshot(postgres, connection, export(connection), moment(connection, lsn), null);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Creates a logical replication slot, whose changes begin exactly where this snapshot ends.
   *
   * <p>Its {@link #moment} is where the slot's WAL begins, not its consistent point: a transaction
   * that was open over that point is streamed whole, with changes that stand before it in the WAL,
   * and those have to win over the rows that are loaded.
   *
   * @param table as SQL writes it
   * @param resumeWindow how long the snapshot outlives a process that has not closed it
   */
  static Snapshot withSlot(
      PostgresAddress postgres, String table, LoadSlots slots, Duration resumeWindow)
      throws SQLException {
    try (Connection replication = postgres.connectForReplication()) {
      ReplicationSlotInfo created =
          replication
              .unwrap(PGConnection.class)
              .getReplicationAPI()
              .createReplicationSlot()
              .logical()
              .withSlotName(slots.loading())
              .withOutputPlugin("pgoutput")
              .make();
      Connection keeper = null;
      try {
        keeper = begun(postgres, created.getSnapshotName());
        Moment moment = moment(keeper, slots.position(keeper));
        String name = export(keeper);
        String identity = slots.identity(keeper);
        Keeper.engage(keeper, table, slots, identity, resumeWindow);
        return new Snapshot(postgres, begun(postgres, name), name, moment, identity);
      } catch (SQLException e) {
        if (keeper != null) {
          keeper.close();
        }
        dropMade(replication, slots.loading());
        throw e;
      }
    }
  }

  private static void dropMade(Connection replication, String slot) {
    try {
      replication.unwrap(PGConnection.class).getReplicationAPI().dropReplicationSlot(slot);
    } catch (SQLException e) {
      // The next load finds it, without rows, and drops it.
    }
  }

  /**
   * A snapshot that somebody else holds.
   *
   * @throws SQLException also when it is no longer held
   */
  static Snapshot held(PostgresAddress postgres, String name, Moment moment) throws SQLException {
    return new Snapshot(postgres, begun(postgres, name), name, moment, null);
  }

  /** A connection of its own that sees a snapshot; without a name, the present. */
  private static Connection begun(PostgresAddress postgres, String snapshot) throws SQLException {
    Connection connection = postgres.connect();
    try {
      begin(connection, snapshot);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static Moment moment(Connection connection, long lsn) throws SQLException {
    String millis = text(connection, "SELECT (extract(epoch FROM now()) * 1000)::bigint");
    return new Moment(lsn, Long.parseLong(millis));
  }

  private static String export(Connection connection) throws SQLException {
    return text(connection, "SELECT pg_export_snapshot()");
  }

  /**
   * Makes a connection see this moment, until it is closed.
   *
   * @throws SQLException also when the snapshot is no longer held
   */
  void openOn(Connection connection) throws SQLException {
    begin(connection, name);
  }

  private static void begin(Connection connection, String snapshot) throws SQLException {
    LockSession.stayAlive(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET max_parallel_workers_per_gather = 0");
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      if (snapshot != null) {
        statement.execute("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
      }
    }
  }

  /** What Postgres calls it. */
  String name() {
    return name;
  }

  /** The identity of the slot that was made with it; null where none was. */
  String slot() {
    return slot;
  }

  /** What the rows of this snapshot say of the change that they stand for. */
  Moment moment() {
    return moment;
  }

  /** A connection that sees this moment, for small questions by one thread. */
  Connection connection() {
    return connection;
  }

  /** Whether other connections can still see this moment. */
  boolean isHeld() {
    try {
      begun(postgres, name).close();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
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

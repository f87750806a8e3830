package dev.sluice.load;

import dev.sluice.SluiceException;
import dev.sluice.mapping.Transfer.Moment;
import dev.sluice.pipeline.PostgresAddress;
import dev.sluice.pipeline.SafePosition;
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
 * <p>The snapshot lasts as long as this object's connection. Nothing is locked; dead rows are kept
 * by Postgres meanwhile, and WAL by a slot that was made with it.
 */
final class Snapshot implements AutoCloseable {

  private final Connection keeper;
  private final String name;
  private final Moment moment;

  private Snapshot(Connection keeper, String name, Moment moment) {
    this.keeper = keeper;
    this.name = name;
    this.moment = moment;
  }

  /** Of what is committed now. */
  static Snapshot now(PostgresAddress postgres, Duration limit, Consumer<String> progress)
      throws SQLException {
    long lsn = SafePosition.await(postgres, limit, progress);
    Connection keeper = postgres.connect();
    return export(keeper, null, lsn);
  }

  /**
   * Creates a logical replication slot, whose changes begin exactly where this snapshot ends.
   *
   * <p>Its {@link #moment} is where the slot's WAL begins, not its consistent point: a transaction
   * that was open over that point is streamed whole, with changes that stand before it in the WAL,
   * and those have to win over the rows that are loaded.
   */
  static Snapshot withSlot(PostgresAddress postgres, String slot) throws SQLException {
    try (Connection replication = postgres.connectForReplication()) {
      ReplicationSlotInfo created =
          replication
              .unwrap(PGConnection.class)
              .getReplicationAPI()
              .createReplicationSlot()
              .logical()
              .withSlotName(slot)
              .withOutputPlugin("pgoutput")
              .make();
      Connection keeper = postgres.connect();
      return export(
          keeper,
          created.getSnapshotName(),
          number(
              keeper,
              "SELECT pg_wal_lsn_diff(restart_lsn, '0/0')::bigint FROM pg_replication_slots"
                  + " WHERE slot_name = '"
                  + slot
                  + "'"));
    }
  }

  private static Snapshot export(Connection keeper, String imported, long lsn) throws SQLException {
    try {
      begin(keeper, imported);
      long millis = number(keeper, "SELECT (extract(epoch FROM now()) * 1000)::bigint");
      return new Snapshot(
          keeper, text(keeper, "SELECT pg_export_snapshot()"), new Moment(lsn, millis));
    } catch (SQLException e) {
      keeper.close();
      throw e;
    }
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
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
              + " SET max_parallel_workers_per_gather = 0");
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      if (snapshot != null) {
        statement.execute("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
      }
    }
  }

  /** What the rows of this snapshot say of the change that they stand for. */
  Moment moment() {
    return moment;
  }

  /** A connection that sees this moment, for small questions by one thread. */
  Connection connection() {
    return keeper;
  }

  /** Whether other connections can still see this moment. */
  boolean isHeld() {
    try {
      return keeper.isValid(5);
    } catch (SQLException e) {
      throw new SluiceException(e.getMessage(), e);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    return Long.parseLong(text(connection, sql));
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
      keeper.close();
    } catch (SQLException e) {
      // It is gone already, and the snapshot with it.
    }
  }
}

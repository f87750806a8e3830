package dev.sluice.local;

import dev.sluice.Pause;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A small shop's traffic on the visits: transactions of one to three changes, about fifty changes a
 * second; of ten, four are new visits, five are updates, one is a delete.
 *
 * <p>Failure semantics: when Postgres is away, it is tried again every half second; a transaction
 * cut by that is lost, as it would be for any application, and never half there.
 */
final class Workload implements AutoCloseable {

  private static final long PAUSE_MILLIS = 40;
  private static final String SOME_VISIT =
      "(SELECT id FROM app_user_visits WHERE id >= ? ORDER BY id LIMIT 1)";
  private static final String INSERT =
      "INSERT INTO app_user_visits (id, customer_id, branch_id, store_id, cashier_id, seen, state,"
          + " points, receipt, country_code, created_at, updated_at, sync_mechanism) VALUES (?,"
          + " gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), false, 0,"
          + " ?, ?, 'DE', clock_timestamp(), clock_timestamp(), 'push') RETURNING id,"
          + " floor(extract(epoch FROM updated_at) * 1000)";
  private static final String UPDATE =
      "UPDATE app_user_visits SET seen = true, state = (coalesce(state, 0) + 1) % 6, points = ?,"
          + " receipt = ? WHERE id = "
          + SOME_VISIT
          + " RETURNING id, floor(extract(epoch FROM updated_at) * 1000)";
  private static final String DELETE = "DELETE FROM app_user_visits WHERE id = " + SOME_VISIT;

  private final PostgresAddress postgres;
  private final Consumer<Change> committed;
  private final Random random = new Random();
  private final AtomicLong changes = new AtomicLong();
  private final Thread thread = new Thread(this::run, "workload");
  private volatile boolean stopping;

  /**
   * One committed row.
   *
   * @param version its {@code updated_at} in epoch millis
   * @param committedAt {@link System#nanoTime} just after the commit
   */
  record Change(String id, long version, long committedAt) {}

  /**
   * @param committed takes the last insert or update of each transaction after its commit
   */
  Workload(PostgresAddress postgres, Consumer<Change> committed) {
    this.postgres = postgres;
    this.committed = committed;
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Changes committed so far. */
  long changes() {
    return changes.get();
  }

  /** Returns when the transaction under way has ended. */
  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopping) {
      try (Connection connection = postgres.connect()) {
        connection.setAutoCommit(false);
        while (!stopping) {
          transaction(connection);
          Pause.millis(PAUSE_MILLIS);
        }
      } catch (SQLException e) {
        if (!stopping) {
          Pause.millis(500);
        }
      }
    }
  }

  private void transaction(Connection connection) throws SQLException {
    int size = 1 + random.nextInt(3);
    Change last = null;
    for (int i = 0; i < size; i++) {
      int dice = random.nextInt(10);
      Change change =
          dice < 4
              ? row(connection, INSERT, UUID.randomUUID())
              : dice < 9 ? row(connection, UPDATE, null) : delete(connection);
      last = change == null ? last : change;
    }
    connection.commit();
    changes.addAndGet(size);
    if (last != null) {
      committed.accept(new Change(last.id(), last.version(), System.nanoTime()));
    }
  }

  private Change row(Connection connection, String sql, UUID newId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      double receipt = 3 + random.nextInt(20_000) / 100.0;
      int next = 1;
      if (newId != null) {
        statement.setObject(next++, newId);
      }
      statement.setBigDecimal(next++, java.math.BigDecimal.valueOf(Math.round(receipt), 1));
      statement.setBigDecimal(next++, java.math.BigDecimal.valueOf(Math.round(receipt * 100), 2));
      if (newId == null) {
        statement.setObject(next, UUID.randomUUID());
      }
      try (ResultSet result = statement.executeQuery()) {
        return result.next() ? new Change(result.getString(1), result.getLong(2), 0) : null;
      }
    }
  }

  private Change delete(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
      statement.setObject(1, UUID.randomUUID());
      statement.executeUpdate();
      return null;
    }
  }
}

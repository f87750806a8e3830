package dev.sluice.sink;

import static org.awaitility.Awaitility.await;

import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;

/**
 * Changes to visits of one branch, as fast as Postgres commits them: new ones, updates, deletes,
 * and updates that leave {@code updated_at} as it is, so that versions tie.
 */
final class Traffic implements AutoCloseable {
  static final String BRANCH = "00000000-0000-0000-0000-00000000beef";

  private static final String INSERT =
      "INSERT INTO app_user_visits (id, customer_id, branch_id, store_id, cashier_id, state,"
          + " created_at, updated_at) SELECT gen_random_uuid(), gen_random_uuid(), '"
          + BRANCH
          + "', gen_random_uuid(), gen_random_uuid(), 0, now(), now() FROM generate_series(1, 20)";
  private static final String UPDATE =
      "UPDATE app_user_visits SET state = state + 1, updated_at = clock_timestamp() WHERE branch_id"
          + " = '"
          + BRANCH
          + "' AND abs(hashtext(id::text)) % 5 = ";
  private static final String TIE =
      "SET session_replication_role = replica; UPDATE app_user_visits SET state = state + 1 WHERE"
          + " branch_id = '"
          + BRANCH
          + "'; SET session_replication_role = DEFAULT";
  private static final String DELETE =
      "DELETE FROM app_user_visits WHERE branch_id = '"
          + BRANCH
          + "' AND abs(hashtext(id::text)) % 10 = ";

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final String DEADLOCK = "40P01";

  private final PostgresAddress postgres;
  private final Random random;
  private final Thread thread = new Thread(this::run, "traffic");
  private volatile long transactions;
  private volatile boolean stopping;
  private volatile SQLException failure;

  Traffic(PostgresAddress postgres, long seed) {
    this.postgres = postgres;
    random = new Random(seed);
    System.out.println("Traffic with seed " + seed);
    thread.setDaemon(true);
    thread.start();
  }

  /** Returns when so many more transactions have been committed. */
  void awaitMore(int count) {
    long goal = transactions + count;
    await().atMost(LIMIT).until(() -> transactions >= goal || failure != null);
  }

  private void run() {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      while (!stopping) {
        int dice = random.nextInt(10);
        execute(
            statement,
            dice < 2
                ? INSERT
                : dice < 6
                    ? UPDATE + random.nextInt(5)
                    : dice < 8 ? TIE : DELETE + random.nextInt(10));
        transactions++;
        Thread.sleep(10);
      }
    } catch (SQLException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Again where Postgres has ended it for the sake of a test's own update of all rows. */
  private static void execute(Statement statement, String sql) throws SQLException {
    try {
      statement.execute(sql);
    } catch (SQLException e) {
      if (!DEADLOCK.equals(e.getSQLState())) {
        throw e;
      }
      execute(statement, sql);
    }
  }

  @Override
  public void close() throws SQLException {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
  }
}

package dev.sluice.lab.chaos;

import dev.sluice.Pause;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.UUID;
import org.postgresql.PGConnection;

/**
 * Changes visits in every way that has ever confused a pipeline, with short pauses.
 *
 * <p>With the default table {@code updated_at} rises with every change of a row, as that table
 * asks: keys are born and die in the hands of one writer, and one transaction never deletes and
 * inserts the same key. With the strict table nothing of that holds.
 *
 * <p>Failure semantics: a connection that breaks is made again, for ever; what was not committed is
 * left undone.
 */
public final class Writer implements AutoCloseable {

  private static final int KEYS = 400;
  private static final int HOT_KEYS = 20;
  private static final int COPIED = 5_000;
  private static final int LONGEST_PAUSE_MILLIS = 60;
  private static final String MOVE = "UPDATE app_user_visits SET id =";
  private static final String COLUMNS =
      "(id, customer_id, branch_id, store_id, cashier_id, state, order_id, created_at, updated_at)";

  private final PostgresAddress postgres;
  private final boolean strict;
  private final int number;
  private final Random random;
  private final Thread thread;
  private volatile boolean stopping;
  private volatile long changes;

  /** Starts at once; several writers have different numbers. */
  public Writer(PostgresAddress postgres, FactTable table, int number, long seed) {
    this.postgres = postgres;
    this.strict = table == FactTable.STRICT;
    this.number = number;
    this.random = new Random(seed);
    this.thread = new Thread(this::run, "chaos-writer-" + number);
    thread.setDaemon(true);
    thread.start();
  }

  /** Rows changed by transactions that were committed for certain. */
  public long changes() {
    return changes;
  }

  private void run() {
    while (!stopping) {
      try (Connection connection = postgres.connect();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        while (!stopping) {
          int changed = transaction(connection, statement);
          changes += changed;
          Pause.millis(random.nextInt(LONGEST_PAUSE_MILLIS));
        }
      } catch (SQLException e) {
        if (!stopping) {
          Pause.millis(200);
        }
      }
    }
  }

  private int transaction(Connection connection, Statement statement) throws SQLException {
    int dice = random.nextInt(10_000);
    int changed = 0;
    try {
      if (dice < 3) {
        changed += bulk(statement);
      } else if (dice < 6) {
        changed += copy(connection);
      } else {
        int steps = 1 + random.nextInt(dice < 1_000 ? 20 : 3);
        for (int i = 0; i < steps; i++) {
          String step = step();
          changed += statement.executeUpdate(step);
          if (!strict && (step.startsWith("DELETE") || step.startsWith(MOVE))) {
            break; // The same key must not come back in this transaction.
          }
        }
      }
      if (dice >= 9_900) {
        Pause.millis(500 + random.nextInt(2_500)); // A late commit.
      }
      if (dice >= 9_000 && dice < 9_300) {
        connection.rollback();
        return 0;
      }
      connection.commit();
      return changed;
    } catch (SQLException e) {
      // A deadlock, or a key that is taken, ends this transaction alone; a broken connection all.
      connection.rollback();
      return 0;
    }
  }

  /** Fifty thousand rows in one transaction, new ones or each once more. */
  private int bulk(Statement statement) throws SQLException {
    return statement.executeUpdate(
        "INSERT INTO app_user_visits "
            + COLUMNS
            + " SELECT md5('bulk"
            + number
            + "-' || n)::uuid, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
            + " gen_random_uuid(), n % 7, NULL, now(), clock_timestamp() FROM"
            + " generate_series(1, 50000) AS n ON CONFLICT (id) DO UPDATE SET state ="
            + " app_user_visits.state + 1");
  }

  /** New rows by COPY, all of one position in the WAL. */
  private int copy(Connection connection) throws SQLException {
    StringBuilder rows = new StringBuilder();
    String id = UUID.randomUUID().toString();
    String now = OffsetDateTime.now(ZoneOffset.UTC).toString();
    for (int i = 0; i < COPIED; i++) {
      rows.append(UUID.randomUUID());
      rows.append(("\t" + id).repeat(4)).append("\t1\t\\N\t").append(now).append('\t').append(now);
      rows.append('\n');
    }
    try {
      return (int)
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn(
                  "COPY app_user_visits " + COLUMNS + " FROM STDIN",
                  new StringReader(rows.toString()));
    } catch (IOException e) {
      throw new SQLException(e);
    }
  }

  private String step() {
    int dice = random.nextInt(100);
    if (dice < 30) {
      return insert();
    } else if (dice < 55) {
      return update("state = coalesce(state, 0) + 1", own());
    } else if (dice < 75) {
      return update("points = coalesce(points, 0) + 0.01", hot());
    } else if (dice < 85) {
      return "DELETE FROM app_user_visits WHERE id = " + own();
    } else if (dice < 90) {
      return update("id = " + own(), own());
    } else if (dice < 95) {
      // Too large for a page: an update of another column leaves it where it is.
      return update("order_id = repeat(md5(random()::text), " + random.nextInt(400) + ")", own());
    } else if (!strict) {
      return update("is_fraud = NOT is_fraud", own());
    }
    return switch (random.nextInt(3)) {
      case 0 -> update("updated_at = updated_at - interval '1 day'", hot());
      case 1 -> update("updated_at = '2026-01-01', state = " + random.nextInt(99), hot());
      default -> "DELETE FROM app_user_visits WHERE id = " + own() + "; " + insert();
    };
  }

  private String insert() {
    String created = strict && random.nextInt(4) == 0 ? "'2026-01-01'" : "clock_timestamp()";
    return "INSERT INTO app_user_visits "
        + COLUMNS
        + " VALUES ("
        + own()
        + ", gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), "
        + random.nextInt(9)
        + ", "
        + (random.nextBoolean() ? "NULL" : "'it''s \u20ac \\ \uD83D\uDE80'")
        + ", now(), "
        + created
        + ") ON CONFLICT (id) DO NOTHING";
  }

  private static String update(String what, String key) {
    return "UPDATE app_user_visits SET " + what + " WHERE id = " + key;
  }

  private String own() {
    return "md5('chaos" + number + "-" + random.nextInt(KEYS) + "')::uuid";
  }

  private String hot() {
    return "md5('visit" + (1 + random.nextInt(HOT_KEYS)) + "')::uuid";
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

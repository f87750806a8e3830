package dev.sluice.pipeline;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * A position in the WAL that the whole pipeline is to pass. Everything committed before it was
 * taken is visible in ClickHouse once {@link #awaitPassed} returns, because
 *
 * <ol>
 *   <li>the slot's {@code confirmed_flush_lsn} is past it only when Kafka has acknowledged every
 *       change before it (Debezium confirms what Connect has flushed), and
 *   <li>the sink commits an offset only when ClickHouse has acknowledged every row before it.
 * </ol>
 */
public final class SyncPoint {

  private final PostgresAddress postgres;
  private final String slot;
  private final String lsn;

  private SyncPoint(PostgresAddress postgres, String slot, String lsn) {
    this.postgres = postgres;
    this.slot = slot;
    this.lsn = lsn;
  }

  /** Takes the current end of the WAL. */
  public static SyncPoint now(PostgresAddress postgres, String slot) {
    return new SyncPoint(postgres, slot, text(postgres, "SELECT pg_current_wal_insert_lsn()"));
  }

  /**
   * Waits, without limit, until source and sink are past this position.
   *
   * @param check called between looks, to throw when waiting has become pointless
   * @param progress takes a line that says what is being waited for
   */
  public void awaitPassed(TopicLag lag, Runnable check, Consumer<String> progress) {
    await(
        () -> sourcePassed() ? 0 : 1,
        check,
        left -> progress.accept("Waiting for the source to pass " + lsn));
    Map<TopicPartition, Long> ends = lag.ends();
    await(
        () -> lag.recordsBefore(ends),
        check,
        left -> progress.accept("Waiting for the sink: " + left + " records to go"));
  }

  private interface Remaining {
    long count();
  }

  private static void await(Remaining remaining, Runnable check, Consumer<Long> progress) {
    for (long left; (left = remaining.count()) > 0; ) {
      progress.accept(left);
      check.run();
      Pause.millis(100);
    }
  }

  private boolean sourcePassed() {
    return "t"
        .equals(
            text(
                postgres,
                "SELECT coalesce(bool_or(confirmed_flush_lsn >= '"
                    + lsn
                    + "'), false) FROM pg_replication_slots WHERE slot_name = '"
                    + slot
                    + "'"));
  }

  private static String text(PostgresAddress postgres, String sql) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + ": " + e.getMessage(), e);
    }
  }
}

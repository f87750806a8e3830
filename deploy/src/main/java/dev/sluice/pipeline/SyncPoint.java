package dev.sluice.pipeline;

import dev.sluice.Pause;
import dev.sluice.servers.PostgresAddress;
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
 *   <li>the slot's {@code confirmed_flush_lsn} gets past it only when Kafka has acknowledged every
 *       change before it: Connect hands Debezium an offset when all records before that offset are
 *       acknowledged, those of a snapshot included, and Debezium confirms nothing else; and
 *   <li>the sink commits an offset only when ClickHouse has acknowledged every row before it.
 * </ol>
 *
 * <p>The position is taken once the source streams. A slot is born with a confirmed position, which
 * says nothing about the snapshot that is still being read then.
 */
public final class SyncPoint {

  private static final String SLOT_IS =
      "SELECT coalesce(bool_or(%s), false) FROM pg_replication_slots WHERE slot_name = '%s'";

  private final PostgresAddress postgres;
  private final String slot;

  /**
   * @param slot the source's replication slot; it need not exist yet
   */
  public SyncPoint(PostgresAddress postgres, String slot) {
    this.postgres = postgres;
    this.slot = slot;
  }

  /**
   * Waits, without limit, until all that was committed before the call is visible.
   *
   * @param check called between looks, to throw when waiting has become pointless
   * @param progress takes a line that says what is being waited for
   */
  public void awaitPassed(TopicLag lag, Runnable check, Consumer<String> progress) {
    await(
        () -> slotIs("active") ? 0 : 1,
        check,
        left -> progress.accept("Waiting for the source to stream"));
    String lsn = text("SELECT pg_current_wal_insert_lsn()");
    // Not "at it": only what is past it cannot be the position that the slot was born with.
    await(
        () -> slotIs("confirmed_flush_lsn > '" + lsn + "'") ? 0 : 1,
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

  private boolean slotIs(String condition) {
    return text(SLOT_IS.formatted(condition, slot)).equals("t");
  }

  private String text(String sql) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }
}

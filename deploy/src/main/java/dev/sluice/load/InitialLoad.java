package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.mapping.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.Transfer;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The rows that a table holds before its stream begins: makes the source's replication slot, copies
 * the table as it was at that very moment, and leaves the slot for a source with {@code
 * snapshot.mode=no_data}. What was committed before is in the copy, what is committed after it in
 * the slot.
 *
 * <p>While rows are copied the slot is called {@code …_loading}, and gets its name when all are
 * there. So an unfinished load can be told from a finished one by anyone, from anywhere.
 *
 * <p>Failure semantics: see {@link BulkLoad} for a single chunk. A snapshot that is gone (Postgres
 * has stopped) makes the load begin again, {@value #ATTEMPTS} times in all. A load that fails or is
 * interrupted removes the rows that it has brought and its slot; what a killed one has left, the
 * next one removes, and says so. A fact table with rows that no load of ours has brought is
 * refused: what has been deleted in Postgres would stay in it.
 */
public final class InitialLoad {

  /** Who brings the rows that a table holds before its stream begins. */
  public enum Way {
    /** A load of ours, by COPY. */
    BULK,
    /** Debezium, as change events through Kafka. */
    SNAPSHOT
  }

  /** What follows the slot's name until the load is over. */
  public static final String LOADING = "_loading";

  /** The source's setting that says who brings the first rows. */
  public static final String SNAPSHOT_MODE = "snapshot.mode";

  private static final String NO_SNAPSHOT = "no_data";
  private static final int ATTEMPTS = 3;
  private static final int LONGEST_SLOT_NAME = 63;

  private final PostgresAddress postgres;
  private final ClickHouse clickHouse;
  private final TableMapping mapping;
  private final String slot;
  private final String loadingSlot;
  private final BulkLoad.Options options;
  private final Narrator narrator;
  private volatile BulkLoad load;

  /**
   * @param slot the source's {@code slot.name}
   */
  public InitialLoad(
      PostgresAddress postgres,
      ClickHouse clickHouse,
      TableMapping mapping,
      String slot,
      BulkLoad.Options options,
      Narrator narrator) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.slot = slot;
    this.loadingSlot = slot + LOADING;
    this.options = options;
    this.narrator = narrator;
    if (loadingSlot.length() > LONGEST_SLOT_NAME) {
      throw new SluiceException(
          "slot.name " + slot + " is too long for a load: at most 55 characters are possible.");
    }
  }

  /**
   * Why these tables cannot be loaded this way; null when they can. Debezium's own snapshot can
   * read them.
   */
  public static String refusal(TableMapping mapping) {
    try {
      Transfer.of(mapping, new Transfer.Moment(0, 0));
      return null;
    } catch (SluiceException e) {
      return e.getMessage();
    }
  }

  /** A source that begins where the load has ended; a sink as it is. */
  public static ConnectorSpec streaming(ConnectorSpec connector) {
    return connector.isSink() ? connector : connector.with(Map.of(SNAPSHOT_MODE, NO_SNAPSHOT));
  }

  /** Whether a source has begun, or begins, without a snapshot. */
  public static boolean isStreaming(Map<String, String> config) {
    return NO_SNAPSHOT.equals(config.get(SNAPSHOT_MODE));
  }

  /** Whether the source's slot is there: its rows have been loaded, one way or the other. */
  public static boolean isDone(PostgresAddress postgres, String slot) {
    try (Connection connection = postgres.connect()) {
      return exists(connection, slot);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /**
   * Loads the table.
   *
   * @param restart whether to empty the fact table first, whatever is in it
   * @throws SluiceException when the load cannot begin or has failed; nothing is left of it then
   */
  public BulkLoad.Result run(boolean restart) {
    Thread hook = new Thread(this::abandon, "abandon load");
    Runtime.getRuntime().addShutdownHook(hook);
    try (Connection lock = postgres.connect()) {
      begin(lock, restart);
      for (int attempt = 1; ; attempt++) {
        try {
          return attempt();
        } catch (SnapshotLost e) {
          if (attempt == ATTEMPTS) {
            throw new SluiceException(e.getMessage());
          }
          narrator.say(e.getMessage() + "; its snapshot is gone, so the load begins again");
          awaitPostgres();
          removeUnfinished();
        }
      }
    } catch (SQLException e) {
      abandon();
      throw postgres.failed(e);
    } catch (RuntimeException e) {
      abandon();
      throw e;
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending, and the hook at work.
      }
    }
  }

  private void begin(Connection lock, boolean restart) throws SQLException {
    if (!is(lock, "SELECT pg_try_advisory_lock(hashtext('sluice load'), hashtext(?))", slot)) {
      throw new SluiceException("Another load for the slot " + slot + " is at work.");
    }
    if (exists(lock, slot)) {
      drop(lock, loadingSlot); // Of a load that was killed at its very end.
      throw new SluiceException(
          "Postgres at "
              + postgres
              + " has the slot "
              + slot
              + " already: the table has been loaded, and what has changed since is in the slot"
              + " (./sluice register --initial-load bulk goes on from there)."
              + " To start over, remove the source connector, then: SELECT"
              + " pg_drop_replication_slot('"
              + slot
              + "');");
    }
    if (exists(lock, loadingSlot)) {
      narrator.say("An unfinished load was found: its rows and its slot are removed");
      removeUnfinished();
    } else if (restart) {
      empty();
    } else if (clickHouse.number("SELECT count() FROM " + Sql.factName(mapping.fact())) > 0) {
      throw new SluiceException(
          "The fact table "
              + mapping.fact()
              + " has rows already. A load only adds rows: what was deleted in Postgres would stay."
              + " Empty it first: TRUNCATE TABLE "
              + mapping.fact()
              + ";");
    }
    if (!is(
        lock,
        "SELECT count(*) + 2 <= current_setting('max_replication_slots')::int AND ? <> ''"
            + " FROM pg_replication_slots",
        slot)) {
      throw new SluiceException(
          "Postgres at "
              + postgres
              + " has fewer than two free replication slots: drop those that nobody uses, or raise"
              + " max_replication_slots.");
    }
  }

  private BulkLoad.Result attempt() throws SnapshotLost {
    try (Snapshot snapshot = snapshot()) {
      load = new BulkLoad(postgres, clickHouse, mapping, options, narrator);
      BulkLoad.Result result = load.copyAll(snapshot, new WalWatch(loadingSlot, narrator));
      finish();
      return result;
    } catch (SQLException e) {
      String message = "Postgres at " + postgres + ": " + e.getMessage();
      if (ChunkCopier.mayPass(e)) {
        throw new SnapshotLost(message);
      }
      throw new SluiceException(
          message + " (the role needs REPLICATION, and SELECT on " + mapping.source() + ")", e);
    }
  }

  /** Postgres first waits for every transaction that is open, however long it takes. */
  private Snapshot snapshot() throws SQLException {
    CompletableFuture<Snapshot> created =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Snapshot.withSlot(postgres, loadingSlot);
              } catch (SQLException e) {
                throw new CompletionException(e);
              }
            });
    for (int waited = 0; !created.isDone(); waited += 50) {
      if (waited >= 1_000) {
        narrator.progress(
            "Creating the slot: Postgres waits for transactions in progress to end"
                + " (pg_stat_activity, ORDER BY xact_start)");
      }
      Pause.millis(50);
    }
    try {
      return created.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SQLException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** All rows are there: unless they have just been given up, the slot gets its name. */
  private synchronized void finish() throws SQLException {
    if (load == null) {
      throw new SluiceException("The load was ended before its slot had its name.");
    }
    try (Connection connection = postgres.connect()) {
      is(
          connection,
          "SELECT pg_copy_logical_replication_slot('" + loadingSlot + "', ?) IS NULL",
          slot);
      drop(connection, loadingSlot);
    }
    load = null;
  }

  /** After a failure, or when the process is ended: nothing half-done stays. */
  private synchronized void abandon() {
    BulkLoad unfinished = load;
    if (unfinished == null) {
      return;
    }
    load = null;
    try {
      unfinished.stop();
      removeUnfinished();
    } catch (RuntimeException e) {
      // A server is away. The slot's name tells the next load what there is to remove.
      narrator.say("What the load has left is removed by the next one: " + e.getMessage());
    }
  }

  /** Rows before slot: as long as the slot is there, the rows are known to be unfinished. */
  private void removeUnfinished() {
    // What the server has taken of an insert that was broken off must not land after this.
    clickHouse.executeOne(
        "KILL QUERY WHERE startsWith(query_id, "
            + Sql.factText(ChunkCopier.queryPrefix(mapping))
            + ") SYNC");
    empty();
    try (Connection connection = postgres.connect()) {
      drop(connection, loadingSlot);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  private void empty() {
    clickHouse.executeOne("TRUNCATE TABLE " + Sql.factName(mapping.fact()));
  }

  private void awaitPostgres() {
    long deadline = System.nanoTime() + options.patience().toNanos();
    while (true) {
      try (Connection connection = postgres.connect()) {
        if (connection.isValid((int) Duration.ofSeconds(5).toSeconds())) {
          return;
        }
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          throw postgres.failed(e);
        }
        narrator.progress("Waiting for Postgres at " + postgres);
      }
      Pause.millis(200);
    }
  }

  private static boolean exists(Connection connection, String slot) throws SQLException {
    return is(
        connection, "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ?)", slot);
  }

  private static void drop(Connection connection, String slot) throws SQLException {
    is(
        connection,
        "SELECT coalesce(bool_and(pg_drop_replication_slot(slot_name) IS NULL), true)"
            + " FROM pg_replication_slots WHERE slot_name = ?",
        slot);
  }

  private static boolean is(Connection connection, String question, String slot)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(question)) {
      statement.setString(1, slot);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}

package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.load.BulkLoad.OutOfPatience;
import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.Transfer;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import java.nio.file.Path;
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
 * <p>Failure semantics: see {@link BulkLoad} for a single chunk. A load that is interrupted or
 * killed, or whose servers stay away for too long, is gone on with by the next one, chunk by chunk,
 * as long as its {@link Keeper} holds the snapshot and its {@link UnfinishedLoad} is there. Else
 * the next one begins again, and says so; it does so by itself when the snapshot is lost (Postgres
 * has stopped), {@value #ATTEMPTS} times in all. A load that fails for good removes the rows that
 * it has brought and its slot. A fact table with rows that no load of ours has brought is refused:
 * what has been deleted in Postgres would stay in it.
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
  private final Path progress;
  private final BulkLoad.Options options;
  private final Narrator narrator;
  private UnfinishedLoad unfinished;
  private BulkLoad load;

  /**
   * @param slot the source's {@code slot.name}
   * @param folder where to note what is done, for another process to go on
   */
  public InitialLoad(
      PostgresAddress postgres,
      ClickHouse clickHouse,
      TableMapping mapping,
      String slot,
      Path folder,
      BulkLoad.Options options,
      Narrator narrator) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.slot = slot;
    this.loadingSlot = slot + LOADING;
    this.progress = UnfinishedLoad.file(folder, slot);
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
   * @throws SluiceException when the load cannot begin or has failed; it says what is left of it
   */
  public BulkLoad.Result run(boolean restart) {
    Thread hook = new Thread(() -> narrator.say("Interrupted" + breakOff()), "end of load");
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
          synchronized (this) {
            load = null;
          }
          narrator.say(e.getMessage() + "; its snapshot is gone, so the load begins again");
          awaitPostgres();
          removeUnfinished();
        }
      }
    } catch (OutOfPatience e) {
      throw new SluiceException(e.getMessage() + breakOff());
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
    if (!is(lock, Keeper.LOCK, slot)) {
      throw new SluiceException("Another load for the slot " + slot + " is at work.");
    }
    if (exists(lock, slot)) {
      forget(lock); // Of a load that was killed at its very end.
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
      String reason = restart ? "--restart was given" : findUnfinished();
      if (reason == null) {
        narrator.say(
            "Going on with an unfinished load: %,d of %,d chunks, %,d rows, are there"
                .formatted(
                    unfinished.plan().chunks().size() - unfinished.waiting().size(),
                    unfinished.plan().chunks().size(),
                    unfinished.rows()));
        return;
      }
      narrator.say(
          "An unfinished load was found, but "
              + reason
              + ": its rows and its slot are removed, and the load begins again");
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
              + ";"
              + (UnfinishedLoad.read(progress) == null
                  ? ""
                  : " (They may be those of the load that was broken off and not gone on with in"
                      + " time; load --restart empties the table.)"));
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

  /**
   * Looks for what an earlier load has left.
   *
   * @return why it cannot be gone on with; null when it can
   */
  private String findUnfinished() throws SQLException {
    UnfinishedLoad found = UnfinishedLoad.read(progress);
    if (found == null) {
      return progress + " is not there or not whole, which says what it has done";
    }
    UnfinishedLoad.Plan plan = found.plan();
    if (!plan.keptSince().equals(Keeper.since(postgres, loadingSlot))) {
      return "its snapshot is no longer held";
    }
    if (!plan.transfer().equals(Transfer.of(mapping, plan.moment()).toString())) {
      return "the columns or the settings have changed since";
    }
    if (clickHouse.number("SELECT count() FROM " + Sql.factName(mapping.fact())) < found.rows()) {
      return "rows are missing that it had loaded";
    }
    unfinished = found;
    return null;
  }

  private BulkLoad.Result attempt() throws SnapshotLost, OutOfPatience {
    BulkLoad bulk = new BulkLoad(postgres, clickHouse, mapping, options, narrator);
    try (Snapshot snapshot = unfinished == null ? begun(bulk) : goneOnWith()) {
      synchronized (this) {
        load = bulk;
      }
      BulkLoad.Result result =
          bulk.copyAll(snapshot, unfinished, new WalWatch(loadingSlot, narrator));
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

  private Snapshot begun(BulkLoad bulk) throws SQLException {
    Snapshot snapshot = snapshot();
    try {
      unfinished =
          UnfinishedLoad.begin(
              progress,
              new UnfinishedLoad.Plan(
                  snapshot.name(),
                  Keeper.since(postgres, loadingSlot),
                  snapshot.moment(),
                  Transfer.of(mapping, snapshot.moment()).toString(),
                  bulk.chunks(snapshot.connection())));
      return snapshot;
    } catch (SQLException | RuntimeException e) {
      snapshot.close();
      try (Connection connection = postgres.connect()) {
        forget(connection);
      }
      throw e;
    }
  }

  private Snapshot goneOnWith() throws SQLException {
    return Snapshot.held(postgres, unfinished.plan().snapshot(), unfinished.plan().moment());
  }

  /** Postgres first waits for every transaction that is open, however long it takes. */
  private Snapshot snapshot() throws SQLException {
    CompletableFuture<Snapshot> created =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Snapshot.withSlot(
                    postgres, mapping.source().sql(), slot, loadingSlot, options.hold());
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
      forget(connection);
    }
    load = null;
  }

  /**
   * Stops, and leaves what is done for another process to go on with, if any may.
   *
   * @return what becomes of the load, as the end of a sentence
   */
  private synchronized String breakOff() {
    if (load == null || options.hold().isZero()) {
      abandon();
      return "";
    }
    load.stop();
    load = null;
    long seconds = options.hold().toSeconds();
    return (". The load is broken off after %,d rows. The same command goes on with it within %s;"
            + " until then Postgres keeps WAL and dead rows for it")
        .formatted(
            unfinished.rows(), seconds % 60 == 0 ? seconds / 60 + " minutes" : seconds + " s");
  }

  /** After a failure: nothing half-done stays. */
  private synchronized void abandon() {
    BulkLoad failed = load;
    if (failed == null) {
      return;
    }
    load = null;
    try {
      failed.stop();
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
    unfinished = null;
    try (Connection connection = postgres.connect()) {
      forget(connection);
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

  /** The snapshot, the slot, and what has been noted. */
  private void forget(Connection connection) throws SQLException {
    Keeper.end(connection, loadingSlot);
    drop(connection, loadingSlot);
    UnfinishedLoad.delete(progress);
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

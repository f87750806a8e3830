package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad.OutOfPatience;
import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.load.Ownership.Disowned;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.Transfer;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

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
 * killed, or whose servers stay away for too long, is resumed by the next one, chunk by chunk, as
 * long as its {@link Keeper} holds the snapshot and its {@link UnfinishedLoad} is there. Else the
 * next one begins again, and says so; it does so by itself when the snapshot is lost (Postgres has
 * stopped), {@value #ATTEMPTS} times in all. A load that fails for good removes the rows that it
 * has brought and its slot. A fact table with rows that no load of ours has brought is refused:
 * what has been deleted in Postgres would stay in it.
 *
 * <p>Before anything is removed, {@link Ownership} is proven anew: one process is at work on a
 * slot, and what it removes is what it, or the load that it goes on with, has made. Where that
 * cannot be proven, the load stops, says why, and removes nothing.
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
  public static final String LOADING = LoadSlots.LOADING;

  /** The source's setting that says who brings the first rows. */
  public static final String SNAPSHOT_MODE = "snapshot.mode";

  private static final String NO_SNAPSHOT = "no_data";
  private static final String NOT_ALLOWED = "42501";
  private static final int ATTEMPTS = 3;
  private static final int LONGEST_SLOT_NAME = 63;

  private final PostgresAddress postgres;
  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;
  private final LoadSlots slots;
  private final LoadFacts facts;
  private final Path progress;
  private final BulkLoad.Options options;
  private final Narrator narrator;

  /** At most so many rows in the fact table are this load's. */
  private final AtomicLong brought = new AtomicLong();

  private volatile Ownership own;
  private UnfinishedLoad unfinished;
  private BulkLoad load;

  /**
   * @param slot the source's {@code slot.name}
   * @param folder where to note what is done, for another process to go on
   */
  public InitialLoad(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      TableMapping mapping,
      String slot,
      Path folder,
      BulkLoad.Options options,
      Narrator narrator) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.slots = new LoadSlots(slot);
    this.facts = new LoadFacts(clickHouse, mapping);
    this.progress = UnfinishedLoad.file(folder, slot);
    this.options = options;
    this.narrator = narrator;
    if (slots.loading().length() > LONGEST_SLOT_NAME) {
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
      return new LoadSlots(slot).exists(connection, slot);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /** What has been read of the source's slot; 0 where there is none. */
  public static long confirmed(PostgresAddress postgres, String slot) {
    try (Connection connection = postgres.connect()) {
      return new LoadSlots(slot).confirmed(connection);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /**
   * Looks whether the load could begin, and changes nothing.
   *
   * @throws SluiceException when it could not, with what there is to do
   */
  public void refuse(boolean restart) {
    try (Connection connection = postgres.connect()) {
      if (slots.exists(connection, slots.name())) {
        if (!slots.exists(connection, slots.loading())) {
          throw new SluiceException(loadedAlready());
        }
      } else if (!slots.exists(connection, slots.loading())) {
        refuseToBegin(connection, restart);
      }
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
    Thread hook = new Thread(() -> narrator.say("Interrupted" + suspend()), "end of load");
    Runtime.getRuntime().addShutdownHook(hook);
    try (Ownership taken = Ownership.take(postgres, slots, narrator)) {
      own = taken;
      return runOwning(restart);
    } catch (SQLException e) {
      throw postgres.failed(e);
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending, and the hook at work.
      }
    }
  }

  private BulkLoad.Result runOwning(boolean restart) {
    try {
      begin(restart);
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
    } catch (Disowned e) {
      throw new SluiceException(e.getMessage() + stopped());
    } catch (OutOfPatience e) {
      throw new SluiceException(e.getMessage() + suspend());
    } catch (SQLException e) {
      abandon();
      throw postgres.failed(e);
    } catch (RuntimeException e) {
      abandon();
      throw e;
    }
  }

  private void begin(boolean restart) throws SQLException, Disowned {
    try (Connection connection = postgres.connect()) {
      if (slots.exists(connection, slots.name())) {
        refuseNamed(slots.identity(connection));
      }
      if (slots.isBeingMade(connection)) {
        throw new SluiceException(
            "Another load is making the slot " + slots.loading() + " at this moment.");
      }
      if (slots.exists(connection, slots.loading()) && goesOn(connection, restart)) {
        return;
      }
      refuseToBegin(connection, restart);
      if (restart) {
        empty();
      }
    }
  }

  /** The source's slot is there: of a load that was finished, or killed at its very end. */
  private void refuseNamed(String loadingSlot) throws SQLException, Disowned {
    UnfinishedLoad found = UnfinishedLoad.read(progress);
    if (loadingSlot != null && found != null && loadingSlot.equals(found.plan().slot())) {
      if (!found.waiting().isEmpty()) {
        throw new SluiceException(
            "Postgres at "
                + postgres
                + " has the slot "
                + slots.name()
                + " beside "
                + slots.loading()
                + ", which is of a load that has not brought all rows: somebody else has made the"
                + " first. Nothing was changed. If nobody reads from it: SELECT"
                + " pg_drop_replication_slot('"
                + slots.name()
                + "'); and the same command goes on with the load.");
      }
      own.named();
      own.loading(loadingSlot);
      forget(found.plan().keptSince());
    }
    throw new SluiceException(loadedAlready());
  }

  private void refuseToBegin(Connection connection, boolean restart) throws SQLException {
    if (!restart && facts.count() > 0) {
      throw new SluiceException(
          "The fact table "
              + mapping.fact()
              + " has rows already. A load only adds rows: what was deleted in Postgres would stay."
              + " Empty it first: TRUNCATE TABLE "
              + mapping.fact()
              + ";"
              + (UnfinishedLoad.read(progress) == null
                  ? ""
                  : " (They may be those of the load that was suspended and not resumed in"
                      + " time; load --restart empties the table.)"));
    }
    refuseFewSlots(connection);
  }

  private String loadedAlready() {
    return "Postgres at "
        + postgres
        + " has the slot "
        + slots.name()
        + " already: the table has been loaded, and what has changed since is in the slot"
        + " (./sluice register --initial-load bulk goes on from there)."
        + " To start over, remove the source connector, then: SELECT pg_drop_replication_slot('"
        + slots.name()
        + "'); and give this command again with --restart, which empties the fact table.";
  }

  private void refuseFewSlots(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) + 2 <= current_setting('max_replication_slots')::int"
                    + " FROM pg_replication_slots")) {
      row.next();
      if (!row.getBoolean(1)) {
        throw new SluiceException(
            "Postgres at "
                + postgres
                + " has fewer than two free replication slots: drop those that nobody uses, or raise"
                + " max_replication_slots.");
      }
    }
  }

  /**
   * An unfinished load is there: goes on with it, or removes it where it is known to be this one's.
   *
   * @return whether it is resumed
   */
  private boolean goesOn(Connection connection, boolean restart) throws SQLException, Disowned {
    String slot = slots.identity(connection);
    own.loading(slot);
    UnfinishedLoad found = UnfinishedLoad.read(progress);
    boolean isNoted =
        found != null
            && found.plan().moment() != null
            && slot.equals(found.plan().slot())
            && facts.where().equals(found.plan().facts());
    long lsn = isNoted ? found.plan().moment().lsn() : slots.position(connection);
    if (restart) {
      narrator.say(
          "An unfinished load was found, but --restart was given: its rows and its slot are"
              + " removed, and the load begins again");
      facts.endInserts(lsn);
      empty();
      forget(Keeper.since(postgres, slots.loading()));
      return false;
    }
    if (!isNoted) {
      giveUpUnnoted(lsn);
      return false;
    }
    facts.endInserts(lsn);
    long present = facts.count();
    if (!facts.areAllOf(found.plan().moment(), found.mostRows())) {
      throw new SluiceException(
          "An unfinished load was found, but the fact table "
              + mapping.fact()
              + " has rows that it cannot have brought: somebody else fills it. Nothing was"
              + " changed. load --restart empties the table, whatever is in it, and begins again.");
    }
    brought.set(present);
    unfinished = found;
    String reason = whyNotGoneOnWith(found, present);
    if (reason != null) {
      narrator.say(
          "An unfinished load was found, but "
              + reason
              + ": its rows and its slot are removed, and the load begins again");
      removeUnfinished();
      return false;
    }
    narrator.say(
        "Going on with an unfinished load: %,d of %,d chunks, %,d rows, are there"
            .formatted(
                found.plan().chunks().size() - found.waiting().size(),
                found.plan().chunks().size(),
                found.rows()));
    return true;
  }

  /** An unfinished load of which nothing is known here: its rows are not ours to remove. */
  private void giveUpUnnoted(long lsn) throws SQLException, Disowned {
    facts.endInserts(lsn);
    if (facts.count() > 0) {
      throw new SluiceException(
          "The slot "
              + slots.loading()
              + " is of an unfinished load that "
              + progress
              + " does not tell of: it was begun elsewhere, or fills another fact table. Whose the"
              + " rows of "
              + mapping.fact()
              + " are cannot be told, so nothing was changed. Go on with it from where it was begun"
              + " (--data-dir), or give it up: load --restart empties the table, whatever is in it,"
              + " and begins again.");
    }
    narrator.say(
        "An unfinished load was found, but "
            + progress
            + " does not tell of it: its slot is removed, and the load begins again");
    forget(Keeper.since(postgres, slots.loading()));
  }

  /** Null when it can be resumed. */
  private String whyNotGoneOnWith(UnfinishedLoad found, long present) throws SQLException {
    UnfinishedLoad.Plan plan = found.plan();
    if (!plan.keptSince().equals(Keeper.since(postgres, slots.loading()))) {
      return "its snapshot is no longer held";
    }
    if (!plan.transfer().equals(Transfer.of(mapping, plan.moment()).toString())) {
      return "the columns or the settings have changed since";
    }
    if (present < found.rows()) {
      return "rows are missing that it had loaded";
    }
    return null;
  }

  private BulkLoad.Result attempt() throws Disowned, SnapshotLost, OutOfPatience {
    BulkLoad bulk = new BulkLoad(postgres, clickHouse, mapping, options, narrator, own, brought);
    try (Snapshot snapshot = unfinished == null ? begun(bulk) : resumed()) {
      synchronized (this) {
        load = bulk;
      }
      BulkLoad.Result result =
          bulk.copyAll(snapshot, unfinished, new WalWatch(slots.loading(), narrator));
      finish();
      return result;
    } catch (SQLException e) {
      String message = "Postgres at " + postgres + ": " + PostgresAddress.reason(e);
      if (ChunkCopier.mayPass(e)) {
        throw new SnapshotLost(message);
      }
      throw new SluiceException(
          NOT_ALLOWED.equals(e.getSQLState())
              ? message + " (the role needs REPLICATION, and SELECT on " + mapping.source() + ")"
              : message,
          e);
    }
  }

  private Snapshot begun(BulkLoad bulk) throws SQLException, Disowned, SnapshotLost {
    own.making();
    Snapshot snapshot = null;
    try {
      snapshot =
          new SlotCreation(postgres, slots, narrator)
              .await(mapping.source(), options.resumeWindow(), own);
      own.loading(snapshot.slot());
      unfinished =
          UnfinishedLoad.begin(
              progress,
              new UnfinishedLoad.Plan(
                  snapshot.slot(),
                  facts.where(),
                  snapshot.name(),
                  Keeper.since(postgres, slots.loading()),
                  snapshot.moment(),
                  Transfer.of(mapping, snapshot.moment()).toString(),
                  bulk.chunks(snapshot.connection())));
      return snapshot;
    } catch (SQLException | RuntimeException e) {
      if (snapshot == null) {
        own.loading(null);
      } else {
        snapshot.close();
        forget(Keeper.since(postgres, slots.loading()));
      }
      throw e;
    }
  }

  private Snapshot resumed() throws SQLException, SnapshotLost {
    try {
      return Snapshot.held(postgres, unfinished.plan().snapshot(), unfinished.plan().moment());
    } catch (SQLException e) {
      if (ChunkCopier.mayPass(e)) {
        throw e;
      }
      throw new SnapshotLost("Postgres at " + postgres + ": " + e.getMessage());
    }
  }

  /** All rows are there: unless they have just been given up, the slot gets its name. */
  private synchronized void finish() throws SQLException, Disowned, SnapshotLost {
    if (load == null) {
      throw new SluiceException("The load was ended before its slot had its name.");
    }
    own.nameSlot();
    load = null;
    forget(unfinished.plan().keptSince());
  }

  /**
   * Stops, and leaves what is done for another process to go on with, if any may.
   *
   * @return what becomes of the load, as the end of a sentence
   */
  private synchronized String suspend() {
    if (load == null || options.resumeWindow().isZero()) {
      abandon();
      return "";
    }
    load.stop();
    load = null;
    long seconds = options.resumeWindow().toSeconds();
    return (". The load is suspended after %,d rows. The same command resumes it within %s;"
            + " until then Postgres keeps WAL and dead rows for it")
        .formatted(
            unfinished.rows(), seconds % 60 == 0 ? seconds / 60 + " minutes" : seconds + " s");
  }

  /**
   * Stops, and leaves everything, because it may be somebody else's.
   *
   * @return that, as the sentence after the reason
   */
  private synchronized String stopped() {
    if (load != null) {
      load.stop();
      load = null;
    }
    return " This load has stopped%s and has removed nothing."
        .formatted(unfinished == null ? "" : " after %,d rows".formatted(unfinished.rows()));
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
    } catch (Disowned e) {
      narrator.say("What the load has left stays: " + e.getMessage());
    } catch (SQLException | RuntimeException e) {
      // A server is away. The slot's name tells the next load what there is to remove.
      narrator.say("What the load has left is removed by the next one: " + e.getMessage());
    }
  }

  /** Rows before slot: as long as the slot is there, the rows are known to be unfinished. */
  private void removeUnfinished() throws SQLException, Disowned {
    if (unfinished == null) {
      return; // The load has not come so far as to write anything.
    }
    UnfinishedLoad.Plan plan = unfinished.plan();
    own.prove();
    // What the server has taken of an insert that was cut off must not land after this.
    facts.endInserts(plan.moment().lsn());
    if (!facts.areAllOf(plan.moment(), brought.get())) {
      throw new Disowned(
          "The fact table "
              + mapping.fact()
              + " has rows that this load has not brought: somebody else fills it.");
    }
    empty();
    forget(plan.keptSince());
    unfinished = null;
  }

  private void empty() throws SQLException, Disowned {
    own.prove();
    facts.empty();
    brought.set(0);
  }

  private void awaitPostgres() {
    long deadline = System.nanoTime() + options.serverTimeout().toNanos();
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
  private void forget(String keptSince) throws SQLException, Disowned {
    String slot = own.slot();
    own.owning(
        session -> {
          Keeper.end(session, slots.loading(), keptSince);
          slots.drop(session, slot);
        });
    UnfinishedLoad.delete(progress, slot);
    own.loading(null);
  }
}

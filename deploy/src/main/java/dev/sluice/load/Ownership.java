package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * The right to work on the load of one slot, which one process has at a time, and its proof.
 *
 * <p>Two sessions of Postgres stand for it. One holds the load's lock alone; the other shares a
 * second lock with every session that copies, which a newcomer needs alone for a moment. So nobody
 * gets in while either of them is there, or while one last session still copies. Both are asked
 * every second, which keeps them from being idle and shows when one is cut: its place is then taken
 * by a new one, which counts only because of the other.
 *
 * <p>Failure semantics: {@link #prove} asks Postgres anew each time. {@link Disowned} is final:
 * whatever the load has left may be somebody else's by now, and whoever hears of it stops and
 * removes nothing. An {@link SQLException} means that Postgres does not answer, and nothing is
 * proven then. When both sessions were cut (Postgres has stopped), the lock is taken again where
 * the load's slot is still the one that this load has made: another load would have removed it.
 */
final class Ownership implements Guard, AutoCloseable {

  /** Somebody else may own by now what the load has left. */
  static final class Disowned extends Exception {
    private static final long serialVersionUID = 1;

    Disowned(String message) {
      super(message);
    }
  }

  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
  private static final Duration LAST_COPIES = Duration.ofSeconds(15);

  private final PostgresAddress postgres;
  private final LoadSlots slots;
  private final Narrator narrator;
  private final Thread heartbeat;
  private LockSession lock;
  private LockSession second;
  private String identity;
  private boolean making;
  private boolean named;
  private volatile Disowned lost;
  private volatile SnapshotLost slotLost;
  private volatile boolean closed;

  private Ownership(
      PostgresAddress postgres,
      LoadSlots slots,
      Narrator narrator,
      LockSession lock,
      LockSession second) {
    this.postgres = postgres;
    this.slots = slots;
    this.narrator = narrator;
    this.lock = lock;
    this.second = second;
    this.heartbeat = new Thread(this::beat, "owner of " + slots.loading());
    heartbeat.setDaemon(true);
  }

  /**
   * Becomes the owner.
   *
   * @throws SluiceException when another load is at work
   */
  static Ownership take(PostgresAddress postgres, LoadSlots slots, Narrator narrator)
      throws SQLException {
    LockSession lock = null;
    LockSession second = null;
    try {
      lock = LockSession.open(postgres, slots.name(), ANSWER_LIMIT);
      long deadline = System.nanoTime() + LAST_COPIES.toNanos();
      // A load that was killed leaves sessions that take a moment to notice.
      while (!lock.tryExclusive(LockSession.COPIES)) {
        if (lock.isTaken(LockSession.LOADS) || System.nanoTime() > deadline) {
          throw atWork(slots);
        }
        Pause.millis(200);
      }
      if (!lock.tryExclusive(LockSession.LOADS)) {
        throw atWork(slots);
      }
      lock.release(LockSession.COPIES);
      second = LockSession.open(postgres, slots.name(), ANSWER_LIMIT);
      second.share();
      Ownership own = new Ownership(postgres, slots, narrator, lock, second);
      own.heartbeat.start();
      return own;
    } catch (SQLException | RuntimeException e) {
      closeQuietly(lock);
      closeQuietly(second);
      throw e;
    }
  }

  private static SluiceException atWork(LoadSlots slots) {
    return new SluiceException("Another load for the slot " + slots.name() + " is at work.");
  }

  /** A slot of the load's name that appears from now on is this process's: it is making one. */
  synchronized void making() {
    making = true;
  }

  /** From now on, the load's slot is the one with this identity; null while there is none. */
  synchronized void loading(String identity) {
    this.identity = identity;
    this.making = false;
    this.slotLost = null;
  }

  /** The identity of the load's slot; null while there is none. */
  synchronized String slot() {
    return identity;
  }

  /** The source's slot is there, and ought to be. */
  synchronized void named() {
    named = true;
  }

  @Override
  public void share(Connection copying) throws SQLException {
    LockSession.share(copying, slots.name());
  }

  /**
   * Returns when, at this moment, the load and its slot are this process's, or there is no such
   * slot and nobody else can have removed it on behalf of another load.
   */
  synchronized void prove() throws Disowned, SQLException {
    if (lost != null) {
      throw lost;
    }
    try {
      lock.requireHeld();
    } catch (SQLException e) {
      retake(e);
    }
    renewSecond();
    String present = slots.identity(lock.connection());
    if (present != null && !making && !present.equals(identity)) {
      disown("The slot " + slots.loading() + " is not the one that this load has made.");
    }
    if (!named && slots.exists(lock.connection(), slots.name())) {
      disown(
          "Somebody else has made the slot "
              + slots.name()
              + " meanwhile: a stream may have begun from it.");
    }
  }

  /** As {@link #prove}, and the load's slot is there. */
  @Override
  public void proveWithSlot() throws Disowned, SnapshotLost, SQLException {
    synchronized (this) {
      prove();
      if (identity == null || slots.identity(lock.connection()) == null) {
        slotLost = new SnapshotLost("The slot " + slots.loading() + " is gone");
        throw slotLost;
      }
    }
  }

  @Override
  public void refuseLost() throws Disowned, SnapshotLost {
    if (lost != null) {
      throw lost;
    }
    if (slotLost != null) {
      throw slotLost;
    }
  }

  /** A statement or two in the session that holds the lock, right after the proof. */
  interface Step {
    void in(Connection session) throws SQLException;
  }

  /** Does what only the owner may, in the very session whose lock makes it the owner. */
  synchronized void owning(Step step) throws Disowned, SQLException {
    prove();
    step.in(lock.connection());
  }

  /** The load is over: its slot gets its name. */
  synchronized void nameSlot() throws Disowned, SnapshotLost, SQLException {
    proveWithSlot();
    named = true;
    try {
      slots.copyToName(lock.connection());
    } catch (SQLException e) {
      named = false;
      throw e;
    }
  }

  private void retake(SQLException cut) throws Disowned, SQLException {
    String words = SessionCut.words(cut);
    boolean alone = !second.isSharing();
    LockSession fresh = LockSession.open(postgres, slots.name(), ANSWER_LIMIT);
    try {
      if (!fresh.tryExclusive(LockSession.LOADS) && !fresh.takeFrom(lock)) {
        disown(
            "The session that holds the load's lock was cut: " + words + ". Another load has it.");
      }
      if (alone) {
        String present = slots.identity(fresh.connection());
        if (identity == null || !identity.equals(present)) {
          disown(
              "The sessions that hold the load's lock were cut: "
                  + words
                  + ". Another load may have begun since.");
        }
      }
    } catch (SQLException | Disowned e) {
      closeQuietly(fresh);
      throw e;
    }
    closeQuietly(lock);
    lock = fresh;
    narrator.say(
        "The session that holds the load's lock was cut: "
            + words
            + ". Another has taken its place, and no other load has begun meanwhile.");
  }

  private void renewSecond() throws SQLException {
    if (second.isSharing()) {
      return;
    }
    closeQuietly(second);
    LockSession fresh = LockSession.open(postgres, slots.name(), ANSWER_LIMIT);
    try {
      fresh.share();
    } catch (SQLException e) {
      closeQuietly(fresh);
      throw e;
    }
    second = fresh;
  }

  private void disown(String reason) throws Disowned {
    lost = new Disowned(reason);
    throw lost;
  }

  private void beat() {
    while (!closed && lost == null) {
      try {
        Thread.sleep(INTERVAL.toMillis());
        if (hasSlot()) {
          proveWithSlot();
        } else {
          prove();
        }
      } catch (SnapshotLost e) {
        // It is kept, and everybody who asks hears of it.
      } catch (SQLException e) {
        // Postgres is away: those who copy meet the same, and wait as long as they may.
      } catch (Disowned e) {
        return; // So is this.
      } catch (InterruptedException | SluiceException e) {
        return; // Closed.
      }
    }
  }

  private synchronized boolean hasSlot() {
    return identity != null && !named;
  }

  @Override
  public void close() {
    closed = true;
    heartbeat.interrupt();
    synchronized (this) {
      closeQuietly(second);
      closeQuietly(lock);
    }
  }

  private static void closeQuietly(LockSession session) {
    if (session != null) {
      session.close();
    }
  }
}

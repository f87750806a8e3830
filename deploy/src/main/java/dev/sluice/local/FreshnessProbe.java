package dev.sluice.local;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ClickHouseClient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Measures freshness: takes the newest committed change, looks into ClickHouse until it is visible,
 * notes the time from commit to there, and takes the next newest.
 *
 * <p>Failure semantics: while ClickHouse does not answer it goes on looking, so an outage shows as
 * what it is, a long time to visibility.
 */
final class FreshnessProbe implements AutoCloseable {

  private static final int KEPT = 10_000;

  private final ClickHouseClient clickHouse;
  private final String table;
  private final AtomicReference<Workload.Change> newest = new AtomicReference<>();
  private final List<Long> millis = Collections.synchronizedList(new ArrayList<>());
  private final Thread thread = new Thread(this::run, "freshness");
  private volatile boolean stopping;
  private volatile Workload.Change awaited;

  FreshnessProbe(ClickHouseAddress address, String table) {
    this.clickHouse = new ClickHouseClient(address);
    this.table = table;
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Tells of a change just committed; only the newest untold one is measured. */
  void committed(Workload.Change change) {
    newest.set(change);
  }

  /**
   * Freshness in ms right now: the age of the change still waited for, or the last measured time;
   * empty before the first.
   */
  OptionalLong current() {
    Workload.Change waiting = awaited;
    long last = millis.isEmpty() ? -1 : millis.get(millis.size() - 1);
    long age = waiting == null ? -1 : (System.nanoTime() - waiting.committedAt()) / 1_000_000;
    long current = Math.max(last, age);
    return current < 0 ? OptionalLong.empty() : OptionalLong.of(current);
  }

  /** The time in ms that a share of all changes measured stayed below; empty when none was. */
  OptionalLong percentile(double share) {
    List<Long> sorted;
    synchronized (millis) {
      sorted = new ArrayList<>(millis);
    }
    if (sorted.isEmpty()) {
      return OptionalLong.empty();
    }
    Collections.sort(sorted);
    int index = (int) Math.ceil(share * sorted.size()) - 1;
    return OptionalLong.of(sorted.get(Math.max(0, index)));
  }

  /** How many changes were measured. */
  int samples() {
    return millis.size();
  }

  private void run() {
    while (!stopping) {
      Workload.Change change = newest.getAndSet(null);
      if (change == null) {
        Pause.millis(5);
        continue;
      }
      awaited = change;
      while (!stopping && !visible(change)) {
        Pause.millis(5);
      }
      awaited = null;
      if (!stopping) {
        synchronized (millis) {
          if (millis.size() == KEPT) {
            millis.remove(0);
          }
          millis.add((System.nanoTime() - change.committedAt()) / 1_000_000);
        }
      }
    }
  }

  /** A later version of the row counts too; a deleted row is one. */
  private boolean visible(Workload.Change change) {
    try {
      return clickHouse.number(
              "SELECT count() FROM "
                  + table
                  + " WHERE id = '"
                  + change.id()
                  + "' AND updated_at >= "
                  + change.version())
          > 0;
    } catch (SluiceException e) {
      return false;
    }
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    clickHouse.close();
  }
}

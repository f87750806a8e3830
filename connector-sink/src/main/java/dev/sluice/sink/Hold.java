package dev.sluice.sink;

import java.util.function.BiPredicate;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a table whose rows cannot go on for a reason that waiting does not fix.
 *
 * <p>Failure semantics: its partitions are paused and its offsets stay, while other tables go on.
 * Again and again, with growing pauses, its layout is read anew and its records are tried; it is
 * held until what failed has been acknowledged. (A task all of whose tables are held fails, which
 * is {@link FactSinkTask}'s to say.)
 */
final class Hold {
  private static final Logger LOG = LoggerFactory.getLogger(Hold.class);

  private final String table;
  private final Retry retry;
  private final TableMetrics metrics;
  private final Backoff backoff = new Backoff();
  private ConnectException cause;

  /** The record that cannot go on; null where it is all that comes. */
  private PartitionState partition;

  private long offset;

  /** It is time to try, and has not failed again yet. */
  private boolean trying;

  Hold(String table, Retry retry, TableMetrics metrics) {
    this.table = table;
    this.retry = retry;
    this.metrics = metrics;
  }

  /**
   * Holds the table.
   *
   * @param at the partition of the record that cannot go on; null where it is all that comes
   */
  void at(PartitionState at, long atOffset, ConnectException reason) {
    String text = "Table " + table + " is held: " + reason.getMessage();
    if (!text.equals(backoff.reason())) {
      LOG.warn("{}; its offsets stay, it is tried again", text);
    }
    backoff.failed(text, retry.waitMs(backoff.tries() + 1), System.nanoTime());
    cause = reason;
    partition = at;
    offset = atOffset;
    trying = false;
    metrics.held(true);
  }

  boolean isOn() {
    return backoff.isOn();
  }

  /** Of two that are on. */
  boolean isLaterThan(Hold other) {
    return backoff.since() - other.backoff.since() > 0;
  }

  /** Whether it is left alone. */
  boolean isWaiting() {
    return backoff.isOn() && !trying;
  }

  /** Whether it has been left alone long enough; from then on it is being tried. */
  boolean isOver(long now) {
    if (!isWaiting() || backoff.isWaiting(now)) {
      return false;
    }
    trying = true;
    return true;
  }

  long dueInMs(long now) {
    return backoff.dueInMs(now);
  }

  /** Empty while it is not held. */
  String reason() {
    return backoff.reason();
  }

  /** Null while it is not held. */
  ConnectException cause() {
    return cause;
  }

  /**
   * An insert was acknowledged.
   *
   * @param acknowledged whether a record of a partition is acknowledged
   */
  void passed(BiPredicate<PartitionState, Long> acknowledged) {
    if (backoff.isOn() && trying && (partition == null || acknowledged.test(partition, offset))) {
      LOG.info("Table {} is held no longer", table);
      clear();
    }
  }

  /** A partition is gone, and with it what failed there. */
  void forget(PartitionState gone) {
    if (partition == gone && backoff.isOn()) {
      clear();
    }
  }

  private void clear() {
    backoff.clear();
    cause = null;
    partition = null;
    trying = false;
    metrics.held(false);
  }
}

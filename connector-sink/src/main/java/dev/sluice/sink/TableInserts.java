package dev.sluice.sink;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is on its way into one table, one job at a time: reading its layout, or inserting batches.
 * {@link Inserter} does it beside the task's thread, to which all methods here belong.
 *
 * <p>Failure semantics: where the table takes no row at all, the batch waits, and is tried again
 * together with what comes next, up to the size of one batch, until {@code retry.timeout.ms} is
 * over. What else ends a job is for the {@link Owner}.
 */
final class TableInserts {
  private static final Logger LOG = LoggerFactory.getLogger(TableInserts.class);

  /** How many times as long as a go at a table that takes no row it is left alone. */
  private static final int WAIT_FACTOR = 10;

  /** What becomes of a job. */
  interface Owner {
    /** Whatever was sent has been acknowledged, but for these. */
    void acknowledged(List<Inserter.RejectedRow> rejected);

    /** The table has changed: what was sent is of no use. */
    void changed();

    /** Nothing helps. */
    void failed(ConnectException reason);
  }

  private final String table;
  private final TableParts parts;
  private final TableMetrics metrics;
  private final Retry retry;
  private final Inserter inserter;
  private final SentBatches sent;
  private final Owner owner;

  /** The table, or a view on it, takes no row. */
  private final Backoff broken = new Backoff();

  private Job<TableLayout> preparing;
  private Job<List<Inserter.RejectedRow>> inserting;

  /** How long the last job ran. */
  private long tookMs;

  /** Null until the layout of the table is known. */
  private Writers writers;

  TableInserts(String table, TableParts parts, TableMetrics metrics, Retry retry, Owner owner) {
    this.table = table;
    this.parts = parts;
    this.metrics = metrics;
    this.retry = retry;
    this.owner = owner;
    inserter = new Inserter(table, parts, metrics, retry);
    sent = new SentBatches(parts.config());
    prepare(null);
  }

  /**
   * Reads the layout of the table; until then there are no writers.
   *
   * @param wanted a schema that the table has to fit before, or null
   */
  void prepare(Schema wanted) {
    writers = null;
    preparing = new Job<>(parts.executor(), () -> inserter.prepare(wanted));
  }

  /** Null until the layout of the table is known. */
  Writers writers() {
    return writers;
  }

  /** What the running job inserts; or, while none runs, what the table has not taken a row of. */
  SentBatches sent() {
    return sent;
  }

  boolean isInserting() {
    return inserting != null;
  }

  boolean isIdle() {
    return preparing == null && inserting == null;
  }

  /** Of a table that takes no row: when to try again, how often it was tried, and why. */
  Backoff broken() {
    return broken;
  }

  /** What fails and is tried again; empty while nothing does. */
  String failure() {
    return broken.isOn() ? broken.reason() : retry.failure();
  }

  /** Milliseconds that the last job took. */
  long tookMs() {
    return tookMs;
  }

  /** Inserts the open batch, after what the table has not taken, unless a job is under way. */
  void send(OpenBatch open, long now) {
    if (inserting != null || writers == null || broken.isWaiting(now)) {
      return;
    }
    if (!open.isEmpty() && sent.mayJoin()) {
      sent.add(open.take());
    }
    if (!sent.isEmpty()) {
      List<Batch> batches = sent.all();
      TableLayout layout = writers.layout();
      int former = broken.tries();
      parts.pacer().began(now);
      submit(() -> inserter.insert(batches, layout, former));
    }
  }

  /** Executes a truncate when nothing is on its way. */
  void truncate(String statement, Batch before) {
    TableLayout layout = writers.layout();
    sent.add(before);
    submit(() -> inserter.truncate(statement, layout, before));
  }

  private void submit(Callable<List<Inserter.RejectedRow>> work) {
    parts.metrics().rowsInFlight.addAndGet(sent.rows());
    inserting = new Job<>(parts.executor(), work);
  }

  /** Looks what has become of the running job. */
  void settle() {
    try {
      if (preparing != null && preparing.isOver()) {
        Job<TableLayout> over = preparing;
        preparing = null;
        writers = new Writers(over.result());
      }
      if (inserting != null && inserting.isOver()) {
        Job<List<Inserter.RejectedRow>> over = inserting;
        inserting = null;
        parts.metrics().rowsInFlight.addAndGet(-sent.rows());
        tookMs = over.tookMs();
        acknowledge(over.result());
      }
    } catch (Fault fault) {
      switch (fault.kind()) {
        case DRIFT -> owner.changed();
        case UNSURE -> broken(fault);
        default -> owner.failed(failed(fault));
      }
    } catch (ConnectException e) {
      LOG.error("Table {}", table, e);
      owner.failed(e);
    }
  }

  private void acknowledge(List<Inserter.RejectedRow> rejected) {
    parts.proven().add(table);
    parts.pacer().took(inserter.lastTookMs());
    if (broken.isOn()) {
      LOG.info("Table {} takes rows again", table);
      clearBroken();
    }
    owner.acknowledged(rejected);
  }

  private ConnectException failed(Fault fault) {
    return new ConnectException("Table " + table + ": " + fault.getMessage(), fault);
  }

  /** The table, or a view on it, takes no row: what is here waits for others to be tried with. */
  private void broken(Fault fault) {
    if (!broken.isOn()) {
      metrics.failing.incrementAndGet();
      LOG.warn(
          "Table {} takes none of {} rows, which are tried again with those that follow: {}",
          table,
          sent.rows(),
          fault.getMessage());
    } else if (retry.isOver(broken.since())) {
      owner.failed(failed(retry.over(fault)));
      return;
    }
    metrics.retried();
    broken.failed(
        "Table " + table + " takes no row: " + fault.getMessage(),
        Math.max(retry.waitMs(broken.tries() + 1), tookMs * WAIT_FACTOR),
        System.nanoTime());
  }

  private void clearBroken() {
    if (broken.isOn()) {
      broken.clear();
      metrics.failing.decrementAndGet();
    }
  }

  /**
   * Forgets what is on its way, for the consumer to bring it again.
   *
   * @return the first offset of each partition
   */
  Map<PartitionState, Long> discard() {
    clearBroken();
    return sent.discard();
  }

  /** A table of which nothing is known any more. */
  void forgetLayout() {
    writers = null;
  }

  /** Ends the running job: it is waited for until the deadline and then cut off. */
  void stop(long deadline) {
    if (inserting != null) {
      parts.metrics().rowsInFlight.addAndGet(-sent.rows());
      inserting.stop(deadline);
      inserting = null;
    }
    if (preparing != null) {
      preparing.stop(System.nanoTime());
      preparing = null;
    }
  }
}

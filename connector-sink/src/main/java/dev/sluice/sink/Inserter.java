package dev.sluice.sink;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slow half of a {@link TableWriter}: everything that waits for ClickHouse or for the dead
 * letter queue, run off the task's thread.
 *
 * <p>Failure semantics: whatever may pass is retried inside, with more time after a timeout; what
 * is too large goes in parts. Before a refusal is taken for what it seems to be, the layout is read
 * again: a table that has changed, or is gone, is drift. What becomes of refused rows is {@link
 * Insertion}'s to find out. Otherwise what comes out is drift or fatal.
 */
final class Inserter {
  private static final Logger LOG = LoggerFactory.getLogger(Inserter.class);
  private static final long POLL_MS = 100;

  /** A row that ClickHouse does not take. */
  record RejectedRow(PartitionState partition, long offset, String reason) {}

  private final String table;
  private final Server server;
  private final TableMetrics metrics;
  private final Retry retry;
  private final DeadLetterReporter letters;
  private final InsertLimits limits;
  private final String queryPrefix;
  private volatile long lastTookMs;

  Inserter(String table, TableParts parts, TableMetrics metrics, Retry retry) {
    this.table = table;
    this.metrics = metrics;
    this.retry = retry;
    server = parts.server();
    letters = parts.letters();
    limits = new InsertLimits(parts.config().insertTimeoutMs());
    queryPrefix = "sluice/" + parts.config().connector() + "/" + table + "/";
  }

  /**
   * Makes sure that nothing which was being inserted for a former owner of a partition can land
   * later than our first rows, then reads the table's layout.
   *
   * @param wanted a schema that the table has to fit before this returns, or null
   */
  TableLayout prepare(Schema wanted) throws Fault, InterruptedException {
    awaitEnd(queryPrefix);
    return retry.untilDone("Reading the layout of table " + table, () -> fittingLayout(wanted));
  }

  private void awaitEnd(String prefix) throws Fault, InterruptedException {
    Set<String> former = new HashSet<>(running(prefix));
    while (!former.isEmpty()) {
      Thread.sleep(POLL_MS);
      former.retainAll(running(prefix));
    }
  }

  private Set<String> running(String prefix) throws Fault, InterruptedException {
    return retry.untilDone(
        "Looking for former inserts into table " + table,
        () -> {
          try {
            return server.running(prefix);
          } catch (Fault fault) {
            if (!fault.is(ErrorCode.ACCESS_DENIED)) {
              throw fault;
            }
            LOG.warn(
                "Table {}: going on without knowing whether former inserts still run, because the"
                    + " user may not SELECT from system.processes",
                table);
            return Set.of();
          }
        });
  }

  private TableLayout fittingLayout(Schema wanted) throws Fault, InterruptedException {
    server.refuseUnsafeSettings();
    TableLayout layout = server.layout(table);
    if (wanted != null) {
      try {
        RowWriter.compile(wanted, layout);
      } catch (MisfitException e) {
        throw new Fault(Fault.Kind.WAITING, 0, e.getMessage());
      }
    }
    return layout;
  }

  /**
   * Inserts the batches, then sets aside what is to be set aside.
   *
   * @param layout the one for which the rows were written
   * @param former how many goes at them have ended without one row landing
   * @return the rows that ClickHouse refused; all others have been acknowledged
   * @throws Fault {@link Fault.Kind#UNSURE} when it takes none of the rows, for a reason that may
   *     be one of them
   */
  List<RejectedRow> insert(List<Batch> batches, TableLayout layout, int former)
      throws Fault, InterruptedException {
    Insertion insertion = new Insertion(this, limits, retry, layout, former);
    for (Batch batch : batches) {
      for (Section section : batch.sections()) {
        insertion.insert(batch, section);
      }
    }
    List<RejectedRow> rejected = insertion.rejected();
    for (Batch batch : batches) {
      setAside(batch);
    }
    return rejected;
  }

  private void setAside(Batch batch) throws Fault, InterruptedException {
    if (!batch.letters().isEmpty()) {
      letters.send(batch.letters(), retry, metrics);
    }
  }

  /**
   * Inserts some rows and returns when ClickHouse has acknowledged them.
   *
   * @throws Fault when it is drift or fatal, or when the rows are refused or too large
   */
  void send(Batch batch, Section section, int from, int to, TableLayout layout)
      throws Fault, InterruptedException {
    Server.Insert insert = batch.insert(table, queryPrefix, section, from, to, limits.timeoutMs());
    long tookMs =
        retry.untilDone(
            "Inserting into table " + table,
            () -> judged(() -> timed(insert.within(limits.timeoutMs())), layout));
    limits.passed(tookMs);
    lastTookMs = tookMs;
    metrics.acknowledged(
        to - from, insert.toByte() - insert.fromByte(), batch.newestTimestamp(), tookMs);
  }

  private long timed(Server.Insert insert) throws Fault, InterruptedException {
    long began = System.nanoTime();
    try {
      server.insert(insert);
    } catch (Fault fault) {
      throw weighed(fault, insert);
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }

  /** A try that had the longest time is too large; once it is over, its rows may go in parts. */
  private Fault weighed(Fault fault, Server.Insert insert) throws Fault, InterruptedException {
    boolean alone = insert.rowCount() == 1;
    if (fault.kind() == Fault.Kind.TIMEOUT) {
      if (limits.tooSlow() || alone) {
        return fault.as(Fault.Kind.PASSING);
      }
      awaitEnd(insert.queryId());
      return fault.as(Fault.Kind.TOO_LARGE);
    }
    if (fault.kind() == Fault.Kind.TOO_LARGE && alone) {
      // Memory comes back; a limit of rows or bytes does not.
      return fault.as(
          fault.is(ErrorCode.MEMORY_LIMIT_EXCEEDED) ? Fault.Kind.PASSING : Fault.Kind.UNSURE);
    }
    return fault;
  }

  /** Milliseconds from sending the last insert to its answer. */
  long lastTookMs() {
    return lastTookMs;
  }

  /** Marks all rows of the table as deleted; see {@link Truncation}. */
  List<RejectedRow> truncate(String statement, TableLayout layout, Batch before)
      throws Fault, InterruptedException {
    String queryId = queryPrefix + UUID.randomUUID();
    Retry.Try<List<RejectedRow>> executing =
        () -> {
          server.execute(statement, queryId);
          return List.of();
        };
    List<RejectedRow> none =
        retry.untilDone(
            "Truncating table " + table,
            () -> {
              try {
                return judged(executing, layout);
              } catch (Fault fault) {
                // It cannot go in parts, and there is no other row to tell what is wrong.
                throw fault.kind() == Fault.Kind.DRIFT ? fault : fault.asPassing();
              }
            });
    setAside(before);
    return none;
  }

  /** One try; tells a table that has changed from what it looks like. */
  private <T> T judged(Retry.Try<T> attempt, TableLayout layout)
      throws Fault, InterruptedException {
    try {
      return attempt.run();
    } catch (Fault fault) {
      boolean refused = fault.kind() == Fault.Kind.UNSURE || fault.kind() == Fault.Kind.REFUSED;
      boolean changed =
          refused ? !server.layout(table).equals(layout) : fault.isMissing() && isMissing();
      throw changed ? fault.as(Fault.Kind.DRIFT) : fault;
    }
  }

  /** Whether it is this table that is missing, and not one behind a view on it. */
  private boolean isMissing() throws Fault, InterruptedException {
    try {
      server.layout(table);
      return false;
    } catch (Fault fault) {
      if (fault.isMissing()) {
        return true;
      }
      throw fault;
    }
  }
}

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slow half of a {@link Lane}: everything that waits for ClickHouse, run off the task's thread.
 *
 * <p>Failure semantics: whatever may pass is retried inside. Before a refusal is taken for what it
 * seems to be, the layout is read again: a table that has changed is drift. If it has not, refused
 * rows are bad: the batch is halved until each of them stands alone, and the good ones land, in
 * their order; and columns that do not match are a broken view's, which somebody has to mend. A
 * fault that comes out is drift or fatal.
 */
final class Inserter {
  private static final Logger LOG = LoggerFactory.getLogger(Inserter.class);
  private static final long POLL_MS = 100;

  /** A row that ClickHouse does not take. */
  record Refusal(Source source, long offset, String reason) {}

  private final String table;
  private final Server server;
  private final SinkMetrics metrics;
  private final Retry retry;
  private final String queryPrefix;

  Inserter(String table, Server server, SinkConfig config, SinkMetrics metrics) {
    this.table = table;
    this.server = server;
    this.metrics = metrics;
    this.retry = new Retry(config, metrics);
    this.queryPrefix = "sluice/" + config.connector() + "/" + table + "/";
  }

  /**
   * Makes sure that nothing which was being inserted for a former owner of a partition can land
   * later than our first rows, then reads the table's layout.
   *
   * @param wanted a schema that the table has to fit before this returns, or null
   */
  TableLayout prepare(Schema wanted) throws Fault, InterruptedException {
    Set<String> former = new HashSet<>(running());
    while (!former.isEmpty()) {
      Thread.sleep(POLL_MS);
      former.retainAll(running());
    }
    return retry.untilDone("Reading the layout of table " + table, () -> fittingLayout(wanted));
  }

  private Set<String> running() throws Fault, InterruptedException {
    return retry.untilDone(
        "Looking for former inserts into table " + table,
        () -> {
          try {
            return server.running(queryPrefix);
          } catch (Fault fault) {
            if (!fault.is(ErrorCode.ACCESS_DENIED)) {
              throw fault;
            }
            LOG.warn(
                "Table {}: going on without knowing whether inserts of a former task still run,"
                    + " because the user may not SELECT from system.processes",
                table);
            return Set.of();
          }
        });
  }

  private TableLayout fittingLayout(Schema wanted) throws Fault, InterruptedException {
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
   * Inserts the batch.
   *
   * @param layout the one for which the rows were written
   * @return the rows that ClickHouse refused; all others have been acknowledged
   */
  List<Refusal> insert(Batch batch, TableLayout layout) throws Fault, InterruptedException {
    List<Refusal> refusals = new ArrayList<>();
    if (batch.count() > 0) {
      insert(batch, layout, 0, batch.count(), refusals);
    }
    return refusals;
  }

  private void insert(Batch batch, TableLayout layout, int from, int to, List<Refusal> refusals)
      throws Fault, InterruptedException {
    Server.Insert insert = batch.insert(table, queryPrefix, from, to);
    try {
      long tookMs =
          retry.untilDone(
              "Inserting into table " + table, () -> judged(() -> timed(insert), layout));
      metrics.acknowledged(
          to - from, insert.toByte() - insert.fromByte(), batch.newestTimestamp(), tookMs);
    } catch (Fault fault) {
      if (fault.kind() != Fault.Kind.REFUSED) {
        throw fault;
      } else if (to - from == 1) {
        refusals.add(new Refusal(batch.source(from), batch.offset(from), fault.getMessage()));
      } else {
        int middle = (from + to) >>> 1;
        insert(batch, layout, from, middle, refusals);
        insert(batch, layout, middle, to, refusals);
      }
    }
  }

  private long timed(Server.Insert insert) throws Fault, InterruptedException {
    long began = System.nanoTime();
    server.insert(insert);
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }

  /** Marks all rows of the table as deleted; see {@link Truncation}. */
  List<Refusal> truncate(String statement, TableLayout layout) throws Fault, InterruptedException {
    String queryId = queryPrefix + UUID.randomUUID();
    Retry.Try<List<Refusal>> truncating =
        () -> {
          server.execute(statement, queryId);
          return List.of();
        };
    return retry.untilDone("Truncating table " + table, () -> judged(truncating, layout));
  }

  /** One try; tells drift and broken views from what they look like. */
  private <T> T judged(Retry.Try<T> attempt, TableLayout layout)
      throws Fault, InterruptedException {
    try {
      return attempt.run();
    } catch (Fault fault) {
      boolean mismatch = fault.kind() == Fault.Kind.MISMATCH;
      if (!mismatch && fault.kind() != Fault.Kind.REFUSED) {
        throw fault;
      } else if (!server.layout(table).equals(layout)) {
        throw fault.as(Fault.Kind.DRIFT);
      }
      throw mismatch ? fault.as(Fault.Kind.WAITING) : fault;
    }
  }
}

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slow half of a {@link Lane}: everything that waits for ClickHouse, run off the task's thread.
 *
 * <p>Failure semantics: whatever may pass is retried inside. A batch that is refused for its data
 * is halved until each bad row stands alone; the good ones land, in their order. A fault that comes
 * out is drift, when the table has another layout than the rows were written for, or fatal.
 */
final class Inserter {
  private static final Logger LOG = LoggerFactory.getLogger(Inserter.class);
  private static final long POLL_MS = 100;

  /** A row that ClickHouse does not take. */
  record Refusal(Source source, long offset, String reason) {}

  private final String table;
  private final Server server;
  private final Retry retry;
  private final String queryPrefix;

  Inserter(String table, Server server, SinkConfig config) {
    this.table = table;
    this.server = server;
    this.retry = new Retry(config);
    this.queryPrefix = "sluice/" + config.connector() + "/" + table + "/";
  }

  /**
   * Makes sure that nothing which was being inserted for a former owner of a partition can land
   * later than our first rows, then reads the table's layout.
   */
  TableLayout prepare() throws Fault, InterruptedException {
    Set<String> former = new HashSet<>(running());
    while (!former.isEmpty()) {
      Thread.sleep(POLL_MS);
      former.retainAll(running());
    }
    return readLayout();
  }

  private Set<String> running() throws Fault, InterruptedException {
    return retry.untilDone(
        "Looking for former inserts into table " + table,
        () -> {
          try {
            return server.running(queryPrefix);
          } catch (Fault fault) {
            if (fault.code() != Fault.ACCESS_DENIED) {
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

  private TableLayout readLayout() throws Fault, InterruptedException {
    return retry.untilDone("Reading the layout of table " + table, () -> server.layout(table));
  }

  /**
   * Inserts the batch.
   *
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
      retry.untilDone(
          "Inserting into table " + table,
          () -> {
            server.insert(insert);
            return null;
          });
    } catch (Fault fault) {
      boolean refused =
          fault.kind() == Fault.Kind.DATA
              || (fault.kind() == Fault.Kind.DRIFT && readLayout().equals(layout));
      if (!refused) {
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
}

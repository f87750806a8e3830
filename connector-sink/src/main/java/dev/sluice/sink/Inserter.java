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
 * The slow half of a {@link TableWriter}: everything that waits for ClickHouse or for the dead
 * letter queue, run off the task's thread.
 *
 * <p>Failure semantics: whatever may pass is retried inside, with more time after a timeout; what
 * is too large goes in parts. Before a refusal is taken for what it seems to be, the layout is read
 * again: a table that has changed is drift. If it has not, the rows are halved until each refused
 * one stands alone, and the others land, in their order. A refused row is bad when ClickHouse's
 * code says so, or when it is refused several times and others have landed; where none lands, the
 * table or a view on it is broken, and the fault comes out as {@link Fault.Kind#UNSURE}, for other
 * rows to be tried with these. Otherwise what comes out is drift or fatal.
 */
final class Inserter {
  private static final Logger LOG = LoggerFactory.getLogger(Inserter.class);
  private static final long POLL_MS = 100;

  /**
   * Rows refused for an unknown reason, none landed: so many say that no other will. Twice as many
   * with each further go, so that any number of bad rows in a row is got over.
   */
  private static final int UNSURE_PROBES = 16;

  /** The same of rows that ClickHouse calls bad. */
  private static final int REFUSED_PROBES = 2_000;

  private static final int MOST_DOUBLINGS = 16;

  /** How often a row is refused alone before it is bad for a reason that is not known. */
  private static final int TRIES_OF_ONE = 3;

  /** Behind so many rows refused alone the reason is none that passes. */
  private static final int TRIED_SEVERAL_TIMES = 3;

  /** A row that ClickHouse does not take. */
  record RejectedRow(PartitionState partition, long offset, String reason) {}

  private final String table;
  private final Server server;
  private final SinkMetrics metrics;
  private final Retry retry;
  private final DeadLetters letters;
  private final InsertLimits limits;
  private final String queryPrefix;

  Inserter(
      String table,
      Server server,
      SinkConfig config,
      SinkMetrics metrics,
      Retry retry,
      DeadLetters letters) {
    this.table = table;
    this.server = server;
    this.metrics = metrics;
    this.letters = letters;
    this.retry = retry;
    this.limits = new InsertLimits(config.insertTimeoutMs());
    this.queryPrefix = "sluice/" + config.connector() + "/" + table + "/";
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
    Insertion insertion = new Insertion(layout, Math.min(former, MOST_DOUBLINGS));
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
      letters.send(batch.letters(), retry);
    }
  }

  /** One go at some batches: what has landed, and what has not. */
  private final class Insertion {
    private final TableLayout layout;
    private final int doublings;
    private final List<Suspect> suspects = new ArrayList<>();
    private boolean anyLanded;

    /** A row that was refused alone. */
    private record Suspect(Batch batch, Section section, int row, Fault fault) {}

    Insertion(TableLayout layout, int doublings) {
      this.layout = layout;
      this.doublings = doublings;
    }

    void insert(Batch batch, Section section) throws Fault, InterruptedException {
      int from = 0;
      while (from < section.count()) {
        int to = section.reach(from, section.count(), limits);
        try {
          land(batch, section, from, to);
        } catch (Fault fault) {
          if (fault.kind() == Fault.Kind.TOO_LARGE && to - from > 1) {
            limits.tooLarge(to - from, section.startOf(to) - section.startOf(from));
            continue;
          }
          halve(batch, section, from, to, fault);
        }
        from = to;
      }
    }

    private void halve(Batch batch, Section section, int from, int to, Fault fault)
        throws Fault, InterruptedException {
      orThrow(fault);
      if (to - from == 1) {
        suspect(batch, section, from, fault);
        return;
      }
      int middle = (from + to) >>> 1;
      landOrHalve(batch, section, from, middle);
      landOrHalve(batch, section, middle, to);
    }

    private void landOrHalve(Batch batch, Section section, int from, int to)
        throws Fault, InterruptedException {
      try {
        land(batch, section, from, to);
      } catch (Fault fault) {
        halve(batch, section, from, to, fault);
      }
    }

    /**
     * For a reason that is not known a row is tried again at once, as it must not land after its
     * successors.
     */
    private void suspect(Batch batch, Section section, int row, Fault first)
        throws Fault, InterruptedException {
      Fault fault = first;
      int tries = suspects.size() < TRIED_SEVERAL_TIMES ? TRIES_OF_ONE : 1;
      for (int i = 1; fault.kind() == Fault.Kind.UNSURE && i < tries; i++) {
        retry.pause(i);
        try {
          land(batch, section, row, row + 1);
          return;
        } catch (Fault again) {
          fault = orThrow(again);
        }
      }
      suspects.add(new Suspect(batch, section, row, fault));
      boolean refused = fault.kind() == Fault.Kind.REFUSED;
      long probes = (long) (refused ? REFUSED_PROBES : UNSURE_PROBES) << doublings;
      if (!anyLanded && suspects.size() >= probes) {
        throw fault.as(Fault.Kind.UNSURE);
      }
    }

    /** Rows are not to blame for drift, and not for what is fatal. */
    private static Fault orThrow(Fault fault) throws Fault {
      if (fault.kind() == Fault.Kind.DRIFT || fault.kind() == Fault.Kind.FATAL) {
        throw fault;
      }
      return fault;
    }

    /**
     * @throws Fault when it is drift or fatal, or when the rows are refused or too large
     */
    private void land(Batch batch, Section section, int from, int to)
        throws Fault, InterruptedException {
      send(batch, section, from, to);
      if (!anyLanded) {
        anyLanded = true;
        if (clearSuspects()) {
          // Its rows come after those, as they should.
          send(batch, section, from, to);
        }
      }
    }

    /** Whether what was wrong with all rows until now is over, so that some of them land. */
    private boolean clearSuspects() throws Fault, InterruptedException {
      List<Suspect> still = new ArrayList<>();
      for (Suspect suspect : suspects) {
        try {
          send(suspect.batch, suspect.section, suspect.row, suspect.row + 1);
        } catch (Fault fault) {
          still.add(new Suspect(suspect.batch, suspect.section, suspect.row, orThrow(fault)));
        }
      }
      boolean cleared = still.size() < suspects.size();
      suspects.clear();
      suspects.addAll(still);
      return cleared;
    }

    private void send(Batch batch, Section section, int from, int to)
        throws Fault, InterruptedException {
      Server.Insert insert =
          batch.insert(table, queryPrefix, section, from, to, limits.timeoutMs());
      long tookMs =
          retry.untilDone(
              "Inserting into table " + table,
              () -> judged(() -> timed(insert.within(limits.timeoutMs())), layout));
      limits.passed(tookMs);
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

    List<RejectedRow> rejected() throws Fault {
      List<RejectedRow> rejected = new ArrayList<>();
      for (Suspect suspect : suspects) {
        if (!anyLanded && suspect.fault.kind() == Fault.Kind.UNSURE) {
          throw suspect.fault;
        }
        Section section = suspect.section;
        rejected.add(
            new RejectedRow(
                section.partition(suspect.row),
                section.offset(suspect.row),
                suspect.fault.getMessage()));
      }
      return rejected;
    }
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
      if (refused && !server.layout(table).equals(layout)) {
        throw fault.as(Fault.Kind.DRIFT);
      }
      throw fault;
    }
  }
}

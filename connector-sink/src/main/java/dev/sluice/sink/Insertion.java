package dev.sluice.sink;

import java.util.ArrayList;
import java.util.List;

/**
 * One go at some batches: what has landed, and what has not.
 *
 * <p>Failure semantics: rows that are refused are halved until each refused one stands alone, and
 * the others land, in their order. A refused row is bad when ClickHouse's code says so, or when it
 * is refused several times and others have landed; where none lands, the table or a view on it is
 * broken, and the fault comes out as {@link Fault.Kind#UNSURE}, for other rows to be tried with
 * these.
 */
final class Insertion {
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

  private final Inserter inserter;
  private final InsertLimits limits;
  private final Retry retry;
  private final TableLayout layout;
  private final int doublings;
  private final List<RefusedRow> refusedAlone = new ArrayList<>();
  private boolean anyLanded;

  /** A row that was refused alone. */
  private record RefusedRow(Batch batch, Section section, int row, Fault fault) {}

  /**
   * @param layout the one for which the rows were written
   * @param former how many goes at them have ended without one row landing
   */
  Insertion(Inserter inserter, InsertLimits limits, Retry retry, TableLayout layout, int former) {
    this.inserter = inserter;
    this.limits = limits;
    this.retry = retry;
    this.layout = layout;
    doublings = Math.min(former, MOST_DOUBLINGS);
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
      refused(batch, section, from, fault);
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
  private void refused(Batch batch, Section section, int row, Fault first)
      throws Fault, InterruptedException {
    Fault fault = first;
    int tries = refusedAlone.size() < TRIED_SEVERAL_TIMES ? TRIES_OF_ONE : 1;
    for (int i = 1; fault.kind() == Fault.Kind.UNSURE && i < tries; i++) {
      retry.pause(i);
      try {
        land(batch, section, row, row + 1);
        return;
      } catch (Fault again) {
        fault = orThrow(again);
      }
    }
    refusedAlone.add(new RefusedRow(batch, section, row, fault));
    boolean refused = fault.kind() == Fault.Kind.REFUSED;
    long probes = (long) (refused ? REFUSED_PROBES : UNSURE_PROBES) << doublings;
    if (!anyLanded && refusedAlone.size() >= probes) {
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
    inserter.send(batch, section, from, to, layout);
    if (!anyLanded) {
      anyLanded = true;
      if (clearRefusedAlone()) {
        // Its rows come after those, as they should.
        inserter.send(batch, section, from, to, layout);
      }
    }
  }

  /** Whether what was wrong with all rows until now is over, so that some of them land. */
  private boolean clearRefusedAlone() throws Fault, InterruptedException {
    List<RefusedRow> still = new ArrayList<>();
    for (RefusedRow refused : refusedAlone) {
      try {
        inserter.send(refused.batch, refused.section, refused.row, refused.row + 1, layout);
      } catch (Fault fault) {
        still.add(new RefusedRow(refused.batch, refused.section, refused.row, orThrow(fault)));
      }
    }
    boolean cleared = still.size() < refusedAlone.size();
    refusedAlone.clear();
    refusedAlone.addAll(still);
    return cleared;
  }

  List<Inserter.RejectedRow> rejected() throws Fault {
    List<Inserter.RejectedRow> rejected = new ArrayList<>();
    for (RefusedRow refused : refusedAlone) {
      if (!anyLanded && refused.fault.kind() == Fault.Kind.UNSURE) {
        throw refused.fault;
      }
      Section section = refused.section;
      rejected.add(
          new Inserter.RejectedRow(
              section.partition(refused.row),
              section.offset(refused.row),
              refused.fault.getMessage()));
    }
    return rejected;
  }
}

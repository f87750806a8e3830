package dev.sluice.sink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongPredicate;

/**
 * A ClickHouse in memory whose tables have one column {@code n Int64}, and sometimes {@code more
 * Nullable(Int64)} or a String; made to fail on demand.
 */
final class MemoryServer implements Server {
  final List<Long> landed = new ArrayList<>();
  private final Map<String, List<Long>> landedByTable = new HashMap<>();

  /** Tables that are not there. */
  final Set<String> missing = ConcurrentHashMap.newKeySet();

  /** Tables of other columns than {@link #actual}. */
  final Map<String, TableLayout> layouts = new ConcurrentHashMap<>();

  final Map<String, List<Long>> statements = new LinkedHashMap<>();
  final List<Insert> inserts = new ArrayList<>();

  /** Met by whatever comes next, and by inserts only. */
  final Deque<Fault> faults = new ArrayDeque<>();

  final Deque<Fault> insertFaults = new ArrayDeque<>();
  final Deque<Set<String>> running = new ArrayDeque<>();

  /** Inserts wait for a permit while this is set. */
  volatile Semaphore gate;

  volatile LongPredicate refuses = n -> false;

  /** Inserts of more rows are too large. */
  volatile int mostRows = Integer.MAX_VALUE;

  int tooLarge;

  /** What a refusal says. */
  volatile Fault refusal = Fault.of(ErrorCode.VIOLATED_CONSTRAINT, "constraint");

  volatile TableLayout layout = layoutOf("Int64");
  volatile TableLayout actual = layout;

  static TableLayout layoutOf(String type) {
    return new TableLayout("t", List.of(new TableLayout.Column("n", type, "")));
  }

  synchronized void fail(Fault fault) {
    faults.add(fault);
  }

  @Override
  public synchronized TableLayout layout(String table) throws Fault {
    if (!faults.isEmpty()) {
      throw faults.remove().asPassing();
    }
    findOrFail(table);
    layout = actual;
    return new TableLayout(table, layouts.getOrDefault(table, layout).columns());
  }

  private void findOrFail(String table) throws Fault {
    if (missing.contains(table)) {
      throw Fault.of(ErrorCode.UNKNOWN_TABLE, "table " + table + " is not there");
    }
  }

  @Override
  public void refuseUnsafeSettings() {}

  @Override
  public synchronized Set<String> running(String prefix) {
    return running.isEmpty() ? Set.of() : running.remove();
  }

  @Override
  public void insert(Insert insert) throws Fault, InterruptedException {
    Semaphore closed = gate;
    if (closed != null) {
      closed.acquire();
    }
    synchronized (this) {
      inserts.add(insert);
      if (!faults.isEmpty()) {
        throw faults.remove();
      }
      if (!insertFaults.isEmpty()) {
        throw insertFaults.remove();
      }
      findOrFail(insert.table());
      TableLayout of = layouts.getOrDefault(insert.table(), actual);
      if (!of.columns().containsAll(insert.writer().columns())) {
        throw Fault.of(ErrorCode.INCORRECT_DATA, "types differ");
      }
      if (insert.rowCount() > mostRows) {
        tooLarge++;
        throw Fault.notClickHouse(413, true);
      }
      List<Long> rows = rows(insert);
      if (rows.stream().anyMatch(refuses::test)) {
        throw refusal;
      }
      landed.addAll(rows);
      landedByTable.computeIfAbsent(insert.table(), t -> new ArrayList<>()).addAll(rows);
    }
  }

  @Override
  public synchronized void execute(String statement, String queryId) throws Fault {
    if (!faults.isEmpty()) {
      throw faults.remove();
    }
    statements.put(statement, landed());
  }

  synchronized List<Long> landed() {
    return List.copyOf(landed);
  }

  synchronized List<Long> landed(String table) {
    return List.copyOf(landedByTable.getOrDefault(table, List.of()));
  }

  private static List<Long> rows(Insert insert) {
    ByteBuffer buffer =
        ByteBuffer.wrap(
                insert.rows().bytes(), insert.fromByte(), insert.toByte() - insert.fromByte())
            .order(ByteOrder.LITTLE_ENDIAN);
    List<TableLayout.Column> columns = insert.writer().columns();
    boolean wide = columns.get(0).type().equals("Int64");
    List<Long> rows = new ArrayList<>();
    while (buffer.hasRemaining()) {
      rows.add(wide ? buffer.getLong() : buffer.getInt());
      if (columns.size() > 1) {
        skip(columns.get(1), buffer);
      }
    }
    return rows;
  }

  private static void skip(TableLayout.Column column, ByteBuffer buffer) {
    if (!column.type().equals("String")) {
      if (buffer.get() == 0) {
        buffer.getLong();
      }
      return;
    }
    int length = 0;
    int shift = 0;
    int part;
    do {
      part = buffer.get();
      length |= (part & 0x7F) << shift;
      shift += 7;
    } while (part < 0);
    buffer.position(buffer.position() + length);
  }

  @Override
  public void close() {}
}

package dev.sluice.sink;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.LongPredicate;

/** A ClickHouse in memory whose tables have one column {@code n Int64}, made to fail on demand. */
final class MemoryServer implements Server {
  final List<Long> landed = new ArrayList<>();
  final List<Insert> inserts = new ArrayList<>();
  final Deque<Fault> faults = new ArrayDeque<>();
  final Deque<Set<String>> running = new ArrayDeque<>();

  /** Inserts wait for a permit while this is set. */
  volatile Semaphore gate;

  volatile LongPredicate refuses = n -> false;
  volatile TableLayout layout = layoutOf("Int64");
  volatile TableLayout actual = layout;

  static TableLayout layoutOf(String type) {
    return new TableLayout("t", List.of(new TableLayout.Column("n", type, "")));
  }

  @Override
  public synchronized TableLayout layout(String table) throws Fault {
    if (!faults.isEmpty()) {
      throw faults.remove();
    }
    layout = actual;
    return layout;
  }

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
      if (!insert.writer().columns().equals(actual.columns())) {
        throw new Fault(Fault.Kind.DRIFT, 117, "types differ");
      }
      List<Long> rows = rows(insert);
      if (rows.stream().anyMatch(refuses::test)) {
        throw new Fault(Fault.Kind.DATA, 469, "constraint");
      }
      landed.addAll(rows);
    }
  }

  synchronized List<Long> landed() {
    return List.copyOf(landed);
  }

  private static List<Long> rows(Insert insert) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      insert.rows().writeTo(bytes, insert.fromByte(), insert.toByte());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    boolean wide = insert.writer().columns().get(0).type().equals("Int64");
    List<Long> rows = new ArrayList<>();
    while (buffer.hasRemaining()) {
      rows.add(wide ? buffer.getLong() : buffer.getInt());
    }
    return rows;
  }

  @Override
  public void close() {}
}

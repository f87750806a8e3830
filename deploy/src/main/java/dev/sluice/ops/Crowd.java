package dev.sluice.ops;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * The page's connections, and whose turn each is: the client's, to ask or to take its answer; or
 * ours, while a server is asked for it.
 *
 * <p>A client's turn ends after {@value #LIMIT_SECONDS} seconds, however many bytes it has moved in
 * them, so that nobody holds a connection by asking or reading a byte at a time. When more than
 * {@value #MOST} wait for their clients, or more than {@value #MOST_BYTES} bytes of answers do,
 * those that have waited longest are closed for the newest: a crowd of any size pushes out itself,
 * and a request that comes whole is answered.
 *
 * <p>Thread-safe.
 */
final class Crowd implements Connection.Listener {

  static final int LIMIT_SECONDS = 10;
  static final int MOST = 512;
  static final int MOST_BYTES = 32 << 20;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);

  /**
   * A client's turn.
   *
   * @param bytes of the answer that it is to take
   */
  private record Turn(long since, int bytes) {}

  /** The longest first. */
  private final Map<Connection, Turn> clients = new LinkedHashMap<>();

  private final Set<Connection> ours = new HashSet<>();
  private long bytes;

  @Override
  public void onOpened(Connection connection) {
    begin(connection, 0, true);
  }

  @Override
  public synchronized void onClosed(Connection connection) {
    forget(connection);
  }

  /**
   * The client has to do the next step, and its time begins anew.
   *
   * @param answer the bytes that it is to take; 0 when it is to ask
   */
  void clientsTurn(Connection connection, int answer) {
    begin(connection, answer, false);
  }

  /** A server is being asked: that may take its time. */
  synchronized void ourTurn(Connection connection) {
    if (forget(connection)) {
      ours.add(connection);
    }
  }

  private void begin(Connection connection, int answer, boolean opened) {
    List<Connection> out = new ArrayList<>();
    synchronized (this) {
      // One that was closed meanwhile stays forgotten.
      if (!forget(connection) && !opened) {
        return;
      }
      clients.put(connection, new Turn(System.nanoTime(), answer));
      bytes += answer;
      while (clients.size() > MOST || bytes > MOST_BYTES) {
        Connection longest = clients.keySet().iterator().next();
        forget(longest);
        out.add(longest);
      }
    }
    out.forEach(Crowd::end);
  }

  /** False when it was not known. */
  private boolean forget(Connection connection) {
    Turn turn = clients.remove(connection);
    bytes -= turn == null ? 0 : turn.bytes();
    return ours.remove(connection) || turn != null;
  }

  /** Looks once a second for turns that have lasted too long. */
  void watch(Scheduler scheduler) {
    scheduler.schedule(
        () -> {
          try {
            late(System.nanoTime()).forEach(Crowd::end);
          } finally {
            watch(scheduler);
          }
        },
        1,
        TimeUnit.SECONDS);
  }

  /** Those whose turn had ended by then. */
  synchronized List<Connection> late(long nanos) {
    List<Connection> late = new ArrayList<>();
    Iterator<Map.Entry<Connection, Turn>> each = clients.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<Connection, Turn> next = each.next();
      if (nanos - next.getValue().since() < LIMIT_NANOS) {
        break;
      }
      late.add(next.getKey());
    }
    return late;
  }

  private static void end(Connection connection) {
    connection.getEndPoint().close(new TimeoutException("The client's turn has ended."));
  }
}

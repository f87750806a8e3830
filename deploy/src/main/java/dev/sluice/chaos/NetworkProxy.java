package dev.sluice.chaos;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between a connector and a server, on 127.0.0.1, and does to the bytes what networks do.
 */
final class NetworkProxy implements AutoCloseable {

  /** What happens to connections. */
  enum Weather {
    /** Bytes pass. */
    FAIR,
    /** Connections are reset, new ones as soon as they are made. */
    CUT,
    /** Bytes are held back, connections stay. */
    STALLED,
    /** Every piece of some kilobytes takes a while. */
    SLOW,
    /** Connections are reset after a few pieces. */
    RESETTING
  }

  private static final int PIECE = 16 << 10;
  private static final int SLOW_MILLIS = 50;
  private static final int PIECES_TO_RESET = 20;

  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int upstream;
  private volatile Weather weather = Weather.FAIR;

  NetworkProxy() {
    try {
      listener = new ServerSocket();
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    } catch (IOException e) {
      throw new SluiceException("No port for a proxy: " + e.getMessage(), e);
    }
    run(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /**
   * @param port of the server on 127.0.0.1
   */
  void upstream(int port) {
    upstream = port;
  }

  void set(Weather next) {
    weather = next;
    if (next == Weather.CUT) {
      sockets.forEach(NetworkProxy::reset);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (weather == Weather.CUT) {
          reset(client);
          continue;
        }
        connect(client);
      } catch (IOException e) {
        // Closed, or the server is down: the client sees its connection die.
      }
    }
  }

  private void connect(Socket client) {
    try {
      Socket server = new Socket(InetAddress.getLoopbackAddress(), upstream);
      sockets.add(client);
      sockets.add(server);
      run(() -> pump(client, server));
      run(() -> pump(server, client));
    } catch (IOException e) {
      reset(client);
    }
  }

  private void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] piece = new byte[PIECE];
      int pieces = 0;
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        while (weather == Weather.STALLED) {
          Pause.millis(SLOW_MILLIS);
        }
        if (weather == Weather.SLOW) {
          Pause.millis(SLOW_MILLIS);
        } else if (weather == Weather.RESETTING && ++pieces % PIECES_TO_RESET == 0) {
          break;
        }
        out.write(piece, 0, n);
      }
    } catch (IOException e) {
      // Either side has gone: so does the other.
    }
    sockets.remove(from);
    sockets.remove(to);
    reset(from);
    reset(to);
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // Closed before.
    }
  }

  private static void run(Runnable job) {
    Thread thread = new Thread(job, "chaos-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      // Closed is closed.
    }
    sockets.forEach(NetworkProxy::reset);
  }
}

package dev.sluice.sink;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * Stands between a sink and ClickHouse's HTTP port, and does to requests what networks do; with a
 * TLS context it takes HTTPS from clients that show a certificate.
 */
final class FaultProxy implements AutoCloseable {
  /** What happens to every request. */
  enum Fault {
    NONE,
    CONNECTION_REFUSED,
    RESET_IN_MID_BODY,
    RESET_AFTER_TAKEN,
    BLACK_HOLE,
    SLOW_ANSWER,
    UNAVAILABLE,
    TOO_MANY_REQUESTS,
    CLICKHOUSE_CODES
  }

  /** ClickHouse's codes for what passes, answered in turn by {@link Fault#CLICKHOUSE_CODES}. */
  static final int[] CODES = {159, 202, 209, 210, 225, 236, 241, 242, 243, 252, 285, 319, 999};

  private static final String BY_CERTIFICATE = "x-clickhouse-ssl-certificate-auth";
  private static final int BUFFER = 64 << 10;
  private static final int QUIET_MS = 100;
  private static final long SLOW_MS = 2_500;

  private final InetAddress loopback = InetAddress.getLoopbackAddress();
  private final SSLContext tls;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger hits = new AtomicInteger();
  private final int port;
  private volatile ServerSocket listener;
  private volatile int upstreamPort;
  private volatile Fault fault = Fault.NONE;

  FaultProxy() throws IOException {
    this(null);
  }

  /**
   * @param tls null for plain HTTP
   */
  FaultProxy(SSLContext tls) throws IOException {
    this.tls = tls;
    listener = listen(0);
    port = listener.getLocalPort();
    run(() -> accept(listener));
  }

  private ServerSocket listen(int on) throws IOException {
    ServerSocket socket =
        tls == null ? new ServerSocket() : tls.getServerSocketFactory().createServerSocket();
    if (socket instanceof SSLServerSocket secure) {
      secure.setNeedClientAuth(true);
    }
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(loopback, on));
    return socket;
  }

  int port() {
    return port;
  }

  void upstream(int newPort) {
    upstreamPort = newPort;
  }

  /** How many requests have met the present fault; refused connections are not seen here. */
  int hits() {
    return hits.get();
  }

  void set(Fault newFault) throws IOException {
    hits.set(0);
    fault = newFault;
    if (newFault == Fault.CONNECTION_REFUSED) {
      listener.close();
      sockets.forEach(FaultProxy::reset);
    } else if (listener.isClosed()) {
      ServerSocket again = listen(port);
      listener = again;
      run(() -> accept(again));
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    sockets.forEach(FaultProxy::reset);
  }

  private void accept(ServerSocket on) {
    while (!on.isClosed()) {
      try {
        Socket client = on.accept();
        Socket server = new Socket(loopback, upstreamPort);
        sockets.add(client);
        sockets.add(server);
        run(() -> requests(client, server));
        run(() -> answers(server, client));
      } catch (IOException e) {
        // Closed by a fault, or ClickHouse is down: the client sees its connection die.
      }
    }
  }

  private void requests(Socket client, Socket server) {
    try {
      InputStream in = client.getInputStream();
      OutputStream out = server.getOutputStream();
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        switch (fault) {
          case RESET_IN_MID_BODY -> {
            hits.incrementAndGet();
            out.write(buffer, 0, n - Math.min(n, 10));
            end(client, server);
          }
          case BLACK_HOLE -> {
            hits.incrementAndGet();
            while (fault == Fault.BLACK_HOLE) {
              Thread.sleep(QUIET_MS);
            }
            end(client, server);
          }
          case UNAVAILABLE -> answer(client, server, "503 Service Unavailable", "");
          case TOO_MANY_REQUESTS -> answer(client, server, "429 Too Many Requests", "");
          case CLICKHOUSE_CODES -> {
            int code = CODES[hits.get() % CODES.length];
            String header = "X-ClickHouse-Exception-Code: " + code + "\r\n";
            answer(client, server, "500 Internal Server Error", header);
          }
          default -> {
            vouch(buffer, n);
            out.write(buffer, 0, n);
          }
        }
      }
      end(client, server);
    } catch (IOException e) {
      end(client, server);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The certificate was for us: ClickHouse, which has not seen it, is to take our word. */
  private void vouch(byte[] buffer, int length) {
    if (tls != null) {
      int at =
          new String(buffer, 0, length, StandardCharsets.ISO_8859_1)
              .toLowerCase(Locale.ROOT)
              .indexOf(BY_CERTIFICATE);
      if (at >= 0) {
        buffer[at] = 'Y';
      }
    }
  }

  private void answers(Socket server, Socket client) {
    try {
      InputStream in = server.getInputStream();
      OutputStream out = client.getOutputStream();
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (fault == Fault.RESET_AFTER_TAKEN) {
          hits.incrementAndGet();
          end(client, server);
        } else if (fault == Fault.SLOW_ANSWER) {
          hits.incrementAndGet();
          Thread.sleep(SLOW_MS);
        }
        out.write(buffer, 0, n);
      }
      end(client, server);
    } catch (IOException e) {
      end(client, server);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Swallows the request to its end and answers in ClickHouse's place. */
  private void answer(Socket client, Socket server, String status, String headers)
      throws IOException {
    hits.incrementAndGet();
    client.setSoTimeout(QUIET_MS);
    byte[] buffer = new byte[BUFFER];
    try {
      while (client.getInputStream().read(buffer) >= 0) {
        // Until it is quiet.
      }
    } catch (SocketTimeoutException e) {
      String answer = "HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Length: 4\r\n\r\nbusy";
      client
          .getOutputStream()
          .write(answer.formatted(status, headers).getBytes(StandardCharsets.US_ASCII));
    }
    close(client);
    end(client, server);
  }

  private void end(Socket client, Socket server) {
    sockets.remove(client);
    sockets.remove(server);
    reset(client);
    reset(server);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Closed is closed.
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed before.
    }
    close(socket);
  }

  private static void run(Runnable job) {
    Thread thread = new Thread(job, "fault-proxy");
    thread.setDaemon(true);
    thread.start();
  }
}

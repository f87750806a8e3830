package dev.sluice.lab.chaos;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * Stands between a client and a server, on 127.0.0.1, and does to what passes what networks do.
 *
 * <p>Failure semantics: a server that is down is a reset connection for the client, as is whatever
 * else goes wrong with one connection. A port that cannot be had is a {@link SluiceException}.
 */
public final class FaultProxy implements AutoCloseable {

  private final InetAddress loopback = InetAddress.getLoopbackAddress();
  private final SSLContext tls;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger hits = new AtomicInteger();
  private final Consumer<Socket> relay;
  private final int port;
  private ServerSocket listener;
  private Thread acceptor;
  private Socket placeholder;
  private volatile int upstream;
  private volatile NetworkFault fault = NetworkFault.NONE;

  private FaultProxy(SSLContext tls, Duration deadline) {
    this.tls = tls;
    relay =
        deadline == null
            ? this::relayBytes
            : client -> start(new HttpRelay(this, client, deadline.toMillis()));
    listener = listen(0);
    port = listener.getLocalPort();
  }

  /** For any protocol; only faults that {@link NetworkFault#meetsAnyProtocol} do anything. */
  public static FaultProxy ofBytes() {
    return new FaultProxy(null, null);
  }

  /**
   * For ClickHouse's HTTP interface.
   *
   * @param deadline how long the client waits for the answer to an insert
   */
  public static FaultProxy ofHttp(Duration deadline) {
    return new FaultProxy(null, deadline);
  }

  /** The same for HTTPS from clients that show a certificate; the server gets plain HTTP. */
  public static FaultProxy ofHttps(Duration deadline, SSLContext tls) {
    return new FaultProxy(tls, deadline);
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  /**
   * Names the server.
   *
   * @param serverPort on 127.0.0.1
   */
  public void upstream(int serverPort) {
    upstream = serverPort;
  }

  /** Ends the present fault, whatever it holds back goes on, and begins another one. */
  public synchronized void set(NetworkFault next) {
    hits.set(0);
    fault = next;
    notifyAll();
    if (next == NetworkFault.CONNECTION_REFUSED && placeholder == null) {
      close(listener);
      placeholder = reserve(port);
      sockets.forEach(this::reset);
    } else if (next != NetworkFault.CONNECTION_REFUSED && placeholder != null) {
      close(placeholder);
      placeholder = null;
      listener = listen(port);
    }
  }

  /** How many requests have met the present fault; refused connections are not seen here. */
  public int hits() {
    return hits.get();
  }

  @Override
  public synchronized void close() {
    fault = NetworkFault.NONE;
    notifyAll();
    close(listener);
    if (placeholder != null) {
      close(placeholder);
    }
    sockets.forEach(this::reset);
  }

  NetworkFault fault() {
    return fault;
  }

  boolean isSecure() {
    return tls != null;
  }

  /** Counts a request that meets the fault; returns how many had before. */
  int met() {
    return hits.getAndIncrement();
  }

  /** Waits so long, or until this is not the present fault. */
  synchronized void hold(NetworkFault present, long millis) throws InterruptedException {
    long begin = System.nanoTime();
    long passed = 0;
    while (fault == present && passed < millis) {
      wait(millis - passed);
      passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    }
  }

  /** New connection to the server. */
  Socket connect() throws IOException {
    Socket server = new Socket(loopback, upstream);
    sockets.add(server);
    return server;
  }

  void forget(Socket socket) {
    sockets.remove(socket);
  }

  /** Ends a connection so that the other side sees an error and no end. */
  void reset(Socket socket) {
    forget(socket);
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed before.
    }
    close(socket);
  }

  private ServerSocket listen(int on) {
    try {
      ServerSocket socket =
          tls == null ? new ServerSocket() : tls.getServerSocketFactory().createServerSocket();
      if (socket instanceof SSLServerSocket secure) {
        secure.setNeedClientAuth(true);
      }
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(loopback, on));
      acceptor = start(() -> accept(socket));
      return socket;
    } catch (IOException e) {
      throw new SluiceException("No port for a proxy: " + e.getMessage(), e);
    }
  }

  /** Nothing listens, and yet nobody else can take the port. */
  private Socket reserve(int on) {
    try {
      // As long as a thread is in accept(), the system has the port in use.
      acceptor.join();
      Socket socket = new Socket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(loopback, on));
      return socket;
    } catch (IOException e) {
      throw new SluiceException("The port of a proxy was taken: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
  }

  private void accept(ServerSocket on) {
    while (!on.isClosed()) {
      try {
        Socket client = on.accept();
        sockets.add(client);
        relay.accept(client);
      } catch (IOException e) {
        // Closed by a fault, or the client was gone before it was there.
      }
    }
  }

  private void relayBytes(Socket client) {
    try {
      Socket server = connect();
      start(new ByteRelay(this, client, server));
      start(new ByteRelay(this, server, client));
    } catch (IOException e) {
      reset(client);
    }
  }

  private static void close(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // Closed is closed.
    }
  }

  private static Thread start(Runnable job) {
    Thread thread = thread(job);
    thread.start();
    return thread;
  }

  static Thread thread(Runnable job) {
    Thread thread = new Thread(job, "fault-proxy");
    thread.setDaemon(true);
    return thread;
  }
}

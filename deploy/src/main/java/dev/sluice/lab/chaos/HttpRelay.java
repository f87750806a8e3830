package dev.sluice.lab.chaos;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * One client's connection, kept alive from request to request; each request is read whole and then
 * forwarded on a connection of its own, unless a fault decides otherwise.
 *
 * <p>Requests are read on one thread and served on another, so that a client that hangs up is
 * noticed while the server works: the server's connection is then cut at once, as without a proxy.
 */
final class HttpRelay implements Runnable {

  static final String LOGIN = "/login";
  static final String ELSEWHERE = "/elsewhere";

  private static final int PIECE = 64 << 10;
  private static final int HELD_BACK = 10;
  private static final int PIECES = 30;

  /** Deadlines that a patient client does not wait either. */
  private static final int TOO_SLOW = 20;

  private final FaultProxy proxy;
  private final Socket client;
  private final long deadlineMillis;
  private final ExecutorService worker = Executors.newSingleThreadExecutor(FaultProxy::thread);
  private Socket server;
  private boolean over;

  /**
   * @param deadlineMillis how long the client waits for an answer
   */
  HttpRelay(FaultProxy proxy, Socket client, long deadlineMillis) {
    this.proxy = proxy;
    this.client = client;
    this.deadlineMillis = deadlineMillis;
  }

  @Override
  public void run() {
    try {
      InputStream in = new BufferedInputStream(client.getInputStream(), PIECE);
      OutputStream out = client.getOutputStream();
      for (HttpMessage head = HttpMessage.readHead(in);
          head != null;
          head = HttpMessage.readHead(in)) {
        if (head.header("Expect").isPresent()) {
          out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        if (proxy.fault() == NetworkFault.RESET_IN_MID_BODY && head.hasBody()) {
          cutShort(head, in);
          break;
        }
        HttpMessage request = head.withRequestBody(in);
        worker.execute(() -> serve(request, out));
      }
    } catch (IOException e) {
      // The client has gone.
    }
    end();
  }

  /** The client may still be sending, and the server gets all but the last bytes of a piece. */
  private void cutShort(HttpMessage head, InputStream in) throws IOException {
    proxy.met();
    byte[] piece = new byte[PIECE];
    int length = in.read(piece);
    OutputStream out = open().getOutputStream();
    out.write(head.without("Expect").head());
    out.write(piece, 0, Math.max(0, length - HELD_BACK));
  }

  private void serve(HttpMessage request, OutputStream out) {
    NetworkFault fault = proxy.fault();
    try {
      if (request.target().equals(LOGIN)) {
        out.write(NetworkFault.page("200 OK").bytes());
      } else if (request.target().equals(ELSEWHERE)) {
        out.write(HttpMessage.answer("200 OK").with("Ok.\n").bytes());
      } else if (fault.meets(request)) {
        meet(fault, request, out);
      } else {
        out.write(forward(request).bytes());
      }
    } catch (IOException e) {
      end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void meet(NetworkFault fault, HttpMessage request, OutputStream out)
      throws IOException, InterruptedException {
    long arrived = System.nanoTime();
    int turn = proxy.met();
    Optional<HttpMessage> instead = fault.answer(request, turn);
    if (instead.isPresent()) {
      if (fault == NetworkFault.GATEWAY_TIMEOUT) {
        proxy.hold(fault, deadlineMillis / 2);
      }
      out.write(instead.get().bytes());
      return;
    }
    switch (fault) {
      case CONNECTION_REFUSED, RESET_IN_MID_BODY -> end();
      case BLACK_HOLE -> {
        proxy.hold(fault, Long.MAX_VALUE);
        end();
      }
      case SLOW -> trickle(fault, forward(request).bytes(), out, TOO_SLOW * deadlineMillis);
      case RESET_AFTER_TAKEN -> {
        forward(request);
        end();
      }
      case CUT_IN_HEADERS -> {
        byte[] head = forward(request).head();
        out.write(head, 0, head.length / 2);
        // Not reset: what has been sent is to arrive.
        client.close();
      }
      case PIECEMEAL -> {
        Socket to = open();
        trickle(fault, toServer(request), to.getOutputStream(), deadlineMillis / 2);
        out.write(answerFrom(to).bytes());
      }
      case JUST_IN_TIME -> late(fault, request, out, arrived, deadlineMillis * 8 / 10);
      case JUST_TOO_LATE -> late(fault, request, out, arrived, deadlineMillis * 12 / 10);
      case ANSWER_REPLACED -> {
        forward(request);
        out.write(NetworkFault.page("200 OK").bytes());
      }
      default -> throw new IllegalStateException(fault.name());
    }
  }

  private void late(
      NetworkFault fault, HttpMessage request, OutputStream out, long arrived, long millis)
      throws IOException, InterruptedException {
    byte[] answer = forward(request).bytes();
    long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - arrived);
    proxy.hold(fault, millis - passed);
    out.write(answer);
  }

  /** Writes in pieces, as long as the fault stands; what is left then goes at once. */
  private void trickle(NetworkFault fault, byte[] bytes, OutputStream out, long millis)
      throws IOException, InterruptedException {
    int piece = Math.max(1, bytes.length / PIECES);
    for (int from = 0; from < bytes.length; from += piece) {
      out.write(bytes, from, Math.min(piece, bytes.length - from));
      out.flush();
      proxy.hold(fault, millis / PIECES);
    }
  }

  private HttpMessage forward(HttpMessage request) throws IOException {
    Socket to = open();
    to.getOutputStream().write(toServer(request));
    return answerFrom(to);
  }

  private byte[] toServer(HttpMessage request) {
    HttpMessage plain = request.without("Expect");
    // The certificate was for us: ClickHouse, which has not seen it, is to take our word.
    return (proxy.isSecure() ? plain.without("X-ClickHouse-SSL-Certificate-Auth") : plain).bytes();
  }

  private HttpMessage answerFrom(Socket from) throws IOException {
    try (from) {
      InputStream in = new BufferedInputStream(from.getInputStream(), PIECE);
      HttpMessage head = HttpMessage.readHead(in);
      if (head == null) {
        throw new IOException("The server has hung up.");
      }
      return head.withAnswerBody(in);
    } finally {
      proxy.forget(from);
    }
  }

  private synchronized Socket open() throws IOException {
    if (over) {
      throw new IOException("The client has gone.");
    }
    server = proxy.connect();
    return server;
  }

  private synchronized void end() {
    over = true;
    worker.shutdownNow();
    proxy.reset(client);
    if (server != null) {
      proxy.reset(server);
    }
  }
}

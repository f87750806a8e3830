package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page among clients that hold on to their connections: it answers the others at once. */
final class PageInACrowdTest {

  private static final Duration ENDED = Duration.ofSeconds(Crowd.LIMIT_SECONDS + 10);
  private static final String BIG = "/vendor/uPlot.iife.min.js";
  private static final String TOKEN = "a-long-enough-token";

  private final List<Client> crowd = new ArrayList<>();
  private FakeConnect connect;
  private OpsServer page;

  @AfterEach
  void stop() throws IOException {
    for (Client each : crowd) {
      each.channel().close();
    }
    page.close();
    if (connect != null) {
      connect.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {300, Crowd.MOST + 100})
  void halfOpenConnectionsHoldUpNobody(int connections) {
    start(null);
    join(connections, "GET /hea", Move.NONE);
    othersAreAnsweredAtOnce();
  }

  @Test
  void connectionsBetweenTwoRequestsHoldUpNobody() {
    start(null);
    join(300, get("/health"), Move.NONE);
    othersAreAnsweredAtOnce();
  }

  @Test
  void clientsThatReadNothingHoldUpNobody() {
    start(null);
    join(50, get(BIG), ask(BIG));
    allMove(100);
    othersAreAnsweredAtOnce();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health", "/"})
  void clientsThatReadNothingAndShowNoTokenHoldUpNobody(String path) {
    start(TOKEN);
    join(9, get(path), ask(path));
    allMove(600);
    othersAreAnsweredAtOnce();
  }

  @Test
  void nobodyKeepsAConnectionByDawdling() {
    start(null);
    Matcher token = Pattern.compile("\"token\":\"(\\w+)\"").matcher(answer("/api/session"));
    assertThat(token.find()).isTrue();
    String body =
        "POST /api/connectors/x/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n"
            + "Content-Type: application/json\r\nX-Sluice-Token: "
            + token.group(1)
            + "\r\n\r\n{";
    join(20, "", Move.READ);
    join(20, "GET /hea", Move.READ);
    join(20, get("/health"), Move.READ);
    join(20, "GET /health HTTP/1.1\r\nX: ", Move.WRITE);
    join(20, body, Move.WRITE);
    join(20, get(BIG).repeat(200), Move.WRITE);
    join(20, get(BIG).repeat(200), Move.READ_A_BYTE_AND_WRITE);
    othersAreAnsweredAtOnce();
    await()
        .atMost(ENDED)
        .until(
            () -> {
              allMove();
              return crowd.isEmpty();
            });
  }

  @Test
  void questionsToAServerThatIsSlowHoldUpNobodyAndAreNotTakenWithoutEnd() throws IOException {
    connect = new FakeConnect(300);
    start(null);
    await().atMost(ENDED).until(() -> answer("/api/overview").contains("sink-1"));
    connect.fallSilent();
    join(40, get("/api/connectors/sink-1/offsets"), Move.NONE);
    othersAreAnsweredAtOnce();
    assertThat(answer("/api/overview")).contains("sink-1");
    assertThat(answer("/api/connectors/sink-1/offsets"))
        .startsWith("HTTP/1.1 503")
        .contains("Connect is being asked too much at once");
  }

  private void start(String token) {
    URI address = connect == null ? URI.create("http://127.0.0.1:1") : connect.address();
    page = new OpsServer(ManyConnectorsTest.options(address, true, token)).start();
    // The first answer waits for classes to be loaded.
    answer("/health");
    answer("/metrics");
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  }

  /** So many more clients that have little room, send this, and then do no more than that. */
  private void join(int clients, String text, Move move) {
    try {
      for (int i = 0; i < clients; i++) {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, 4096);
        channel.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), page.address().getPort()));
        channel.configureBlocking(false);
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        crowd.add(new Client(channel, move));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The median, because this machine may be busy with something else for a moment. */
  private void othersAreAnsweredAtOnce() {
    for (String path : new String[] {"/health", "/metrics"}) {
      long[] millis =
          IntStream.range(0, 9)
              .mapToLong(
                  i -> {
                    long begin = System.nanoTime();
                    assertThat(answer(path)).startsWith("HTTP/1.1");
                    return (System.nanoTime() - begin) / 1_000_000;
                  })
              .sorted()
              .toArray();
      assertThat(millis[4]).as(path + " " + Arrays.toString(millis)).isLessThan(1000);
    }
  }

  private String answer(String path) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), page.address().getPort())) {
      socket.setSoTimeout(20_000);
      String text = get(path).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that the page has ended are there no longer. */
  private void allMove() {
    crowd.removeIf(
        client -> {
          try {
            client.move().of(client.channel());
            return false;
          } catch (IOException e) {
            return true;
          }
        });
  }

  /** One step at a time, so that the page meets each by itself. */
  private void allMove(int steps) {
    int[] step = new int[1];
    await()
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              allMove();
              return ++step[0] == steps;
            });
  }

  private record Client(SocketChannel channel, Move move) {}

  /** What a client does, over and over; how many bytes it moved. */
  private interface Move {
    Move NONE = channel -> 0;
    Move READ = channel -> read(channel, 1 << 16);
    Move WRITE = channel -> channel.write(ByteBuffer.wrap(new byte[] {' '}));
    Move READ_A_BYTE_AND_WRITE = channel -> read(channel, 1) + WRITE.of(channel);

    int of(SocketChannel channel) throws IOException;
  }

  private static int read(SocketChannel channel, int most) throws IOException {
    int bytes = channel.read(ByteBuffer.allocate(most));
    if (bytes < 0) {
      throw new IOException("ended");
    }
    return bytes;
  }

  /** Asks again and reads nothing, until the answers fill all that lies between. */
  private static Move ask(String path) {
    return channel -> channel.write(ByteBuffer.wrap(get(path).getBytes(StandardCharsets.US_ASCII)));
  }
}

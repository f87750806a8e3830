package dev.sluice.lab.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(20)
final class FaultProxyTest {

  private static final Duration DEADLINE = Duration.ofMillis(50);
  private static final String INSERT = "POST /?query=INSERT+INTO+t&query_id=a1 HTTP/1.1\r\n";
  private static final String SELECT = "POST /?query=SELECT+1 HTTP/1.1\r\n";

  private static final String TOO_MUCH = "x".repeat(1 << 20);

  private final List<String> taken = new CopyOnWriteArrayList<>();
  private FaultProxy proxy;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.start();
    proxy = FaultProxy.ofHttp(DEADLINE);
    proxy.upstream(server.getAddress().getPort());
  }

  private void take(HttpExchange exchange) throws IOException {
    taken.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    exchange.getResponseHeaders().set("X-ClickHouse-Query-Id", "a1");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write("done".getBytes(StandardCharsets.UTF_8));
    exchange.close();
  }

  @AfterEach
  void stop() {
    proxy.close();
    server.stop(0);
  }

  @Test
  void oneConnectionServesManyRequests() throws IOException {
    try (Client client = new Client()) {
      assertThat(client.send(SELECT, "1").body()).asString().isEqualTo("done");
      proxy.set(NetworkFault.LOGIN_PAGE);
      assertThat(client.send(SELECT, "2").body()).asString().isEqualTo("done");
      assertThat(client.send(INSERT, "3").body()).asString().contains("Sign in");
      proxy.set(NetworkFault.NONE);
      assertThat(client.send(INSERT, "4").body()).asString().isEqualTo("done");
    }
    assertThat(taken).containsExactly("1", "2", "4");
  }

  @ParameterizedTest
  @MethodSource
  void whatIsAnsweredInTheServersPlaceIsNotForwarded(NetworkFault fault) throws IOException {
    proxy.set(fault);
    try (Client client = new Client()) {
      HttpMessage answer = client.send(INSERT, TOO_MUCH);
      assertThat(answer.startLine()).isEqualTo(answered(fault).orElseThrow().startLine());
      // The connection is as good as it was.
      assertThat(client.send(SELECT, "1").startLine()).contains("200");
    }
    assertThat(taken).containsExactly("1");
    assertThat(proxy.hits()).isEqualTo(1);
  }

  static Stream<NetworkFault> whatIsAnsweredInTheServersPlaceIsNotForwarded() {
    return Arrays.stream(NetworkFault.values()).filter(fault -> answered(fault).isPresent());
  }

  private static Optional<HttpMessage> answered(NetworkFault fault) {
    return fault.answer(new HttpMessage(INSERT.strip(), List.of(), new byte[0]), 0);
  }

  @Test
  void smallInsertsPassLimits() throws IOException {
    try (Client client = new Client()) {
      for (NetworkFault limit : List.of(NetworkFault.TOO_LARGE, NetworkFault.LIMIT_CODES)) {
        proxy.set(limit);
        assertThat(client.send(INSERT, "x").startLine()).contains("200");
        assertThat(proxy.hits()).isZero();
      }
    }
  }

  @Test
  void codesComeInTurn() throws IOException {
    proxy.set(NetworkFault.LIMIT_CODES);
    try (Client client = new Client()) {
      for (String code : List.of("158", "307", "396", "241", "158")) {
        HttpMessage answer = client.send(INSERT, TOO_MUCH);
        assertThat(answer.header("X-ClickHouse-Exception-Code")).hasValue(code);
        assertThat(answer.header("X-ClickHouse-Query-Id")).hasValue("a1");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = NetworkFault.class,
      names = {"RESET_AFTER_TAKEN", "CUT_IN_HEADERS", "ANSWER_REPLACED", "JUST_TOO_LATE", "SLOW"})
  void theServerHasDoneWhatTheAnswerDoesNotProve(NetworkFault fault) throws IOException {
    proxy.set(fault);
    try (Client client = new Client()) {
      HttpMessage answer = client.send(INSERT, "x");
      assertThat(fault).isNotIn(NetworkFault.RESET_AFTER_TAKEN, NetworkFault.CUT_IN_HEADERS);
      assertThat(answer.header("X-ClickHouse-Query-Id").isEmpty())
          .isEqualTo(fault == NetworkFault.ANSWER_REPLACED);
    } catch (IOException e) {
      assertThat(fault).isIn(NetworkFault.RESET_AFTER_TAKEN, NetworkFault.CUT_IN_HEADERS);
    }
    assertThat(taken).containsExactly("x");
  }

  @Test
  void connectionsAreRefusedUntilItListensAgain() throws IOException {
    try (Client client = new Client()) {
      client.send(SELECT, "1");
      proxy.set(NetworkFault.CONNECTION_REFUSED);
      assertThatThrownBy(() -> client.send(SELECT, "2")).isInstanceOf(IOException.class);
    }
    assertThatThrownBy(Client::new).isInstanceOf(ConnectException.class);
    proxy.set(NetworkFault.NONE);
    try (Client client = new Client()) {
      assertThat(client.send(SELECT, "3").startLine()).contains("200");
    }
  }

  @Test
  void clientThatHangsUpIsGoneForTheServerToo() throws IOException {
    try (ServerSocket frozen = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      proxy.upstream(frozen.getLocalPort());
      Client client = new Client();
      client.write(INSERT, "x");
      try (Socket seen = frozen.accept()) {
        client.close();
        assertThatThrownBy(() -> seen.getInputStream().readAllBytes())
            .isInstanceOf(IOException.class);
      }
    }
  }

  /** Speaks to the proxy as a driver does. */
  private final class Client implements AutoCloseable {

    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());

    Client() throws IOException {}

    HttpMessage send(String start, String body) throws IOException {
      write(start, body);
      InputStream in = socket.getInputStream();
      HttpMessage head = HttpMessage.readHead(in);
      if (head == null) {
        throw new EOFException();
      }
      return head.withAnswerBody(in);
    }

    void write(String start, String body) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(
          new HttpMessage(start.strip(), List.of("Host: a"), body.getBytes(StandardCharsets.UTF_8))
              .bytes());
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}

package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only a server of the test's own does on demand: odd answers, silence, certificates. */
class ClickHouseTest {
  private static final int INSERT_TIMEOUT_MS = 1_000;
  private static final Pattern QUERY_ID = Pattern.compile("query_id=([^&]+)");
  private static final String WRITTEN = "{\"read_rows\":\"7\",\"written_rows\":\"%d\"}";
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final Schema SCHEMA =
      SchemaBuilder.struct().field("n", Schema.INT64_SCHEMA).build();
  private static final byte[] LAYOUT = layout("MergeTree").getBytes(StandardCharsets.US_ASCII);

  private static String layout(String engine) {
    String last = (char) engine.length() + engine;
    return "\1a\4Int8\0\0011" + last + "\1b\6String\7DEFAULT\0010" + last;
  }

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** Of the last request that was remembered. */
  private volatile String query;

  private volatile byte[] body;
  private volatile String encoding;

  /** What the server says that it has written; all if null. */
  private volatile Integer written;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    executor.shutdownNow();
  }

  @Test
  void theLayoutIsReadInTableOrder() throws Exception {
    ClickHouse clickHouse = connect(serve(exchange -> answer(exchange, 200, LAYOUT)), Map.of());

    assertThat(clickHouse.layout("t"))
        .isEqualTo(
            new TableLayout(
                "t",
                List.of(
                    new TableLayout.Column("a", "Int8", "", true),
                    new TableLayout.Column("b", "String", "DEFAULT"))));
  }

  @Test
  void aTableWithoutColumnsIsMissing() throws Exception {
    ClickHouse clickHouse =
        connect(serve(exchange -> answer(exchange, 200, new byte[0])), Map.of());

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.layout("t"));

    assertThat(fault.kind()).isEqualTo(Fault.Kind.WAITING);
    assertThat(fault.setting()).isEqualTo("topic2TableMap");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {200, 201, 204, 301, 302, 303, 307, 308, 401, 403, 404, 408, 429, 500, 502, 503, 504})
  void anAnswerThatIsNotClickHousesOwnMayPassAndIsNoSuccess(int status) throws Exception {
    AtomicInteger requests = new AtomicInteger();
    ClickHouse clickHouse =
        connect(
            serve(
                exchange -> {
                  requests.incrementAndGet();
                  exchange.getResponseHeaders().add("Location", "/elsewhere");
                  exchange.getResponseHeaders().add("Retry-After", "0");
                  page(exchange, status);
                }),
            Map.of());

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));

    assertThat(fault.kind()).isEqualTo(Fault.Kind.PASSING);
    assertThat(fault).hasMessageContaining("HTTP status " + status);
    // No redirect was followed, and nothing sent again.
    assertThat(requests).hasValue(1);
  }

  @Test
  void anotherQuerysAnswerProvesNothing() throws Exception {
    int port =
        serve(
            exchange -> {
              exchange.getResponseHeaders().add("X-ClickHouse-Query-Id", "another");
              exchange.getResponseHeaders().add("X-ClickHouse-Summary", WRITTEN.formatted(10));
              page(exchange, 200);
            });

    Fault fault =
        catchThrowableOfType(Fault.class, () -> connect(port, Map.of()).insert(insert(10)));

    assertThat(fault).hasMessageContaining("with another query's id");
  }

  @ParameterizedTest
  @CsvSource({"9, false", "10, true", "25, true"})
  void anInsertCountsWhenAllItsRowsAreWritten(int written, boolean counts) throws Exception {
    this.written = written;
    ClickHouse clickHouse = connect(serve(this::remember), Map.of());

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));

    if (counts) {
      assertThat(fault).isNull();
    } else {
      assertThat(fault).hasMessage("ClickHouse says that it has written 9 of 10 rows");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Buffer, does not keep what it has acknowledged",
    "Memory, does not keep what it has acknowledged",
    "Null, does not keep what it has acknowledged",
    "View, name the table behind it",
    "MaterializedView, name the table behind it",
    "Dictionary, name the table behind it"
  })
  void aTargetThatKeepsNothingIsNoTable(String engine, String said) throws Exception {
    byte[] layout = layout(engine).getBytes(StandardCharsets.US_ASCII);
    ClickHouse clickHouse = connect(serve(exchange -> answer(exchange, 200, layout)), Map.of());

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.layout("t"));

    assertThat(fault.kind()).isEqualTo(Fault.Kind.WAITING);
    assertThat(fault.setting()).isEqualTo("topic2TableMap");
    assertThat(fault).hasMessageContaining(engine).hasMessageContaining(said);
  }

  @Test
  void aServerThatWouldNotDoWhatTheSettingsSayIsFound() throws Exception {
    byte[] answer =
        ("\25wait_for_async_insert" + "\0010" + "\22read_overflow_mode" + "\5throw")
            .getBytes(StandardCharsets.US_ASCII);
    ClickHouse clickHouse = connect(serve(exchange -> answer(exchange, 200, answer)), Map.of());

    Fault fault = catchThrowableOfType(Fault.class, clickHouse::refuseUnsafeSettings);

    assertThat(fault).hasMessageContaining("wait_for_async_insert = 0, though the sink says 1");
    assertThat(fault.setting()).isEqualTo("username");
  }

  @ParameterizedTest
  @CsvSource({
    "241, TOO_LARGE",
    "158, TOO_LARGE",
    "307, TOO_LARGE",
    "396, TOO_LARGE",
    "252, PASSING",
    "516, WAITING",
    "469, REFUSED",
    "47, UNSURE",
    "33, UNSURE",
    "62, UNSURE",
    "9999, UNSURE",
    "115, FATAL"
  })
  void clickHousesOwnAnswersAreSortedByTheirCode(int code, Fault.Kind kind) throws Exception {
    ClickHouse clickHouse = connect(serve(exchange -> refuse(exchange, code)), Map.of());

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));

    assertThat(fault.kind()).isEqualTo(kind);
  }

  @Test
  void theReasonOfARefusalHoldsNoValues() throws Exception {
    ClickHouse clickHouse = connect(serve(exchange -> refuse(exchange, 469)), Map.of());

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));

    assertThat(fault)
        .hasMessageContaining("code 469 VIOLATED_CONSTRAINT (Constraint `positive`)")
        .hasMessageNotContaining("secret");
  }

  @Test
  void anInsertNamesItsQueryItsTokenAndItsColumns() throws Exception {
    int port = serve(this::remember);

    connect(port, Map.of("clickhouseSettings", "insert_quorum=2")).insert(insert(3));

    assertThat(query)
        .contains("query_id=q1")
        .contains("insert_deduplication_token=token")
        .contains("insert_quorum=2")
        .contains("INSERT INTO `t` (`n`")
        .contains("FORMAT RowBinaryWithNamesAndTypes")
        .contains("async_insert=0")
        .contains("wait_for_async_insert=1")
        .contains("wait_end_of_query=1")
        .contains("input_format_with_types_use_header=1");
    assertThat(body).startsWith(1, 1, 'n', 5, 'I', 'n', 't', '6', '4').hasSize(9 + 3 * 8);
  }

  @Test
  void anInsertIsCompressedWithWhatThePluginCarries() throws Exception {
    int port = serve(this::remember);

    connect(port, Map.of("compression", "lz4")).insert(insert(10_000));

    assertThat(encoding).isEqualTo("lz4");
    assertThat(body).hasSizeBetween(1_000, 79_000);
  }

  @Test
  void aTryThatWasGivenUpIsCutOff() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    ServerSocket listener = new ServerSocket(0, 10, LOOPBACK);
    open.add(listener);
    Future<Integer> end =
        executor.submit(
            () -> {
              try (Socket socket = listener.accept()) {
                asked.countDown();
                InputStream in = socket.getInputStream();
                // Until the end of what the client sends, or its reset.
                while (in.read() >= 0) {}
                return -1;
              } catch (SocketException e) {
                return -1;
              }
            });
    ClickHouse clickHouse =
        connect(listener.getLocalPort(), Map.of("clickhouseClientInsertTimeoutMs", "1000"));

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));

    assertThat(fault.kind()).isEqualTo(Fault.Kind.TIMEOUT);
    assertThat(asked.getCount()).isZero();
    assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
  }

  @Test
  void silenceEndsWithTheTimeout() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    open.add(over::countDown);
    int port = serve(exchange -> await(over));
    ClickHouse clickHouse = connect(port, Map.of("clickhouseClientInsertTimeoutMs", "1000"));

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));

    assertThat(fault.kind()).isEqualTo(Fault.Kind.TIMEOUT);
  }

  @Test
  void aHostThatStopsReadingInMidBodyEndsWithTheTimeout() throws Exception {
    // Connections wait in the backlog and nobody ever reads from them.
    ServerSocket blackHole = new ServerSocket(0, 10, LOOPBACK);
    open.add(blackHole);
    ClickHouse clickHouse =
        connect(blackHole.getLocalPort(), Map.of("clickhouseClientInsertTimeoutMs", "1000"));
    Server.Insert large = insert(4_000_000);

    Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(large));

    assertThat(fault.kind()).isEqualTo(Fault.Kind.TIMEOUT);
    assertThat(fault).hasMessageContaining("nothing within 1000 ms");
  }

  @Test
  void theNextHostIsTriedAfterAFaultThatMayPass() throws Exception {
    int good = serve(exchange -> answer(exchange, 200, LAYOUT));
    int readOnly = serve(exchange -> refuse(exchange, 242));
    ClickHouse clickHouse =
        connect(1, Map.of("hostname", "127.0.0.1:" + readOnly + ",127.0.0.1:" + good));

    catchThrowableOfType(Fault.class, () -> clickHouse.layout("t"));

    assertThat(clickHouse.layout("t").columns()).hasSize(2);
  }

  @Test
  void aHostWhereOurOwnTryStillRunsIsNotLeft() throws Exception {
    int other = serve(exchange -> answer(exchange, 200, new byte[0]));
    int busy = serve(exchange -> refuse(exchange, 216));
    ClickHouse clickHouse =
        connect(1, Map.of("hostname", "127.0.0.1:" + busy + ",127.0.0.1:" + other));

    for (int i = 0; i < 3; i++) {
      Fault fault = catchThrowableOfType(Fault.class, () -> clickHouse.insert(insert(10)));
      assertThat(fault.is(ErrorCode.QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)).isTrue();
    }
  }

  @Test
  void certificatesProveBothSides(@TempDir Path dir) throws Exception {
    TestCertificate ours = TestCertificate.create(dir, "client");
    TestCertificate theirs = TestCertificate.create(dir, "server");
    AtomicReference<Map<String, String>> headers = new AtomicReference<>();
    int port =
        serveTls(
            theirs,
            ours,
            exchange -> {
              headers.set(flat(exchange));
              answer(exchange, 200, LAYOUT);
            });
    Map<String, String> settings = new HashMap<>();
    settings.put("ssl", "true");
    settings.put("ssl.ca.certificate", theirs.certificate().toString());

    ClickHouse stranger = connect(port, settings);
    assertThat(catchThrowableOfType(Fault.class, () -> stranger.layout("t")).kind())
        .isEqualTo(Fault.Kind.PASSING);

    settings.put("ssl.client.certificate", ours.certificate().toString());
    settings.put("ssl.client.key", ours.key().toString());
    assertThat(connect(port, settings).layout("t").columns()).hasSize(2);
    assertThat(headers.get())
        .containsEntry("X-clickhouse-ssl-certificate-auth", "on")
        .doesNotContainKey("Authorization");

    settings.put("ssl.ca.certificate", ours.certificate().toString());
    ClickHouse distrustful = connect(port, settings);
    assertThat(catchThrowableOfType(Fault.class, () -> distrustful.layout("t")))
        .hasMessageContaining("certification path");
  }

  private static Map<String, String> flat(HttpExchange exchange) {
    Map<String, String> flat = new HashMap<>();
    exchange.getRequestHeaders().forEach((name, values) -> flat.put(name, values.get(0)));
    return flat;
  }

  private static Server.Insert insert(int rowCount) {
    RowWriter writer = RowWriter.compile(SCHEMA, MemoryServer.layoutOf("Int64"));
    RowBuffer rows = new RowBuffer(1024);
    for (long n = 0; n < rowCount; n++) {
      rows.putLong(n);
    }
    return new Server.Insert(
        "t", writer, rows, 0, rows.size(), rowCount, "q1", "token", INSERT_TIMEOUT_MS);
  }

  private ClickHouse connect(int port, Map<String, String> more) {
    Map<String, String> settings =
        new HashMap<>(Map.of("hostname", "127.0.0.1", "port", "" + port));
    settings.putAll(more);
    ClickHouse clickHouse = new ClickHouse(SinkConfig.of(settings), executor);
    open.add(clickHouse);
    return clickHouse;
  }

  private int serve(HttpHandler handler) throws IOException {
    return start(HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0), handler);
  }

  private int serveTls(TestCertificate own, TestCertificate client, HttpHandler handler)
      throws Exception {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(own.contextTrusting(client)) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters tls = getSSLContext().getDefaultSSLParameters();
            tls.setNeedClientAuth(true);
            parameters.setSSLParameters(tls);
          }
        });
    return start(server, handler);
  }

  private int start(HttpServer server, HttpHandler handler) {
    server.createContext("/", handler);
    server.setExecutor(executor);
    server.start();
    open.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  private void remember(HttpExchange exchange) throws IOException {
    query = exchange.getRequestURI().getQuery();
    body = exchange.getRequestBody().readAllBytes();
    encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
    int rows = written == null ? Integer.MAX_VALUE : written;
    exchange.getResponseHeaders().add("X-ClickHouse-Summary", WRITTEN.formatted(rows));
    answer(exchange, 200, new byte[0]);
  }

  /** Somebody else's. */
  private static void page(HttpExchange exchange, int status) throws IOException {
    exchange.getRequestBody().readAllBytes();
    byte[] page = "<html>Sign in</html>".getBytes(StandardCharsets.US_ASCII);
    exchange.sendResponseHeaders(status, status == 204 ? -1 : page.length);
    if (status != 204) {
      exchange.getResponseBody().write(page);
    }
    exchange.close();
  }

  /** ClickHouse's: it says which query it has answered. */
  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getRequestBody().readAllBytes();
    Matcher id = QUERY_ID.matcher(exchange.getRequestURI().getQuery());
    if (id.find()) {
      exchange.getResponseHeaders().add("X-ClickHouse-Query-Id", id.group(1));
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static void refuse(HttpExchange exchange, int code) throws IOException {
    exchange.getResponseHeaders().add("X-ClickHouse-Exception-Code", "" + code);
    String text =
        "Code: %d. DB::Exception: Constraint `positive` for table t is violated at row 1."
            + " Column values: n = secret. (VIOLATED_CONSTRAINT) (version 26.7.2.1)";
    answer(exchange, 500, text.formatted(code).getBytes(StandardCharsets.UTF_8));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

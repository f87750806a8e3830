package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.SluiceException;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server lets through and what it refuses; none of the four servers is there. */
final class OpsServerTest {

  private static final String TOKEN = "a-long-enough-token";
  private static final String ACTION = "/api/connectors/x/restart";

  private OpsServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void servesAndSaysWhatItCannotReach() {
    start("127.0.0.1", false, null);
    assertThat(get("/")).startsWith("HTTP/1.1 200").contains("<title>Sluice</title>");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(get("/api/overview"))
                    .contains("\"state\":\"UNREACHABLE\"", "No Kafka Connect worker answers"));
    assertThat(get("/health")).startsWith("HTTP/1.1 503").contains("UNREACHABLE");
    assertThat(get("/metrics")).contains("sluice_state 5", "sluice_server_up{server=\"Kafka\"} 0");
  }

  @Test
  void everyAnswerIsHardened() {
    start("127.0.0.1", false, null);
    for (String path : new String[] {"/", "/js/app.js", "/api/session", "/no/such", "/health"}) {
      assertThat(get(path).toLowerCase())
          .as(path)
          .contains(
              "content-security-policy: default-src 'none'",
              "frame-ancestors 'none'",
              "require-trusted-types-for 'script'",
              "x-content-type-options: nosniff",
              "cache-control: no-store")
          .doesNotContain("unsafe-inline", "access-control-allow");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/js/%2e%2e/x.js", "/js/..%2fx.js", "/nothing.js", "/js/", "//"})
  void onlyThePagesOwnFilesAreServed(String path) {
    start("127.0.0.1", false, null);
    assertThat(get(path)).startsWith("HTTP/1.1 404");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/../../dev/sluice/Pause.class", "/%", "http://evil.example/"})
  void whatIsNoRequestIsAnsweredInASentenceAndHardened(String path) {
    start("127.0.0.1", false, null);
    assertThat(get(path))
        .startsWith("HTTP/1.1 400")
        .contains("{\"error\":\"This request is not understood: Bad Request.\"}")
        .containsIgnoringCase("content-security-policy: default-src 'none'")
        .doesNotContainIgnoringCase("jetty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/history?pipeline=%", "/api/history?pipeline=%zz"})
  void whatCannotBeDecodedIsNoDefect(String path) {
    start("127.0.0.1", false, null);
    assertThat(get(path)).startsWith("HTTP/1.1 400").contains("The address is not well-formed");
  }

  @Test
  void headOfAnAnswerIsThatOfTheWhole() {
    start("127.0.0.1", false, null);
    assertThat(request("HEAD", "/", host(), "", ""))
        .startsWith("HTTP/1.1 200")
        .containsPattern("(?i)content-length: [1-9]")
        .endsWith("\r\n\r\n");
  }

  @Test
  void portThatIsTakenIsSaid() {
    start("127.0.0.1", false, null);
    int port = server.address().getPort();
    try (OpsServer second = new OpsServer(options("127.0.0.1", port, false, null))) {
      assertThatThrownBy(second::start)
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining("127.0.0.1:" + port + " (--bind, --port): Address already in use");
    }
  }

  @Test
  void requestWhoseHeadIsTooLongIsRefused() {
    start("127.0.0.1", false, null);
    assertThat(request("GET", "/", host(), "X: " + "x".repeat(40_000) + "\r\n", ""))
        .startsWith("HTTP/1.1 431")
        .containsIgnoringCase("x-frame-options: DENY");
  }

  @ParameterizedTest
  @CsvSource({
    "evil.example, 403",
    "127.0.0.1.evil.example, 403",
    "localhost:1, 200",
    "'[::1]:1', 200"
  })
  void withoutATokenOnlyLoopbackNamesAreServed(String host, int status) {
    start("127.0.0.1", false, null);
    assertThat(request("GET", "/api/overview", host, "", "")).startsWith("HTTP/1.1 " + status);
  }

  @Test
  void readOnlyPageRefusesEveryAction() {
    start("127.0.0.1", false, null);
    assertThat(get("/api/session")).contains("\"actions\":false").contains("\"token\":null");
    assertThat(post(ACTION, "X-Sluice-Token: anything\r\n"))
        .startsWith("HTTP/1.1 403")
        .contains("--allow-actions");
  }

  @Test
  void actionNeedsTheTokenItsOwnOriginAndJson() {
    start("127.0.0.1", true, null);
    Matcher token = Pattern.compile("\"token\":\"(\\w+)\"").matcher(get("/api/session"));
    assertThat(token.find()).isTrue();
    String shown = "X-Sluice-Token: " + token.group(1) + "\r\n";
    String own = "Origin: " + server.address() + "\r\n";
    assertThat(post(ACTION, own)).startsWith("HTTP/1.1 403").contains("token");
    assertThat(post(ACTION, own + "X-Sluice-Token: wrong\r\n")).startsWith("HTTP/1.1 403");
    assertThat(post(ACTION, shown + "Origin: http://evil.example\r\n"))
        .startsWith("HTTP/1.1 403")
        .contains("origin");
    assertThat(post(ACTION, shown + "Origin: null\r\n")).startsWith("HTTP/1.1 403");
    assertThat(request("POST", ACTION, host(), shown + "Content-Type: text/plain\r\n", "{}"))
        .startsWith("HTTP/1.1 415");
    assertThat(post(ACTION, shown + own)).as("let through").startsWith("HTTP/1.1 503");
    assertThat(request("POST", ACTION, host(), shown + JSON, "no json")).startsWith("HTTP/1.1 400");
    assertThat(
            request("POST", ACTION, host(), shown + JSON, "{\"a\":\"" + "x".repeat(70_000) + "\"}"))
        .startsWith("HTTP/1.1 413");
  }

  @ParameterizedTest
  @CsvSource({"PUT, 405", "DELETE, 405", "TRACE, 405", "OPTIONS, 405"})
  void otherMethodsAreRefused(String method, int status) {
    start("127.0.0.1", true, null);
    assertThat(request(method, ACTION, host(), "", "")).startsWith("HTTP/1.1 " + status);
  }

  @Test
  void accessTokenIsAskedForEverythingButHealth() {
    start("0.0.0.0", true, TOKEN);
    String basic = Base64.getEncoder().encodeToString(("me:" + TOKEN).getBytes());
    String wrong = Base64.getEncoder().encodeToString("me:wrong".getBytes());
    for (String path : new String[] {"/", "/js/app.js", "/api/overview", "/metrics"}) {
      assertThat(get(path))
          .startsWith("HTTP/1.1 401")
          .containsIgnoringCase("www-authenticate: basic");
      assertThat(request("GET", path, "ops.example", "Authorization: Bearer " + TOKEN + "\r\n", ""))
          .startsWith("HTTP/1.1 200");
      assertThat(request("GET", path, "ops.example", "Authorization: Basic " + basic + "\r\n", ""))
          .startsWith("HTTP/1.1 200");
      assertThat(request("GET", path, "ops.example", "Authorization: Basic " + wrong + "\r\n", ""))
          .startsWith("HTTP/1.1 401");
    }
    assertThat(get("/health")).startsWith("HTTP/1.1 503");
    assertThat(post(ACTION, "X-Sluice-Token: " + TOKEN + "\r\n")).startsWith("HTTP/1.1 401");
  }

  @Test
  void bindingElsewhereWithoutATokenIsRefused() {
    assertThatThrownBy(() -> start("0.0.0.0", false, null))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("SLUICE_OPS_TOKEN");
    assertThatThrownBy(() -> start("127.0.0.1", false, "short"))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("too short");
  }

  @Test
  void onlyDeadLetterQueuesAreReadNotAnyTopic() {
    start("127.0.0.1", false, null);
    assertThat(get("/api/dead-letters?topic=__consumer_offsets")).startsWith("HTTP/1.1 404");
    assertThat(get("/api/dead-letters/payload?topic=x&partition=0&offset=0"))
        .startsWith("HTTP/1.1 404");
  }

  private static final String JSON = "Content-Type: application/json\r\n";

  private void start(String bind, boolean allowActions, String token) {
    server = new OpsServer(options(bind, 0, allowActions, token)).start();
  }

  private static OpsOptions options(String bind, int port, boolean allowActions, String token) {
    return new OpsOptions(
        URI.create("http://127.0.0.1:1"),
        "127.0.0.1:1",
        new PostgresAddress("127.0.0.1", 1, "db", "me", ""),
        new ClickHouseAddress("127.0.0.1", 1, false, "default", "default", ""),
        bind,
        port,
        allowActions,
        token,
        OpsOptions.Limits.DEFAULT);
  }

  private String host() {
    return "127.0.0.1:" + server.address().getPort();
  }

  private String get(String path) {
    return request("GET", path, host(), "", "");
  }

  private String post(String path, String headers) {
    return request("POST", path, host(), headers + JSON, "{}");
  }

  /** By hand, as clients do not let one choose Host and Origin. */
  private String request(String method, String path, String host, String headers, String body) {
    String text =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nConnection: close\r\n"
            + headers
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

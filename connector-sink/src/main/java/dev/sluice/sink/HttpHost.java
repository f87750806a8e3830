package dev.sluice.sink;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.apache.kafka.common.config.ConfigException;

/**
 * One ClickHouse server's HTTP interface.
 *
 * <p>Failure semantics: a call is one request, sent once. Nothing is sent again and no redirect is
 * followed, as either would write behind the caller's back; the JDK's client repeats no POST. An
 * answer counts when it is ClickHouse's own, which the query's id in it shows: a proxy that answers
 * 200 with a page of its own has not asked ClickHouse. A call that outlives its deadline is cut off
 * with its connection, and can write no more.
 */
final class HttpHost {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final String QUERY_ID = "X-ClickHouse-Query-Id";
  private static final String SUMMARY = "X-ClickHouse-Summary";
  private static final String EXCEPTION_CODE = "X-ClickHouse-Exception-Code";

  /** What is sent: bytes of the caller's, which stay as they are until the call is over. */
  record Body(byte[] head, byte[] bytes, int from, int to) {
    static Body of(String text) {
      return of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Body of(byte[] all) {
      return new Body(all, all, 0, 0);
    }

    private Body packed() {
      ByteArrayOutputStream packed = new ByteArrayOutputStream((to - from) / 2 + 64);
      try (LZ4FrameOutputStream out = new LZ4FrameOutputStream(packed)) {
        out.write(head);
        out.write(bytes, from, to - from);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return of(packed.toByteArray());
    }
  }

  /**
   * ClickHouse's own answer to a query that it is done with.
   *
   * @param summary what it read and wrote, as JSON
   */
  record Answer(String summary, byte[] body) {}

  private final SinkConfig config;
  private final String address;
  private final HttpClient client;

  /**
   * @param tls null for plain HTTP
   */
  HttpHost(SinkConfig config, SinkConfig.Host host, SSLContext tls, Executor executor) {
    this.config = config;
    address = (tls == null ? "http://" : "https://") + host.name() + ":" + host.port() + "/?";
    try {
      URI.create(address);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(SinkSettings.HOSTNAME + ": " + host.name() + " is no host's name");
    }
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .executor(executor);
    client = (tls == null ? builder : builder.sslContext(tls)).build();
  }

  /**
   * Sends a query.
   *
   * @param parameters settings and parameters of the query, by name
   * @throws Fault when ClickHouse refuses it, or when the answer is missing or not its own
   */
  Answer post(String queryId, Map<String, String> parameters, Body body, int timeoutMs)
      throws Fault, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + query(queryId, parameters)));
    if (byCertificate()) {
      request
          .header("X-ClickHouse-User", config.username())
          .header("X-ClickHouse-SSL-Certificate-Auth", "on");
    } else {
      request.header("Authorization", basic());
    }
    Body sent = body;
    if (config.compress()) {
      sent = body.packed();
      request.header("Content-Encoding", "lz4");
    }
    return answer(queryId, exchange(request.POST(new Slices(sent)).build(), timeoutMs));
  }

  private HttpResponse<byte[]> exchange(HttpRequest request, int timeoutMs)
      throws Fault, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request, BodyHandlers.ofByteArray());
    try {
      return exchange.get(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw Fault.timeout(timeoutMs);
    } catch (ExecutionException e) {
      throw Fault.of(e.getCause());
    } finally {
      // Where it is not over this cuts the connection; else it does nothing.
      exchange.cancel(true);
    }
  }

  private static Answer answer(String queryId, HttpResponse<byte[]> response) throws Fault {
    String code = response.headers().firstValue(EXCEPTION_CODE).orElse(null);
    if (code != null) {
      String text = new String(response.body(), StandardCharsets.UTF_8);
      throw Fault.refusal(number(code), text, queryId);
    }
    String id = response.headers().firstValue(QUERY_ID).orElse(null);
    if (response.statusCode() != 200 || !queryId.equals(id)) {
      throw Fault.notClickHouse(response.statusCode(), id == null);
    }
    return new Answer(response.headers().firstValue(SUMMARY).orElse(""), response.body());
  }

  private static int number(String code) {
    try {
      return Integer.parseInt(code.strip());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private String query(String queryId, Map<String, String> parameters) {
    return "query_id="
        + encode(queryId)
        + "&database="
        + encode(config.database())
        // The answer comes when all is done, and then says so or is an error.
        + "&wait_end_of_query=1&"
        + parameters.entrySet().stream()
            .map(parameter -> encode(parameter.getKey()) + "=" + encode(parameter.getValue()))
            .collect(Collectors.joining("&"));
  }

  private static String encode(String text) {
    // A plus is a blank in forms only.
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private boolean byCertificate() {
    return config.password().value().isEmpty() && !config.clientCertificate().isEmpty();
  }

  private String basic() {
    String pair = config.username() + ":" + config.password().value();
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }
}

package dev.sluice.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.SluiceException;
import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.Health;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;

/**
 * The operator's page: files, {@code /api/…}, {@code /metrics} and {@code /health} over HTTP.
 *
 * <p>Failure semantics: it serves as long as its process lives, whichever of the four servers is
 * down. A port that is taken ends {@link #start} with a {@link SluiceException}. What is refused is
 * answered with a status and {@code {"error": "…"}}; what fails at Connect or Kafka with 502.
 */
public final class OpsServer implements AutoCloseable {

  private static final int THREADS = 8;
  private static final int LONGEST_BODY = 64 * 1024;
  private static final int WORTH_PACKING = 2_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final OpsOptions options;
  private final Guard guard;
  private final Collector collector;
  private final Api api;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, OpsServer::daemon);
  private HttpServer http;

  /** Starts nothing yet. */
  public OpsServer(OpsOptions options) {
    this.options = options;
    this.guard = new Guard(options);
    DeadLetters deadLetters = new DeadLetters(options.kafka());
    ActionLog log = new ActionLog();
    Timeline timeline = new Timeline();
    this.collector = new Collector(options, deadLetters, log, timeline);
    Actions actions = new Actions(options, deadLetters, log);
    this.api = new Api(collector::picture, guard, deadLetters, actions, log, timeline);
  }

  /** Begins to look and to serve. */
  public OpsServer start() {
    // Read once by the JDK's server: a client that never ends its request is cut off.
    System.setProperty("sun.net.httpserver.maxReqTime", "20");
    System.setProperty("sun.net.httpserver.nodelay", "true");
    try {
      http = HttpServer.create(new InetSocketAddress(options.bind(), options.port()), 64);
    } catch (IOException e) {
      collector.close();
      throw new SluiceException(
          "The page cannot listen on "
              + options.bind()
              + ":"
              + options.port()
              + " (--bind, --port): "
              + SluiceException.reason(e),
          e);
    }
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    collector.start();
    http.start();
    return this;
  }

  /** Where the page is. */
  public URI address() {
    String host = options.bind().contains(":") ? "[" + options.bind() + "]" : options.bind();
    return URI.create("http://" + host + ":" + http.getAddress().getPort());
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Guard.harden(exchange.getResponseHeaders());
      try {
        answer(exchange);
      } catch (Refused e) {
        error(exchange, e.status(), e.getMessage());
      } catch (SluiceException | ConnectClient.Unreachable e) {
        error(exchange, 502, collector.picture().redactor().text(e.getMessage()));
      } catch (RuntimeException e) {
        e.printStackTrace();
        error(exchange, 500, "This is a defect; the process's standard error has the trace.");
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String method = exchange.getRequestMethod();
    boolean post = method.equals("POST");
    if (!post && !method.equals("GET") && !method.equals("HEAD")) {
      throw new Refused(405, "GET and POST are understood.");
    }
    if (path.equals("/health") && !post) {
      health(exchange);
      return;
    }
    guard.checkReader(exchange);
    if (post) {
      guard.checkAction(exchange);
      if (!path.startsWith("/api/")) {
        throw new Refused(405, "Only actions are posted.");
      }
      send(exchange, 200, "application/json", bytes(api.post(segments(path), body(exchange))));
    } else if (path.startsWith("/api/")) {
      JsonNode json = api.get(segments(path), query(exchange.getRequestURI().getRawQuery()));
      send(exchange, 200, "application/json", bytes(json));
    } else if (path.equals("/metrics")) {
      String text = MetricsText.of(collector.picture().overview());
      send(exchange, 200, "text/plain; version=0.0.4", text.getBytes(StandardCharsets.UTF_8));
    } else {
      Assets.Asset asset = Assets.find(path);
      send(exchange, 200, asset.type(), asset.bytes());
    }
  }

  /** For probes: no token, and nothing in it but the state. */
  private void health(HttpExchange exchange) throws IOException {
    Health state = collector.picture().overview().state();
    byte[] json = bytes(JSON.createObjectNode().put("state", state.name()));
    send(exchange, state == Health.OK ? 200 : 503, "application/json", json);
  }

  private static void error(HttpExchange exchange, int status, String sentence) throws IOException {
    byte[] json = bytes(JSON.createObjectNode().put("error", sentence));
    send(exchange, status, "application/json", json);
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] content)
      throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", type);
    byte[] body = content;
    String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
    if (content.length > WORTH_PACKING && accepted != null && accepted.contains("gzip")) {
      headers.set("Content-Encoding", "gzip");
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (OutputStream gzip = new GZIPOutputStream(packed)) {
        gzip.write(content);
      }
      body = packed.toByteArray();
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      byte[] bytes = in.readNBytes(LONGEST_BODY + 1);
      if (bytes.length > LONGEST_BODY) {
        throw new Refused(413, "The body is too long.");
      }
      JsonNode json = JSON.readTree(bytes);
      if (!json.isObject()) {
        throw new Refused(400, "The body is a JSON object.");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new Refused(400, "The body is not JSON.");
    }
  }

  /** What stands behind {@code /api/}, decoded: a connector's name may hold any character. */
  private static String[] segments(String path) {
    try {
      return Arrays.stream(path.substring("/api/".length()).split("/"))
          .map(s -> URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8))
          .toArray(String[]::new);
    } catch (IllegalArgumentException e) {
      throw new Refused(400, "The path is not well-formed.");
    }
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&")) {
        String[] sides = pair.split("=", 2);
        if (sides.length == 2) {
          query.put(sides[0], URLDecoder.decode(sides[1], StandardCharsets.UTF_8));
        }
      }
    }
    return query;
  }

  private static byte[] bytes(JsonNode json) throws IOException {
    return JSON.writeValueAsBytes(json);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "ops-http");
    thread.setDaemon(true);
    return thread;
  }

  /** Stops serving and looking. */
  @Override
  public void close() {
    if (http != null) {
      http.stop(0);
    }
    threads.shutdownNow();
    collector.close();
  }
}

package dev.sluice.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.servers.Health;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * From request to answer. No thread waits for a client or a server here: what is known is answered
 * at once, and the rest when it has come.
 */
final class PageHandler extends Handler.Abstract {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final AccessGuard guard;
  private final Api api;
  private final Supplier<StatusSnapshot> picture;
  private final Crowd crowd;

  PageHandler(AccessGuard guard, Api api, Supplier<StatusSnapshot> picture, Crowd crowd) {
    this.guard = guard;
    this.api = api;
    this.picture = picture;
    this.crowd = crowd;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Connection connection = request.getConnectionMetaData().getConnection();
    Request.addCompletionListener(request, failure -> crowd.clientsTurn(connection, 0));
    crowd.clientsTurn(connection, 0);
    CompletableFuture<Reply> reply;
    try {
      reply = reply(request);
    } catch (RuntimeException e) {
      reply = CompletableFuture.failedFuture(e);
    }
    // As a job of its own, so that a connection with many requests waits its turn for each.
    reply
        .exceptionally(this::refusal)
        .thenAcceptAsync(
            ready -> {
              Reply packed = accepts(request, "gzip") ? ready.packed() : ready;
              crowd.clientsTurn(connection, packed.content().length);
              send(request, response, callback, packed);
            },
            request.getComponents().getExecutor())
        .exceptionally(
            failure -> {
              if (isRunning()) {
                failure.printStackTrace();
              }
              callback.failed(failure);
              return null;
            });
    return true;
  }

  /** Answers what Jetty does not hand to {@link #handle}, or has back from it as failed. */
  static boolean malformed(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    String sentence =
        status == HttpStatus.INTERNAL_SERVER_ERROR_500
            ? RequestRefused.DEFECT
            : "This request is not understood: " + HttpStatus.getMessage(status) + ".";
    send(request, response, callback, Reply.error(status, sentence));
    return true;
  }

  private CompletableFuture<Reply> reply(Request request) {
    String path = request.getHttpURI().getPath();
    String method = request.getMethod();
    boolean post = method.equals("POST");
    if (!post && !method.equals("GET") && !method.equals("HEAD")) {
      throw new RequestRefused(405, "GET and POST are understood.");
    }
    if (path.equals("/health") && !post) {
      return CompletableFuture.completedFuture(health());
    }
    guard.checkReader(request.getHeaders());
    if (post) {
      guard.checkAction(request.getHeaders());
      if (!path.startsWith("/api/")) {
        throw new RequestRefused(405, "Only actions are posted.");
      }
      return Body.of(request)
          .thenCompose(body -> asked(request, api.post(segments(path), object(body))));
    }
    if (path.startsWith("/api/")) {
      return asked(request, api.get(segments(path), query(request.getHttpURI().getQuery())));
    }
    if (path.equals("/metrics")) {
      String text = MetricsText.of(picture.get().overview());
      return CompletableFuture.completedFuture(Reply.text("text/plain; version=0.0.4", text));
    }
    Assets.Asset asset = Assets.find(path);
    return CompletableFuture.completedFuture(new Reply(200, asset.type(), null, asset.bytes()));
  }

  private CompletableFuture<Reply> asked(Request request, CompletableFuture<JsonNode> answer) {
    crowd.ourTurn(request.getConnectionMetaData().getConnection());
    return answer.thenApply(json -> Reply.json(200, json));
  }

  /** For probes: no token, and nothing in it but the state. */
  private Reply health() {
    Health state = picture.get().overview().state();
    return Reply.json(
        state == Health.OK ? 200 : 503, JSON.createObjectNode().put("state", state.name()));
  }

  private Reply refusal(Throwable failure) {
    RequestRefused refused = RequestRefused.of(failure);
    return Reply.error(refused.status(), picture.get().redactor().text(refused.getMessage()));
  }

  private static boolean accepts(Request request, String encoding) {
    String accepted = request.getHeaders().get(HttpHeader.ACCEPT_ENCODING);
    return accepted != null && accepted.contains(encoding);
  }

  private static void send(Request request, Response response, Callback callback, Reply reply) {
    HttpFields.Mutable headers = response.getHeaders();
    AccessGuard.harden(headers, reply.status());
    headers.put(HttpHeader.CONTENT_TYPE, reply.type());
    if (reply.encoding() != null) {
      headers.put(HttpHeader.CONTENT_ENCODING, reply.encoding());
    }
    headers.put(HttpHeader.CONTENT_LENGTH, reply.content().length);
    response.setStatus(reply.status());
    boolean head = request.getMethod().equals("HEAD");
    response.write(true, ByteBuffer.wrap(head ? new byte[0] : reply.content()), callback);
  }

  private static JsonNode object(byte[] body) {
    try {
      JsonNode json = JSON.readTree(body);
      if (!json.isObject()) {
        throw new RequestRefused(400, "The body is a JSON object.");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new RequestRefused(400, "The body is not JSON.");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What stands behind {@code /api/}, decoded: a connector's name may hold any character. */
  private static String[] segments(String path) {
    return Arrays.stream(path.substring("/api/".length()).split("/", -1))
        .map(s -> decoded(s.replace("+", "%2B")))
        .toArray(String[]::new);
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&")) {
        String[] sides = pair.split("=", 2);
        if (sides.length == 2) {
          query.put(sides[0], decoded(sides[1]));
        }
      }
    }
    return query;
  }

  private static String decoded(String part) {
    try {
      return URLDecoder.decode(part, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new RequestRefused(
          400, "The address is not well-formed: a % has no two hex digits behind it.");
    }
  }
}

package dev.sluice.servers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The part of Kafka Connect's REST API that Sluice uses, one method per call.
 *
 * <p>Failure semantics: 409 (a rebalance is under way) and a worker that refuses the connection for
 * a moment are retried with back-off for as long as the caller allows; a worker that stays away is
 * {@link Unreachable}; every other answer that is not 2xx is a {@link Refusal} with Connect's own
 * message.
 */
public final class ConnectClient {

  /** No worker answers at the address. */
  public static final class Unreachable extends RuntimeException {
    Unreachable(URI address, Throwable cause) {
      super(
          "No Kafka Connect worker answers at "
              + address
              + " ("
              + (cause instanceof ConnectException
                  ? "connection refused"
                  : SluiceException.reason(cause))
              + ").",
          cause);
    }
  }

  /** Connect answered, and not with what was asked for. */
  public static final class Refusal extends SluiceException {

    private final int status;

    Refusal(int status, String message) {
      super(message);
      this.status = status;
    }

    /** The HTTP status of Connect's answer. */
    public int status() {
      return status;
    }
  }

  /**
   * A connector or task as Connect reports it.
   *
   * @param task the task's number, or {@value #CONNECTOR} for the connector itself
   * @param trace empty where nothing failed
   */
  public record Status(int task, String state, String worker, String trace) {}

  /** A connector with its configuration and tasks, from one request for all of them. */
  public record Connector(
      String name, String type, Map<String, String> config, Status connector, List<Status> tasks) {

    /** How many tasks run, by Connect's word. */
    public long running() {
      return tasks.stream().filter(t -> t.state().equals("RUNNING")).count();
    }

    /** Whether there are tasks and each runs, by Connect's word. */
    public boolean allTasksRun() {
      return !tasks.isEmpty() && running() == tasks.size();
    }

    /** The connector itself or the first of its tasks that failed. */
    public Optional<Status> firstFailed() {
      return Stream.concat(Stream.of(connector), tasks.stream())
          .filter(part -> part.state().equals("FAILED"))
          .findFirst();
    }
  }

  /** What validation says of one setting. */
  public record SettingError(String setting, List<String> errors) {}

  private static final int CONNECTOR = -1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI address;
  private final Duration timeout;
  private final Duration answerLimit;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  /**
   * @param address the worker's address, such as {@code http://127.0.0.1:8083}
   * @param timeout how long a call is tried again
   */
  public ConnectClient(URI address, Duration timeout) {
    this(address, timeout, Duration.ofSeconds(60));
  }

  /**
   * @param answerLimit how long one answer may take before the worker is {@link Unreachable}
   */
  public ConnectClient(URI address, Duration timeout, Duration answerLimit) {
    this.address = URI.create(address.toString().replaceAll("/+$", ""));
    this.timeout = timeout;
    this.answerLimit = answerLimit;
  }

  /** The worker's address. */
  public URI address() {
    return address;
  }

  /** True when the worker has joined its cluster and serves requests. */
  public boolean healthy() {
    try {
      return send("GET", "/health", null).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The version of the worker. */
  public String version() {
    return call("GET", "/", null).path("version").asText();
  }

  /** The versions of all plugins that the worker found, by class. */
  public Map<String, String> plugins() {
    Map<String, String> plugins = new TreeMap<>();
    call("GET", "/connector-plugins?connectorsOnly=false", null)
        .forEach(p -> plugins.put(p.path("class").asText(), p.path("version").asText()));
    return plugins;
  }

  /** All connectors, sorted by name. */
  public Map<String, Connector> connectors() {
    Map<String, Connector> connectors = new TreeMap<>();
    call("GET", "/connectors?expand=info&expand=status", null)
        .properties()
        .forEach(c -> connectors.put(c.getKey(), connector(c.getKey(), c.getValue())));
    return connectors;
  }

  /** Every setting that the plugin refuses, in the plugin's order; empty when all is well. */
  public List<SettingError> validate(ConnectorSpec spec) {
    String plugin = spec.connectorClass().substring(spec.connectorClass().lastIndexOf('.') + 1);
    List<SettingError> errors = new ArrayList<>();
    for (JsonNode setting :
        call("PUT", "/connector-plugins/" + encode(plugin) + "/config/validate", spec.config())
            .path("configs")) {
      List<String> messages = new ArrayList<>();
      setting.path("value").path("errors").forEach(e -> messages.add(e.asText()));
      if (!messages.isEmpty()) {
        errors.add(new SettingError(setting.path("value").path("name").asText(), messages));
      }
    }
    return errors;
  }

  /** Creates the connector or changes its configuration; sending the same twice changes nothing. */
  public void put(ConnectorSpec spec) {
    call("PUT", connectorPath(spec.name()) + "/config", spec.config());
  }

  /** Creates a connector that does not run until it is resumed. */
  public void createStopped(ConnectorSpec spec) {
    call(
        "POST",
        "/connectors",
        Map.of("name", spec.name(), "config", spec.config(), "initial_state", "STOPPED"));
  }

  /** Removes the connector; its offsets stay. */
  public void delete(String name) {
    call("DELETE", connectorPath(name), null);
  }

  /** Pauses the connector: tasks stay, nothing is read. */
  public void pause(String name) {
    call("PUT", connectorPath(name) + "/pause", null);
  }

  /** Resumes a paused or stopped connector. */
  public void resume(String name) {
    call("PUT", connectorPath(name) + "/resume", null);
  }

  /** Stops the connector: its tasks go, its configuration and offsets stay. */
  public void stop(String name) {
    call("PUT", connectorPath(name) + "/stop", null);
  }

  /**
   * Restarts the connector with all its tasks.
   *
   * @param onlyFailed to leave alone what has not failed
   */
  public void restart(String name, boolean onlyFailed) {
    call("POST", connectorPath(name) + "/restart?includeTasks=true&onlyFailed=" + onlyFailed, null);
  }

  /** How far the connector has come, in Connect's own form: {@code {"offsets": […]}}. */
  public JsonNode offsets(String name) {
    return call("GET", connectorPath(name) + "/offsets", null);
  }

  /** The topics that the connector has written or read since it was created. */
  public Set<String> topics(String name) {
    Set<String> topics = new TreeSet<>();
    call("GET", connectorPath(name) + "/topics", null)
        .path(name)
        .path("topics")
        .forEach(topic -> topics.add(topic.asText()));
    return topics;
  }

  /**
   * Forgets how far a stopped connector has come.
   *
   * @return Connect's own words for what it did
   */
  public String resetOffsets(String name) {
    return call("DELETE", connectorPath(name) + "/offsets", null).path("message").asText();
  }

  private static Connector connector(String name, JsonNode json) {
    Map<String, String> config = new TreeMap<>();
    json.path("info")
        .path("config")
        .properties()
        .forEach(s -> config.put(s.getKey(), s.getValue().asText()));
    List<Status> tasks = new ArrayList<>();
    json.path("status").path("tasks").forEach(t -> tasks.add(status(t)));
    return new Connector(
        name,
        json.path("info").path("type").asText(),
        config,
        status(json.path("status").path("connector")),
        tasks);
  }

  private static Status status(JsonNode json) {
    return new Status(
        json.path("id").asInt(CONNECTOR),
        json.path("state").asText("UNASSIGNED"),
        json.path("worker_id").asText(),
        json.path("trace").asText());
  }

  private static String connectorPath(String name) {
    return "/connectors/" + encode(name);
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private JsonNode call(String method, String path, Object body) {
    long deadline = System.nanoTime() + timeout.toNanos();
    for (long pause = 100; ; pause = Math.min(2 * pause, 2000)) {
      boolean last = System.nanoTime() + pause * 1_000_000 > deadline;
      try {
        HttpResponse<String> answer = send(method, path, body);
        if (answer.statusCode() / 100 == 2) {
          return answer.body().isBlank() ? JSON.nullNode() : JSON.readTree(answer.body());
        }
        if (answer.statusCode() != 409 || last) {
          throw new Refusal(
              answer.statusCode(),
              "Kafka Connect at "
                  + address
                  + " answered "
                  + answer.statusCode()
                  + " to "
                  + method
                  + " "
                  + path
                  + ": "
                  + message(answer.body()));
        }
      } catch (ConnectException e) {
        if (last) {
          throw new Unreachable(address, e);
        }
      } catch (IOException e) {
        throw new Unreachable(address, e);
      }
      Pause.millis(pause);
    }
  }

  private HttpResponse<String> send(String method, String path, Object body) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + path))
            .timeout(answerLimit)
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String message(String body) {
    try {
      return JSON.readTree(body).path("message").asText(body);
    } catch (JsonProcessingException e) {
      return body;
    }
  }
}

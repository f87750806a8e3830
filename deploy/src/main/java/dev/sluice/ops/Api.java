package dev.sluice.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.catalogue.TableName;
import dev.sluice.ops.ActionLog.Entry;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What {@code /api/…} answers. All of it comes from the last look and is answered at once, except
 * what somebody asks for: one connector's offsets and validation, dead letters, actions. Those are
 * {@link Questions} to Connect or Kafka.
 */
final class Api {

  private static final int LETTERS = 50;
  private static final int LONGEST_PAYLOAD = 200_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Supplier<StatusSnapshot> picture;
  private final AccessGuard guard;
  private final DeadLetters deadLetters;
  private final Actions actions;
  private final ActionLog log;
  private final Timeline timeline;
  private final Questions kafka;
  private final Questions connect;

  Api(
      Supplier<StatusSnapshot> picture,
      AccessGuard guard,
      DeadLetters deadLetters,
      Actions actions,
      ActionLog log,
      Timeline timeline,
      Questions kafka,
      Questions connect) {
    this.picture = picture;
    this.guard = guard;
    this.deadLetters = deadLetters;
    this.actions = actions;
    this.log = log;
    this.timeline = timeline;
    this.kafka = kafka;
    this.connect = connect;
  }

  /** Answers a GET below {@code /api/}. */
  CompletableFuture<JsonNode> get(String[] path, Map<String, String> query) {
    return switch (path[0]) {
      case "overview" -> known(overview());
      case "session" -> known(session());
      case "history" -> known(history(query));
      case "actions" -> known(JSON.valueToTree(entries()));
      case "connectors" ->
          path.length == 1
              ? known(JSON.valueToTree(picture.get().overview().connectors()))
              : connector(path, connectorNamed(path[1]));
      case "dead-letters" -> path.length == 1 ? letters(query) : payload(path, query);
      default -> throw nothingAt("GET", path);
    };
  }

  /** Answers a POST below {@code /api/}: an action, which the guard has let through. */
  CompletableFuture<JsonNode> post(String[] path, JsonNode body) {
    String confirm = body.path("confirm").asText("");
    if (path.length == 3 && path[0].equals("connectors")) {
      Connector connector = connectorNamed(path[1]);
      return path[2].equals("resync")
          ? connect.ask(() -> entry(actions.resync(connector, routes(connector), confirm)))
          : connect.ask(() -> entry(actions.connector(connector, path[2], confirm)));
    }
    if (path.length == 2 && path[0].equals("dead-letters") && path[1].equals("put-back")) {
      String topic = queue(body.path("topic").asText());
      DeadLetters.Place place = place(topic, body.path("partition"), body.path("offset"));
      return kafka.ask(() -> entry(actions.putBack(place)));
    }
    if (path.length == 2 && path[0].equals("dead-letters") && path[1].equals("put-back-all")) {
      String topic = queue(body.path("topic").asText());
      return kafka.ask(() -> entry(actions.putBackAll(topic, confirm)));
    }
    throw nothingAt("POST", path);
  }

  /** The routes of a source, as the last look has found them. */
  private List<TableRoute> routes(Connector source) {
    StatusSnapshot now = picture.get();
    return now.overview().pipelines().stream()
        .filter(each -> source.name().equals(each.source()) && each.sourceTable() != null)
        .filter(each -> now.connectors().containsKey(each.sink()))
        .map(
            each ->
                new TableRoute(
                    spec(source),
                    spec(now.connectors().get(each.sink())),
                    each.topic(),
                    TableName.ofTopic(each.sourceTable()),
                    each.factTable()))
        .toList();
  }

  private static ConnectorSpec spec(Connector connector) {
    return new ConnectorSpec(connector.name(), connector.config());
  }

  private static RequestRefused nothingAt(String method, String[] path) {
    return new RequestRefused(
        404, "There is no " + method + " /api/" + String.join("/", path) + ".");
  }

  private static CompletableFuture<JsonNode> known(JsonNode json) {
    return CompletableFuture.completedFuture(json);
  }

  private JsonNode entry(Entry entry) {
    return JSON.valueToTree(clean(entry));
  }

  private List<Entry> entries() {
    return log.entries().stream().map(this::clean).toList();
  }

  /** Connect's own words may repeat a setting. */
  private Entry clean(Entry entry) {
    return entry.outcome() == null
        ? entry
        : entry.ended(picture.get().redactor().text(entry.outcome()), entry.good());
  }

  private JsonNode overview() {
    ObjectNode json = JSON.valueToTree(picture.get().overview());
    List<Entry> entries = entries();
    json.set("actions", JSON.valueToTree(entries.subList(0, Math.min(20, entries.size()))));
    return json;
  }

  private JsonNode session() {
    ObjectNode json = JSON.createObjectNode();
    json.put("actions", guard.actionToken() != null);
    json.put("token", guard.actionToken());
    return json;
  }

  private JsonNode history(Map<String, String> query) {
    History history = picture.get().histories().get(query.getOrDefault("pipeline", ""));
    if (history == null) {
      throw new RequestRefused(
          404, "There is no pipeline " + query.getOrDefault("pipeline", "") + ".");
    }
    long since = number("since", query.getOrDefault("since", "0"));
    ObjectNode json = JSON.createObjectNode();
    json.set("times", JSON.valueToTree(history.times(since)));
    for (History.Series series : History.Series.values()) {
      ArrayNode values = json.putArray(series.name().toLowerCase(Locale.ROOT));
      for (double value : history.values(series, since)) {
        if (Double.isNaN(value)) {
          values.addNull();
        } else {
          values.add(Math.round(value * 10) / 10.0);
        }
      }
    }
    return json;
  }

  private CompletableFuture<JsonNode> connector(String[] path, Connector connector) {
    Redactor redactor = picture.get().redactor();
    if (path.length == 2) {
      return known(detail(picture.get(), connector));
    }
    return switch (path.length == 3 ? path[2] : "") {
      case "offsets" -> connect.ask(() -> actions.offsets(connector.name()));
      case "validation" -> connect.ask(() -> validation(connector, redactor));
      default -> throw nothingAt("GET", path);
    };
  }

  private JsonNode validation(Connector connector, Redactor redactor) {
    ArrayNode errors = JSON.createArrayNode();
    actions
        .validate(connector.name(), connector.config())
        .forEach(
            e -> {
              ObjectNode error = errors.addObject().put("setting", e.setting());
              ArrayNode messages = error.putArray("errors");
              e.errors().forEach(m -> messages.add(redactor.text(m)));
            });
    return errors;
  }

  private JsonNode detail(StatusSnapshot now, Connector connector) {
    ObjectNode json = JSON.createObjectNode();
    json.put("name", connector.name()).put("type", connector.type());
    json.put("health", Health.of(connector).name());
    json.set("connector", status(now, connector, connector.connector()));
    ArrayNode tasks = json.putArray("tasks");
    connector.tasks().forEach(t -> tasks.add(status(now, connector, t)));
    json.set("config", JSON.valueToTree(now.redactor().config(connector.config())));
    json.set("timeline", JSON.valueToTree(timeline.events(connector.name())));
    List<Entry> done = entries().stream().filter(e -> e.target().equals(connector.name())).toList();
    json.set("actions", JSON.valueToTree(done));
    return json;
  }

  private ObjectNode status(StatusSnapshot now, Connector connector, Status status) {
    return JSON.createObjectNode()
        .put("task", status.task())
        .put("state", status.state())
        .put("worker", status.worker())
        .put("since", timeline.since(connector.name(), status))
        .put("cause", now.redactor().text(Health.rootCause(status.trace())))
        .put("trace", now.redactor().text(status.trace()));
  }

  private CompletableFuture<JsonNode> letters(Map<String, String> query) {
    String topic = queue(query.getOrDefault("topic", ""));
    Redactor redactor = picture.get().redactor();
    return kafka.ask(() -> JSON.valueToTree(deadLetters.last(topic, LETTERS, redactor)));
  }

  private CompletableFuture<JsonNode> payload(String[] path, Map<String, String> query) {
    if (path.length != 2 || !path[1].equals("payload")) {
      throw nothingAt("GET", path);
    }
    JsonNode values = JSON.valueToTree(query);
    DeadLetters.Place place =
        place(
            queue(query.getOrDefault("topic", "")),
            values.path("partition"),
            values.path("offset"));
    return kafka.ask(
        () ->
            JSON.createObjectNode()
                .put("payload", DeadLetter.cut(deadLetters.payload(place), LONGEST_PAYLOAD)));
  }

  private static DeadLetters.Place place(String topic, JsonNode partition, JsonNode offset) {
    long number = number("partition", partition.asText());
    if (number > Integer.MAX_VALUE) {
      throw new RequestRefused(400, "partition is at most " + Integer.MAX_VALUE + ".");
    }
    return new DeadLetters.Place(topic, (int) number, number("offset", offset.asText()));
  }

  private static long number(String name, String text) {
    if (!text.matches("[0-9]{1,18}")) {
      throw new RequestRefused(400, name + " is a whole number of at most 18 digits.");
    }
    return Long.parseLong(text);
  }

  /** A connector that is not known may be there all the same while Connect cannot be asked. */
  private Connector connectorNamed(String name) {
    StatusSnapshot now = picture.get();
    Connector connector = now.connectors().get(name);
    if (connector != null) {
      return connector;
    }
    Overview.Server server =
        now.overview().servers().stream()
            .filter(s -> s.name().equals("Connect"))
            .findFirst()
            .orElseThrow(
                () -> new RequestRefused(503, "The servers have not been asked yet: try again."));
    if (server.error() != null) {
      throw new RequestRefused(
          503,
          "Connector "
              + name
              + " is not known, and Connect at "
              + server.address()
              + " does not answer: "
              + server.error());
    }
    throw new RequestRefused(404, "There is no connector " + name + ".");
  }

  /**
   * Only topics that take some sink's dead letters are read: the page is no window on all data.
   * Sinks tell which, so that it is known while Kafka is away.
   */
  private String queue(String topic) {
    if (!new ObservedTopology(picture.get().connectors().values()).isDeadLetters(topic)) {
      throw new RequestRefused(
          404,
          "There is no dead letter queue "
              + topic
              + ": no sink is known that writes one so called.");
    }
    return topic;
  }
}

package dev.sluice.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.ConnectClient.Status;
import dev.sluice.connect.Health;
import dev.sluice.ops.ActionLog.Entry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What {@code /api/…} answers. All of it comes from the last look, except what somebody asks for:
 * one connector's offsets and validation, dead letters, actions.
 */
final class Api {

  private static final int LETTERS = 50;
  private static final int LONGEST_PAYLOAD = 200_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Supplier<Picture> picture;
  private final Guard guard;
  private final DeadLetters deadLetters;
  private final Actions actions;
  private final ActionLog log;
  private final Timeline timeline;

  Api(
      Supplier<Picture> picture,
      Guard guard,
      DeadLetters deadLetters,
      Actions actions,
      ActionLog log,
      Timeline timeline) {
    this.picture = picture;
    this.guard = guard;
    this.deadLetters = deadLetters;
    this.actions = actions;
    this.log = log;
    this.timeline = timeline;
  }

  /** Answers a GET below {@code /api/}. */
  JsonNode get(String[] path, Map<String, String> query) {
    return switch (path[0]) {
      case "overview" -> overview();
      case "session" -> session();
      case "history" -> history(query);
      case "actions" -> JSON.valueToTree(entries());
      case "connectors" -> connector(path);
      case "dead-letters" -> path.length == 1 ? letters(query) : payload(path[1], query);
      default -> throw new Refused(404, "There is no /api/" + path[0] + ".");
    };
  }

  /** Answers a POST below {@code /api/}: an action, which the guard has let through. */
  JsonNode post(String[] path, JsonNode body) {
    String confirm = body.path("confirm").asText("");
    if (path.length == 3 && path[0].equals("connectors")) {
      return entry(actions.connector(known(path[1]), path[2], confirm));
    }
    if (path.length == 2 && path[0].equals("dead-letters") && path[1].equals("put-back")) {
      String topic = queue(body.path("topic").asText());
      return entry(actions.putBack(place(topic, body.path("partition"), body.path("offset"))));
    }
    if (path.length == 2 && path[0].equals("dead-letters") && path[1].equals("put-back-all")) {
      return entry(actions.putBackAll(queue(body.path("topic").asText()), confirm));
    }
    throw new Refused(404, "There is no such action.");
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
      throw new Refused(404, "There is no such pipeline.");
    }
    long since = number(query.getOrDefault("since", "0"));
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

  private JsonNode connector(String[] path) {
    if (path.length < 2) {
      return JSON.valueToTree(picture.get().overview().connectors());
    }
    Picture now = picture.get();
    Connector connector = known(path[1]);
    if (path.length == 2) {
      return detail(now, connector);
    }
    return switch (path[2]) {
      case "offsets" -> actions.offsets(connector.name());
      case "validation" -> {
        ArrayNode errors = JSON.createArrayNode();
        actions
            .validate(connector.name(), connector.config())
            .forEach(
                e -> {
                  ObjectNode error = errors.addObject().put("setting", e.setting());
                  ArrayNode messages = error.putArray("errors");
                  e.errors().forEach(m -> messages.add(now.redactor().text(m)));
                });
        yield errors;
      }
      default -> throw new Refused(404, "A connector has offsets and validation.");
    };
  }

  private JsonNode detail(Picture now, Connector connector) {
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

  private ObjectNode status(Picture now, Connector connector, Status status) {
    return JSON.createObjectNode()
        .put("task", status.task())
        .put("state", status.state())
        .put("worker", status.worker())
        .put("since", timeline.since(connector.name(), status))
        .put("cause", now.redactor().text(Health.rootCause(status.trace())))
        .put("trace", now.redactor().text(status.trace()));
  }

  private JsonNode letters(Map<String, String> query) {
    Picture now = picture.get();
    return JSON.valueToTree(
        deadLetters.last(queue(query.getOrDefault("topic", "")), LETTERS, now.redactor()));
  }

  private JsonNode payload(String what, Map<String, String> query) {
    if (!what.equals("payload")) {
      throw new Refused(404, "Dead letters have a payload.");
    }
    String topic = queue(query.getOrDefault("topic", ""));
    JsonNode values = JSON.valueToTree(query);
    String text =
        deadLetters.payload(place(topic, values.path("partition"), values.path("offset")));
    return JSON.createObjectNode().put("payload", DeadLetter.cut(text, LONGEST_PAYLOAD));
  }

  private static DeadLetters.Place place(String topic, JsonNode partition, JsonNode offset) {
    return new DeadLetters.Place(topic, (int) number(partition.asText()), number(offset.asText()));
  }

  private static long number(String text) {
    if (!text.matches("\\d{1,18}")) {
      throw new Refused(400, "partition, offset and since are whole numbers.");
    }
    return Long.parseLong(text);
  }

  private Connector known(String name) {
    Connector connector = picture.get().connectors().get(name);
    if (connector == null) {
      throw new Refused(404, "There is no such connector.");
    }
    return connector;
  }

  /** Only topics that take some sink's dead letters are read: the page is no window on all data. */
  private String queue(String topic) {
    if (picture.get().overview().deadLetters().stream().noneMatch(q -> q.topic().equals(topic))) {
      throw new Refused(404, "There is no such dead letter queue.");
    }
    return topic;
  }
}

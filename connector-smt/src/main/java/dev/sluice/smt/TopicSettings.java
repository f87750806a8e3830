package dev.sluice.smt;

import dev.sluice.smt.schema.FactSchemas;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the transform's settings say of one topic's table, where they are for many: the settings of
 * a transform that served that table alone. Its {@code schema} is the table's of {@code schemas}.
 * Of the settings that name columns those entries count that begin with the topic and a dot, and
 * those that begin with no topic, which are meant for every table. All others are as they are.
 */
public final class TopicSettings {

  private static final List<String> NAMING_COLUMNS =
      List.of("renames", "metadata.columns", "key.columns", "ignored.columns");

  private final Map<String, String> settings;

  /** By topic; empty where one schema is for all topics. */
  private final Map<String, String> schemas;

  private TopicSettings(Map<String, String> settings, Map<String, String> schemas) {
    this.settings = settings;
    this.schemas = schemas;
  }

  /**
   * Takes the settings apart.
   *
   * @param settings the transform's, without its prefix
   * @throws IllegalArgumentException naming setting and topic, when they contradict one another
   */
  public static TopicSettings of(Map<String, String> settings) {
    String schemas = settings.get("schemas");
    boolean one = settings.get("schema") != null;
    if (one && schemas != null) {
      throw new IllegalArgumentException(
          "schema and schemas contradict one another: give the columns of one table in schema, or"
              + " those of many in schemas");
    }
    if (!one && schemas == null) {
      throw new IllegalArgumentException(
          "Missing required configuration \"schema\", or \"schemas\" for many tables");
    }
    TopicSettings all = new TopicSettings(settings, one ? Map.of() : FactSchemas.split(schemas));
    all.replicaIdentities().keySet().stream()
        .filter(topic -> !topic.isEmpty() && !all.schemas.containsKey(topic))
        .findFirst()
        .ifPresent(
            topic -> {
              throw new IllegalArgumentException(
                  "replica.identity: schemas has no topic "
                      + topic
                      + "; it has "
                      + all.schemas.keySet());
            });
    return all;
  }

  /** The topics of {@code schemas}, in its order; empty where one schema is for all topics. */
  public Set<String> topics() {
    return schemas.keySet();
  }

  /** What a transform for the topic's table alone would be told; empty where it has no schema. */
  public Optional<Map<String, String>> of(String topic) {
    if (schemas.isEmpty()) {
      return Optional.of(settings);
    }
    if (!schemas.containsKey(topic)) {
      return Optional.empty();
    }
    Map<String, String> own = new HashMap<>(settings);
    own.remove("schemas");
    own.put("schema", schemas.get(topic));
    for (String setting : NAMING_COLUMNS) {
      own.put(setting, String.join(",", entriesOf(topic, setting)));
    }
    Map<String, String> identities = replicaIdentities();
    own.put(
        "replica.identity", identities.getOrDefault(topic, identities.getOrDefault("", "default")));
    return Optional.of(own);
  }

  private List<String> entriesOf(String topic, String setting) {
    List<String> entries = new ArrayList<>();
    for (String entry : list(settings.get(setting))) {
      String belongsTo = topicOf(entry);
      if (belongsTo == null) {
        entries.add(entry);
      } else if (belongsTo.equals(topic)) {
        entries.add(entry.substring(topic.length() + 1));
      }
    }
    return entries;
  }

  /** The longest, as topic and column may both have dots. */
  private String topicOf(String entry) {
    String found = null;
    for (int dot = entry.indexOf('.'); dot >= 0; dot = entry.indexOf('.', dot + 1)) {
      String before = entry.substring(0, dot);
      found = schemas.containsKey(before) ? before : found;
    }
    return found;
  }

  /** By topic; what is said of none stands under the empty name. */
  private Map<String, String> replicaIdentities() {
    Map<String, String> identities = new LinkedHashMap<>();
    for (String entry : list(settings.get("replica.identity"))) {
      int colon = entry.lastIndexOf(':');
      String topic = entry.substring(0, Math.max(0, colon));
      if (identities.put(topic, entry.substring(colon + 1)) != null) {
        throw new IllegalArgumentException(
            "replica.identity: it is said twice of " + (topic.isEmpty() ? "all tables" : topic));
      }
    }
    return identities;
  }

  private static List<String> list(String setting) {
    return setting == null
        ? List.of()
        : Arrays.stream(setting.split(",")).map(String::strip).filter(e -> !e.isEmpty()).toList();
  }
}

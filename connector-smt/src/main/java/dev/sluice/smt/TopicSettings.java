package dev.sluice.smt;

import static dev.sluice.smt.ExtractFactRowConfig.IGNORED_COLUMNS;
import static dev.sluice.smt.ExtractFactRowConfig.KEY_COLUMNS;
import static dev.sluice.smt.ExtractFactRowConfig.METADATA_COLUMNS;
import static dev.sluice.smt.ExtractFactRowConfig.RENAMES;
import static dev.sluice.smt.ExtractFactRowConfig.REPLICA_IDENTITY;
import static dev.sluice.smt.ExtractFactRowConfig.SCHEMA;
import static dev.sluice.smt.ExtractFactRowConfig.SCHEMAS;

import dev.sluice.smt.schema.FactSchemas;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;

/**
 * The settings of each topic's table, where there are many: its own schema, of the settings that
 * name columns those entries that begin with its topic and a dot, or with no topic, and all other
 * settings as they are.
 */
final class TopicSettings {

  private static final List<String> OF_COLUMNS =
      List.of(RENAMES, METADATA_COLUMNS, KEY_COLUMNS, IGNORED_COLUMNS);

  private TopicSettings() {}

  /**
   * @param values the settings, each checked alone
   * @return in the order of {@code schemas}
   * @throws ConfigException naming the topic, when they contradict one another
   */
  static Map<String, TransformSettings> of(Map<String, Object> values) {
    Map<String, String> schemas = FactSchemas.split((String) values.get(SCHEMAS));
    Map<String, Map<String, Object>> byTopic = new LinkedHashMap<>();
    schemas.forEach(
        (topic, schema) -> {
          Map<String, Object> own = new HashMap<>(values);
          own.put(SCHEMA, schema);
          byTopic.put(topic, own);
        });
    for (String setting : OF_COLUMNS) {
      Map<String, List<String>> entries = byTopic((List<?>) values.get(setting), schemas.keySet());
      byTopic.forEach((topic, own) -> own.put(setting, entries.get(topic)));
    }
    replicaIdentity((List<?>) values.get(REPLICA_IDENTITY), byTopic);
    Map<String, TransformSettings> settings = new LinkedHashMap<>();
    byTopic.forEach((topic, own) -> settings.put(topic, of(topic, own)));
    return settings;
  }

  private static TransformSettings of(String topic, Map<String, Object> values) {
    try {
      return TransformSettings.of(values);
    } catch (ConfigException e) {
      throw new ConfigException("Topic " + topic + ": " + e.getMessage());
    }
  }

  /** The entries for each topic, without it. One that begins with no topic is meant for all. */
  private static Map<String, List<String>> byTopic(List<?> entries, Set<String> topics) {
    Map<String, List<String>> byTopic = new HashMap<>();
    topics.forEach(topic -> byTopic.put(topic, new ArrayList<>()));
    for (Object each : entries) {
      String entry = each.toString().strip();
      String topic = topicOf(entry, topics);
      if (topic == null) {
        byTopic.values().forEach(own -> own.add(entry));
      } else {
        byTopic.get(topic).add(entry.substring(topic.length() + 1));
      }
    }
    return byTopic;
  }

  /** The longest, as topic and column may both have dots. */
  private static String topicOf(String entry, Set<String> topics) {
    String found = null;
    for (int dot = entry.indexOf('.'); dot >= 0; dot = entry.indexOf('.', dot + 1)) {
      String before = entry.substring(0, dot);
      found = topics.contains(before) ? before : found;
    }
    return found;
  }

  /** What is said of a topic counts for it, and what is said of none for all others. */
  private static void replicaIdentity(List<?> entries, Map<String, Map<String, Object>> byTopic) {
    List<String> ofAll =
        entries.stream()
            .map(entry -> entry.toString().strip())
            .filter(e -> !e.contains(":"))
            .toList();
    byTopic
        .values()
        .forEach(own -> own.put(REPLICA_IDENTITY, ofAll.isEmpty() ? List.of("default") : ofAll));
    for (Object entry : entries) {
      String text = entry.toString().strip();
      int colon = text.lastIndexOf(':');
      if (colon >= 0) {
        Map<String, Object> own = byTopic.get(text.substring(0, colon));
        if (own == null) {
          throw new ConfigException(
              REPLICA_IDENTITY, text, "schemas has the topics " + byTopic.keySet());
        }
        own.put(REPLICA_IDENTITY, List.of(text.substring(colon + 1)));
      }
    }
  }
}

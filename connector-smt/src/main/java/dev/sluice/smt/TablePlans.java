package dev.sluice.smt;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/** The plans of all tables. Immutable and safe for use by several threads. */
final class TablePlans {

  private final Map<String, TablePlan> byTopic;

  /** The only table's; where there are many, what topics of none of them meet. */
  private final TablePlan otherwise;

  private TablePlans(Map<String, TablePlan> byTopic, TablePlan otherwise) {
    this.byTopic = byTopic;
    this.otherwise = otherwise;
  }

  /**
   * @throws ConfigException naming the setting, and the topic where there are many, what was found
   *     and what is allowed
   */
  static TablePlans of(Map<String, String> properties, TransformMetrics metrics) {
    TopicSettings settings = settings(properties);
    if (settings.topics().isEmpty()) {
      return new TablePlans(
          Map.of(), TablePlan.of(null, TransformSettings.of(properties), metrics));
    }
    Map<String, TablePlan> byTopic = new HashMap<>();
    for (String topic : settings.topics()) {
      Map<String, String> own = settings.of(topic).orElseThrow();
      byTopic.put(topic, TablePlan.of(topic, ofTopic(topic, own), metrics));
    }
    return new TablePlans(byTopic, TablePlan.withoutSchema(metrics));
  }

  private static TopicSettings settings(Map<String, String> properties) {
    try {
      return TopicSettings.of(properties);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(e.getMessage());
    }
  }

  private static TransformSettings ofTopic(String topic, Map<String, String> settings) {
    try {
      return TransformSettings.of(settings);
    } catch (ConfigException e) {
      throw new ConfigException("Topic " + topic + ": " + e.getMessage());
    }
  }

  /** The plan for records that have this topic when they come to the transform. */
  TablePlan of(String topic) {
    return byTopic.getOrDefault(topic, otherwise);
  }
}

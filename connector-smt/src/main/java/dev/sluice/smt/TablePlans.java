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
   * @param values the settings, each checked alone
   * @throws ConfigException when they contradict one another
   */
  static TablePlans of(Map<String, Object> values, TransformMetrics metrics) {
    boolean one = values.get(ExtractFactRowConfig.SCHEMA) != null;
    boolean many = values.get(ExtractFactRowConfig.SCHEMAS) != null;
    if (one == many) {
      throw new ConfigException(
          one
              ? "schema and schemas contradict one another: give the columns of one table in schema,"
                  + " or those of many in schemas"
              : "Missing required configuration \"schema\", or \"schemas\" for many tables");
    }
    if (one) {
      return new TablePlans(Map.of(), TablePlan.of(null, TransformSettings.of(values), metrics));
    }
    Map<String, TablePlan> byTopic = new HashMap<>();
    TopicSettings.of(values)
        .forEach((topic, settings) -> byTopic.put(topic, TablePlan.of(topic, settings, metrics)));
    return new TablePlans(byTopic, TablePlan.withoutSchema(metrics));
  }

  /** The plan for records that have this topic when they come to the transform. */
  TablePlan of(String topic) {
    return byTopic.getOrDefault(topic, otherwise);
  }
}

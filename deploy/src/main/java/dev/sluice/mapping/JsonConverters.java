package dev.sluice.mapping;

import java.util.Map;

/**
 * The converters that write JSON, as a connector's configuration names them: by their class, or by
 * the short names that Connect takes as well.
 */
public final class JsonConverters {

  /** Kafka's, which brings schemas along unless it is told not to. */
  public static final String KAFKAS = "org.apache.kafka.connect.json.JsonConverter";

  /** The one beside the transform, which has no schemas. */
  public static final String SCHEMALESS = "dev.sluice.json.SchemalessJsonConverter";

  private JsonConverters() {}

  /** Whether values go through Kafka's converter. */
  public static boolean isKafkas(Map<String, String> config) {
    return isNamed(config, KAFKAS);
  }

  /** Whether values go into the topic as JSON without schemas. */
  public static boolean isSchemaless(Map<String, String> config) {
    return isNamed(config, SCHEMALESS) || isKafkas(config) && !isTrue(config, "schemas.enable");
  }

  /** Whether a null becomes the default of its column, as Kafka's converter has it by default. */
  public static boolean replacesNulls(Map<String, String> config) {
    return isKafkas(config) && isTrue(config, "replace.null.with.default");
  }

  /**
   * What a connector's values are in the topic, in words that are the same for those who understand
   * one another; null where the worker's converter is taken.
   */
  public static String format(Map<String, String> config) {
    String converter = config.get("value.converter");
    if (converter == null) {
      return null;
    } else if (isSchemaless(config)) {
      return "JSON without schemas";
    } else if (isKafkas(config)) {
      return "JSON with schemas";
    }
    return "what " + converter.substring(converter.lastIndexOf('.') + 1) + " writes";
  }

  private static boolean isNamed(Map<String, String> config, String className) {
    String converter = config.getOrDefault("value.converter", "");
    String simpleName = className.substring(className.lastIndexOf('.') + 1);
    return converter.equals(className)
        || converter.equals(simpleName)
        || (converter + "Converter").equals(simpleName);
  }

  /** Both settings are true unless they are set. */
  private static boolean isTrue(Map<String, String> config, String setting) {
    return config.getOrDefault("value.converter." + setting, "true").equalsIgnoreCase("true");
  }
}

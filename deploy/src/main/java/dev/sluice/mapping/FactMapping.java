package dev.sluice.mapping;

import dev.sluice.SluiceException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@code ExtractFactRow} is told to do, read from the settings of the connector that runs it,
 * so that the mapping is stated once.
 *
 * @param schema the fact schema as ClickHouse writes a column list
 * @param renames fact column by source column, where they differ
 * @param metadata what of the change event (lsn, op, …) fills a fact column, by fact column
 * @param flagsDeletes false when deleted rows are left in the fact table
 * @param deleteField the fact column that marks a deleted row
 * @param versionField the fact column that is raised when a row is deleted
 * @param zone the zone of timestamps that have none
 * @param defaultsForNull true when null becomes the type's default in a column that forbids it
 */
public record FactMapping(
    String schema,
    Map<String, String> renames,
    Map<String, String> metadata,
    boolean flagsDeletes,
    String deleteField,
    String versionField,
    String zone,
    boolean defaultsForNull) {

  private static final String TRANSFORM = "dev.sluice.smt.ExtractFactRow";

  /** True when one of the connector's transforms is ExtractFactRow. */
  public static boolean isIn(Map<String, String> config) {
    return prefix(config) != null;
  }

  /**
   * Reads the transform's settings out of a connector's.
   *
   * @throws SluiceException when the connector has no such transform
   */
  public static FactMapping of(Map<String, String> config) {
    String prefix = prefix(config);
    if (prefix == null) {
      throw new SluiceException(
          config.get("name") + " has no transform " + TRANSFORM + ": its mapping is not known.");
    }
    Map<String, String> settings = new LinkedHashMap<>();
    config.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            settings.put(key.substring(prefix.length()), value);
          }
        });
    return new FactMapping(
        settings.getOrDefault("schema", ""),
        pairs(settings.get("renames")),
        pairs(settings.get("metadata.columns")),
        settings.getOrDefault("delete.handling", "flag").equals("flag"),
        settings.getOrDefault("delete.field", "is_deleted"),
        settings.getOrDefault("version.field", "updated_at"),
        settings.getOrDefault("timestamp.zone", "UTC"),
        settings.getOrDefault("null.handling", "fail").equals("default"));
  }

  /** The same for another column list. */
  public FactMapping withSchema(String changed) {
    return new FactMapping(
        changed, renames, metadata, flagsDeletes, deleteField, versionField, zone, defaultsForNull);
  }

  /** The source column that fills a fact column, unless metadata does. */
  public String sourceOf(String factColumn) {
    return renames.entrySet().stream()
        .filter(rename -> rename.getValue().equals(factColumn))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(factColumn);
  }

  private static String prefix(Map<String, String> config) {
    for (String name : config.getOrDefault("transforms", "").split(",")) {
      String prefix = "transforms." + name.strip() + ".";
      if (TRANSFORM.equals(config.get(prefix + "type"))) {
        return prefix;
      }
    }
    return null;
  }

  private static Map<String, String> pairs(String setting) {
    Map<String, String> pairs = new LinkedHashMap<>();
    if (setting != null && !setting.isBlank()) {
      for (String pair : setting.split(",")) {
        int colon = pair.indexOf(':');
        pairs.put(pair.substring(0, colon).strip(), pair.substring(colon + 1).strip());
      }
    }
    return pairs;
  }
}

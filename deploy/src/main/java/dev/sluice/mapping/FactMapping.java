package dev.sluice.mapping;

import dev.sluice.SluiceException;
import dev.sluice.smt.TopicSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

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
 * @param keyColumns the columns that make up the key, where it is not the primary key
 * @param fullBefore true when the transform takes the old rows of changes for whole
 * @param ignoresMissing true when a column that an event does not carry counts as null
 * @param failsOnUnknown true when a source column that nobody names makes a dead letter of its
 *     event
 * @param ignoredColumns source columns that are left out knowingly
 * @param lsnBase what is added to every position in the WAL
 */
public record FactMapping(
    String schema,
    Map<String, String> renames,
    Map<String, String> metadata,
    boolean flagsDeletes,
    String deleteField,
    String versionField,
    String zone,
    boolean defaultsForNull,
    List<String> keyColumns,
    boolean fullBefore,
    boolean ignoresMissing,
    boolean failsOnUnknown,
    List<String> ignoredColumns,
    long lsnBase) {

  private static final String LSN_BASE = "lsn.base";

  /** True when one of the connector's transforms is ExtractFactRow. */
  public static boolean isIn(Map<String, String> config) {
    return new TransformChain(config).extractsFactRows();
  }

  /**
   * Reads what a connector's transform is told of one topic.
   *
   * @throws SluiceException when the connector has no such transform, or the transform no table for
   *     the topic
   */
  public static FactMapping of(Map<String, String> config, String topic) {
    TransformChain.Way way = way(config, topic);
    Map<String, String> settings = settings(config, way);
    return new FactMapping(
        settings.getOrDefault("schema", ""),
        pairs(settings.get("renames")),
        pairs(settings.get("metadata.columns")),
        settings.getOrDefault("delete.handling", "flag").equals("flag"),
        settings.getOrDefault("delete.field", "is_deleted"),
        settings.getOrDefault("version.field", "updated_at"),
        settings.getOrDefault("timestamp.zone", "UTC"),
        settings.getOrDefault("null.handling", "fail").equals("default"),
        list(settings.get("key.columns")),
        settings.getOrDefault("replica.identity", "default").equals("full"),
        settings.getOrDefault("missing.columns", "fail").equals("ignore"),
        settings.getOrDefault("unknown.columns", "ignore").equals("fail"),
        list(settings.get("ignored.columns")),
        Long.parseLong(settings.getOrDefault(LSN_BASE, "0")));
  }

  /**
   * A connector's settings with another base of the positions of a topic.
   *
   * @throws SluiceException when the connector has no such transform
   */
  public static Map<String, String> withLsnBase(
      Map<String, String> config, String topic, long lsnBase) {
    Map<String, String> changed = new LinkedHashMap<>(config);
    changed.put(way(config, topic).extractor() + LSN_BASE, Long.toString(lsnBase));
    return changed;
  }

  /** The same for another column list. */
  public FactMapping withSchema(String changed) {
    return new FactMapping(
        changed,
        renames,
        metadata,
        flagsDeletes,
        deleteField,
        versionField,
        zone,
        defaultsForNull,
        keyColumns,
        fullBefore,
        ignoresMissing,
        failsOnUnknown,
        ignoredColumns,
        lsnBase);
  }

  /** Whether the version of a row is its change's position in the WAL. */
  public boolean isVersionedByLsn() {
    return "lsn".equals(metadata.get(versionField));
  }

  /** The source column that fills a fact column, unless metadata does. */
  public String sourceOf(String factColumn) {
    return renames.entrySet().stream()
        .filter(rename -> rename.getValue().equals(factColumn))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(factColumn);
  }

  private static TransformChain.Way way(Map<String, String> config, String topic) {
    TransformChain.Way way = new TransformChain(config).of(topic);
    if (way.extractor() == null) {
      throw new SluiceException(
          config.get("name")
              + " has no transform "
              + TransformChain.EXTRACT_FACT_ROW
              + " for topic "
              + topic
              + ": its mapping is not known.");
    }
    return way;
  }

  /** What the transform would be told if it were for that topic alone. */
  private static Map<String, String> settings(Map<String, String> config, TransformChain.Way way) {
    Map<String, String> settings = new LinkedHashMap<>();
    config.forEach(
        (key, value) -> {
          if (key.startsWith(way.extractor())) {
            settings.put(key.substring(way.extractor().length()), value);
          }
        });
    try {
      return TopicSettings.of(settings)
          .of(way.topicThere())
          .orElseThrow(
              () ->
                  new SluiceException(
                      config.get("name")
                          + ": "
                          + way.extractor()
                          + "schemas has no table for topic "
                          + way.topicThere()
                          + ": every event of it is refused."));
    } catch (IllegalArgumentException e) {
      throw new SluiceException(config.get("name") + ": " + e.getMessage(), e);
    }
  }

  private static List<String> list(String setting) {
    return setting == null
        ? List.of()
        : Stream.of(setting.split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
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

package dev.sluice.servers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A connector as it is to be: its name and its configuration. References such as {@code ${env:X}}
 * stay as they are; the worker resolves them.
 *
 * @param config by setting, sorted, unmodifiable, with the connector's {@code name} in it as
 *     Connect answers it
 */
public record ConnectorSpec(String name, Map<String, String> config) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Adds the name to the configuration and sorts it. */
  public ConnectorSpec {
    Map<String, String> sorted = new TreeMap<>(config);
    sorted.put("name", name);
    config = Collections.unmodifiableMap(sorted);
  }

  /**
   * Reads {@code {"name": …, "config": {…}}}, the form that Connect's own REST API takes.
   *
   * @throws SluiceException naming the file and what is wrong with it
   */
  public static ConnectorSpec read(Path file) {
    JsonNode json = json(file);
    if (!json.path("name").isTextual() || json.path("name").asText().isBlank()) {
      throw new SluiceException(file + ": \"name\" is missing; it names the connector.");
    }
    return new ConnectorSpec(json.get("name").asText(), config(json, file));
  }

  /** This connector with the settings of {@code changes} put over its own. */
  public ConnectorSpec with(Map<String, String> changes) {
    Map<String, String> changed = new TreeMap<>(config);
    changed.putAll(changes);
    return new ConnectorSpec(name, changed);
  }

  /** This connector with the settings of a file {@code {"config": {…}}} put over its own. */
  public ConnectorSpec with(Path overlay) {
    return with(config(json(overlay), overlay));
  }

  /** This connector with those of {@code changes} whose settings it has put over its own. */
  public ConnectorSpec withKnown(Map<String, String> changes) {
    Map<String, String> known = new TreeMap<>(changes);
    known.keySet().retainAll(config.keySet());
    return with(known);
  }

  /** True when this connector reads topics rather than writes them. */
  public boolean isSink() {
    return config.containsKey("topics") || config.containsKey("topics.regex");
  }

  /** {@code connector.class}, or an empty text where it is missing. */
  public String connectorClass() {
    return config.getOrDefault("connector.class", "");
  }

  private static Map<String, String> config(JsonNode json, Path file) {
    if (!json.path("config").isObject()) {
      throw new SluiceException(file + ": \"config\" is missing; it holds the settings.");
    }
    Map<String, String> config = new TreeMap<>();
    json.get("config")
        .properties()
        .forEach(
            setting -> {
              if (setting.getValue().isContainerNode() || setting.getValue().isNull()) {
                throw new SluiceException(
                    file + ": \"" + setting.getKey() + "\" must be a text, number or boolean.");
              }
              config.put(setting.getKey(), setting.getValue().asText());
            });
    return config;
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new SluiceException(
          file + ": not JSON: line " + e.getLocation().getLineNr() + ": " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new SluiceException(file + ": cannot be read (" + e.getClass().getSimpleName() + ").");
    }
  }
}

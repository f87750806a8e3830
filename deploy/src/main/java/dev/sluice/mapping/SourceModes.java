package dev.sluice.mapping;

import java.util.Map;

/**
 * Those settings of a Debezium source that change what a value looks like by the time it is a fact.
 *
 * @param binary how bytea becomes text: {@code hex}, {@code base64} or {@code base64-url-safe}
 * @param intervalsAreText whether intervals are ISO-8601 text, or else a number of microseconds
 * @param wallClocksInMillis whether timestamps without a zone lose what is finer than milliseconds
 * @param isSchemaless whether values come without their types
 * @param textsArePlain whether times and decimals are the texts of {@code isostring} and {@code
 *     string}, which a String column then shows as they are
 */
public record SourceModes(
    String binary,
    boolean intervalsAreText,
    boolean wallClocksInMillis,
    boolean isSchemaless,
    boolean textsArePlain) {

  /** From a source connector's configuration. */
  public static SourceModes of(Map<String, String> config) {
    String binary = config.getOrDefault("binary.handling.mode", "bytes");
    return new SourceModes(
        // JSON without schemas has no bytes: they come as base64 text, and stay that.
        binary.equals("bytes") ? (JsonConverters.isSchemaless(config) ? "base64" : "hex") : binary,
        config.getOrDefault("interval.handling.mode", "numeric").equals("string"),
        config.getOrDefault("time.precision.mode", "adaptive").equals("connect"),
        JsonConverters.isSchemaless(config),
        JsonConverters.isSchemaless(config)
            && "isostring".equals(config.get("time.precision.mode"))
            && "string".equals(config.get("decimal.handling.mode")));
  }
}

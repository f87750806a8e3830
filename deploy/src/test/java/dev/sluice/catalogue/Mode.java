package dev.sluice.catalogue;

import java.util.Map;
import java.util.stream.Stream;

/**
 * One combination of Debezium's modes, and what the transform has to be told of it when envelopes
 * carry no schema.
 *
 * @param time {@code time.precision.mode}
 * @param decimal {@code decimal.handling.mode}
 * @param binary {@code binary.handling.mode}
 * @param hstore {@code hstore.handling.mode}
 * @param schemas whether envelopes are Structs (JSON with schemas) or Maps
 */
record Mode(String time, String decimal, String binary, String hstore, boolean schemas) {

  /** Every value of every mode, with schemas and without. */
  static Stream<Mode> all() {
    return Stream.of(true, false)
        .flatMap(
            schemas ->
                Stream.of(
                    new Mode("adaptive", "precise", "bytes", "json", schemas),
                    new Mode("adaptive_time_microseconds", "string", "base64", "map", schemas),
                    new Mode("connect", "double", "hex", "json", schemas),
                    new Mode("isostring", "string", "bytes", "map", schemas),
                    new Mode("microseconds", "precise", "hex", "json", schemas),
                    new Mode("nanoseconds", "double", "base64", "map", schemas)));
  }

  Map<String, String> sourceSettings() {
    return Map.of(
        "time.precision.mode", time,
        "decimal.handling.mode", decimal,
        "binary.handling.mode", binary,
        "hstore.handling.mode", hstore,
        "interval.handling.mode", interval());
  }

  /** {@code interval.handling.mode}: both of them, each with half of the other modes. */
  String interval() {
    return hstore.equals("map") ? "string" : "numeric";
  }

  /** What bare numbers of timestamps without a schema mean. */
  String timestampUnit() {
    return switch (time) {
      case "connect" -> "millis";
      case "nanoseconds" -> "nanos";
      default -> "micros";
    };
  }

  /** How exactly the mode carries a timestamp without zone. */
  String timestampPrecision() {
    return time.equals("connect") ? "milliseconds" : "microseconds";
  }

  /** True when a number arrives with all its digits. */
  boolean exactNumbers() {
    // Without a schema, the bytes of `precise` do not say their scale.
    return decimal.equals("string") || decimal.equals("precise") && schemas;
  }

  /** How Postgres would encode what the transform gets as text or turns into hexadecimal digits. */
  String binaryEncoding() {
    return binary.equals("hex") || binary.equals("bytes") && schemas ? "hex" : "base64";
  }

  @Override
  public String toString() {
    return String.join(
        " ", time, decimal, binary, hstore, schemas ? "with schemas" : "without schemas");
  }
}

package dev.sluice.verify;

import dev.sluice.SluiceException;
import java.util.Set;

/**
 * The text that both databases make of one value, so that equal values give equal bytes: numbers in
 * plain digits, floats by their bits, times by epoch millis, text by itself.
 *
 * <p>It follows the transform's own table of source type and target type; a pair that is not in it
 * is refused, never guessed.
 */
enum CanonicalForm {
  /** Anything that Postgres prints as the transform does: text, uuid, boolean, whole numbers. */
  TEXT("%s::text", "%s"),
  /** A boolean in an integer column. */
  BOOLEAN_AS_NUMBER("%s::int::text", "toString(%s)"),
  /** Whole numbers in an integer column. */
  NUMBER("trim_scale(%s::numeric)::text", "toString(%s)"),
  /** Any number in a Float64 column: its eight bytes. */
  DOUBLE(
      "encode(float8send(%s::float8), 'hex')",
      "lower(leftPad(hex(reinterpretAsUInt64(%s)), 16, '0'))"),
  /**
   * A point in time in an Int64 column: epoch millis, rounded down; infinities as years 9999, 1.
   */
  EPOCH_MILLIS(
      "CASE WHEN %1$s = 'infinity' THEN '253402300799999' WHEN %1$s = '-infinity' THEN"
          + " '-62135596800000' ELSE floor(extract(epoch FROM %1$s) * 1000)::bigint::text END",
      "toString(%s)");

  private static final Set<String> TEXTUAL =
      Set.of("text", "character varying", "uuid", "boolean", "smallint", "integer", "bigint");
  private static final Set<String> WHOLE = Set.of("smallint", "integer", "bigint", "numeric");
  private static final Set<String> NUMERIC =
      Set.of("smallint", "integer", "bigint", "numeric", "real", "double precision");
  private static final Set<String> INSTANT = Set.of("timestamp with time zone");

  private final String postgres;
  private final String clickHouse;

  CanonicalForm(String postgres, String clickHouse) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
  }

  /**
   * The form for one column.
   *
   * @param sourceType as information_schema.columns.data_type names it
   * @param factType as system.columns.type names it
   */
  static CanonicalForm of(String column, String sourceType, String factType) {
    String type = factType.replaceAll("^(Nullable|LowCardinality)\\((.*)\\)$", "$2");
    if (type.equals("String") && TEXTUAL.contains(sourceType)) {
      return TEXT;
    }
    if (type.matches("U?Int\\d+")) {
      if (sourceType.equals("boolean")) {
        return BOOLEAN_AS_NUMBER;
      }
      if (WHOLE.contains(sourceType)) {
        return NUMBER;
      }
      if (type.equals("Int64") && INSTANT.contains(sourceType)) {
        return EPOCH_MILLIS;
      }
    }
    if (type.equals("Float64") && NUMERIC.contains(sourceType)) {
      return DOUBLE;
    }
    throw new SluiceException(
        "Column " + column + ": " + sourceType + " and " + factType + " cannot be compared.");
  }

  /** Text or NULL, in Postgres's SQL. */
  String inPostgres(String column) {
    return postgres.formatted("\"" + column + "\"");
  }

  /** Text or NULL, in ClickHouse's SQL. */
  String inClickHouse(String column) {
    return clickHouse.formatted("`" + column + "`");
  }
}

package dev.sluice.catalogue;

import java.util.Set;

/**
 * Which columns Debezium 3.7 carries through Postgres's stream of changes. A snapshot or a COPY
 * reads all of them, so that only an update shows what is lost; and what is lost arrives as null,
 * as an empty text, or not at all, which is a value like any other to whoever comes after. Each
 * type stands here because it has been seen to arrive, or not to, on real servers.
 */
public final class StreamedTypes {

  private static final Set<String> ARRIVES =
      Set.of(
          "bool",
          "int2",
          "int4",
          "int8",
          "oid",
          "float4",
          "float8",
          "numeric",
          "money",
          "text",
          "varchar",
          "bpchar",
          "char",
          "citext",
          "uuid",
          "json",
          "jsonb",
          "xml",
          "bytea",
          "date",
          "timestamp",
          "timestamptz",
          "time",
          "timetz",
          "interval",
          "inet",
          "cidr",
          "macaddr",
          "macaddr8",
          "bit",
          "varbit",
          "point",
          "line",
          "lseg",
          "box",
          "path",
          "polygon",
          "circle",
          "int4range",
          "int8range",
          "numrange",
          "daterange",
          "tsrange",
          "tstzrange",
          "hstore",
          "ltree",
          "tsvector");

  /** Of those, the ones whose arrays do not arrive. */
  private static final Set<String> NOT_IN_ARRAYS =
      Set.of(
          "bit",
          "varbit",
          "money",
          "interval",
          "xml",
          "char",
          "macaddr8",
          "point",
          "line",
          "lseg",
          "box",
          "path",
          "polygon",
          "circle");

  private static final Set<String> NULL_ELEMENT_LOST = Set.of("ltree", "tsvector");

  private StreamedTypes() {}

  /**
   * Why a column's changes do not arrive as they are; null when they do.
   *
   * @param schemaless whether the source writes JSON without schemas
   */
  public static String refusal(SourceColumn column, boolean schemaless) {
    String type = column.type();
    boolean arrives =
        column.isEnum() || ARRIVES.contains(type) && column.traits().elementKind() != 'd';
    if (column.isArray() && arrives) {
      arrives = !NOT_IN_ARRAYS.contains(type);
    }
    if (!arrives) {
      return column.castType()
          + " does not come through the stream: its changes arrive as null, as '' or not at all";
    }
    boolean bits = type.equals("bit") && column.length() != 1 || type.equals("varbit");
    return bits && schemaless
        ? column.castType() + " arrives as base64 where JSON has no schemas, and not as bits"
        : null;
  }

  /**
   * Which values of a column that arrives do not, as a condition in Postgres's SQL; null where all
   * do.
   *
   * @param name of the column, as SQL writes it
   */
  public static String lostValues(SourceColumn column, String name) {
    String type = column.type();
    if (!column.isArray()) {
      return type.equals("time") ? name + " = '24:00'" : null;
    }
    String nested = "array_ndims(" + name + ") > 1";
    String element =
        column.isEnum() || NULL_ELEMENT_LOST.contains(type)
            ? "e IS NULL"
            : switch (type) {
              case "numeric" -> "e::text IN ('NaN', 'Infinity', '-Infinity')";
              // Read through a calendar that was Julian before 15 October 1582.
              case "date" ->
                  "NOT isfinite(e) OR e < '0001-01-01' OR e BETWEEN '1582-10-05' AND '1582-10-14'";
              case "timestamptz" ->
                  "NOT isfinite(e) OR e < '0001-01-01 00:00+00' OR e >= '1582-10-05 00:00+00' AND e"
                      + " < '1582-10-15 00:00+00'";
              case "timestamp" -> "NOT isfinite(e) OR e < '1582-10-15'";
              case "time" -> "e = '24:00' OR extract(microseconds FROM e)::bigint % 1000 <> 0";
              default -> null;
            };
    return element == null
        ? nested
        : nested
            + " OR EXISTS (SELECT FROM unnest("
            + name
            + ") AS elements(e) WHERE "
            + element
            + ")";
  }

  /** What {@link #lostValues} looks for, in words. */
  public static String lostValuesInWords(SourceColumn column) {
    return column.isArray()
        ? "nested arrays, and elements that are NaN, infinite, 24:00, older than 15 October 1582,"
            + " finer than milliseconds or, in enums, null"
        : "24:00, which arrives as 00:00";
  }
}

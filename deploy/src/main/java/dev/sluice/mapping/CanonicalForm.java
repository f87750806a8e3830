package dev.sluice.mapping;

import java.util.Optional;
import java.util.Set;

/**
 * The text that both databases make of one value, so that a value which came through unchanged
 * gives the same bytes on either side: numbers in plain digits, floats by their bits, times by
 * ticks since the epoch, text by itself. It follows the transform's own table of source type and
 * fact type, which is the only other place that knows what becomes of a value.
 *
 * @param postgres SQL of Postgres that makes text of a column ({@code {}}), null of null
 * @param clickHouse SQL of ClickHouse that makes the same text of the fact column
 * @param back SQL of ClickHouse that makes the fact column's value of the text again; null where
 *     the text does not say all
 * @param isFree whether the text may hold any character
 */
public record CanonicalForm(String postgres, String clickHouse, String back, boolean isFree) {

  private static final Set<String> TEXTS =
      Set.of("text", "varchar", "bpchar", "citext", "name", "uuid", "json", "jsonb", "xml");
  private static final Set<String> PRINTED =
      Set.of(
          "inet",
          "cidr",
          "macaddr",
          "macaddr8",
          "ltree",
          "int4range",
          "int8range",
          "numrange",
          "daterange",
          "tsrange",
          "tstzrange");
  private static final Set<String> WHOLE = Set.of("int2", "int4", "int8", "oid");
  private static final Set<String> TIMES = Set.of("date", "timestamp", "timestamptz");

  private static final String FLOAT_BITS =
      "lower(leftPad(hex(reinterpretAsUInt%1$d({})), %2$d, '0'))";
  private static final String FLOAT_BACK = "reinterpretAsFloat%d(reverse(unhex({})))";
  private static final String DECIMAL_TEXT = "trim_scale({}::numeric)::text";

  /** Without the zeros at the end of a fraction, which Debezium's {@code precise} takes away. */
  private static final String TRIMMED =
      "if(position({}, '.') > 0, trim(TRAILING '.' FROM trim(TRAILING '0' FROM {})), {})";

  /** The same text on both sides, which is the value itself. */
  private static CanonicalForm same(String postgres, boolean free) {
    return new CanonicalForm(postgres, "toString({})", "{}", free);
  }

  private static CanonicalForm oneWay(String postgres, String clickHouse, boolean free) {
    return new CanonicalForm(postgres, clickHouse, null, free);
  }

  /**
   * The form for a column.
   *
   * @param zone of timestamps without one
   * @return empty when the transform refuses the pair, or SQL cannot say what it does
   */
  static Optional<CanonicalForm> of(
      SourceColumn source, FactColumn fact, SourceModes modes, String zone) {
    String target = fact.plainType();
    if (target.startsWith("Array(")) {
      String element = target.substring("Array(".length(), target.length() - 1);
      return source.isArray()
          ? ofValue(source, FactColumn.plain(element), modes, zone).map(CanonicalForm::ofArray)
          : Optional.empty();
    }
    return source.isArray()
        ? Optional.empty()
        : ofValue(source, target, modes, zone).map(f -> f.cutFor(target));
  }

  private static Optional<CanonicalForm> ofValue(
      SourceColumn source, String target, SourceModes modes, String zone) {
    String kind = target.replaceAll("\\(.*", "");
    return Optional.ofNullable(
        switch (kind) {
          case "String", "FixedString", "UUID", "Enum8", "Enum16" -> toText(source, modes);
          case "Int8", "Int16", "Int32", "UInt8", "UInt16", "UInt32" -> toNumber(source);
          case "Int64", "UInt64" -> toLong(source, modes, zone);
          case "Float32", "Float64" -> toFloat(source, Integer.parseInt(kind.substring(5)));
          case "Bool" -> toBool(source);
          case "Decimal" -> toDecimal(source);
          case "Date", "Date32" -> toDate(source, kind, zone);
          case "DateTime" -> toTicks(source, 0, modes, zone, "toUnixTimestamp({})", "toUInt32({})");
          case "DateTime64" -> toDateTime64(source, target, modes, zone);
          default -> null;
        });
  }

  private static CanonicalForm toText(SourceColumn source, SourceModes modes) {
    String type = source.type();
    if (TEXTS.contains(type) && !type.equals("bpchar") || source.isEnum()) {
      return same("{}::text", !type.equals("uuid"));
    } else if (PRINTED.contains(type) || type.equals("bpchar")) {
      // A cast would write a network mask, or take the blanks of char(n) away.
      return same("CASE WHEN {} IS NOT NULL THEN format('%s', {}) END", true);
    } else if (WHOLE.contains(type) || type.equals("bool")) {
      return same("{}::text", false);
    }
    return switch (type) {
      case "numeric", "money" -> oneWay(DECIMAL_TEXT, TRIMMED, false);
      case "float4" -> floatText(32);
      case "float8" -> floatText(64);
      case "date" -> oneWay("{}::text", "replaceRegexpOne({}, 'Z$', '')", false);
      case "timestamp" -> timeText("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
      case "timestamptz" ->
          timeText("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
      case "time" -> timeText("to_char({}, 'HH24:MI:SS.US')");
      case "timetz" -> timeText("to_char(({} AT TIME ZONE 'UTC')::time, 'HH24:MI:SS.US')");
      case "bytea" ->
          same(
              switch (modes.binary()) {
                case "hex" -> "encode({}, 'hex')";
                case "base64" -> "translate(encode({}, 'base64'), E'\\n', '')";
                default -> "translate(encode({}, 'base64'), E'+/\\n', '-_')";
              },
              false);
      case "bit" ->
          source.length() == 1 ? same("({}::int = 1)::text", false) : same("{}::text", false);
      case "varbit" -> same("{}::text", false);
      case "point" ->
          oneWay(
              "encode(float8send({}[0]), 'hex') || encode(float8send({}[1]), 'hex')",
              floatBits("JSONExtractFloat({}, 'x')", 64)
                  + " || "
                  + floatBits("JSONExtractFloat({}, 'y')", 64),
              false);
      case "hstore" ->
          oneWay(
              "CASE WHEN {} IS NOT NULL THEN (SELECT coalesce(string_agg(octet_length(k) || ':' ||"
                  + " k || coalesce(octet_length(v) || ':' || v, '~'), ',' ORDER BY k COLLATE"
                  + " \"C\"), '') FROM each({}) AS pairs(k, v)) END",
              "if(isNull({}), NULL, arrayStringConcat(arrayMap(pair -> concat(toString(length(pair.1)),"
                  + " ':', pair.1, ifNull(concat(toString(length(assumeNotNull(pair.2))), ':',"
                  + " pair.2), '~')), arraySort(pair -> pair.1,"
                  + " JSONExtractKeysAndValues(assumeNotNull({}), 'Nullable(String)'))), ','))",
              true);
      case "interval" ->
          modes.intervalsAreText()
              ? same(
                  "CASE WHEN {} IS NOT NULL THEN format('P%sY%sM%sDT%sH%sM%sS', extract(year"
                      + " FROM {}), extract(month FROM {}), extract(day FROM {}),"
                      + " extract(hour FROM {}), extract(minute FROM {}),"
                      + " trim_scale(extract(second FROM {}))) END",
                  false)
              : same(MICROS, false);
      default -> null;
    };
  }

  /** Debezium counts a month as a twelfth of 365.25 days. */
  private static final String MICROS =
      "trunc((extract(year FROM {}) * 12 + extract(month FROM {})) * 2629800000000"
          + " + extract(day FROM {}) * 86400000000 + extract(hour FROM {}) * 3600000000"
          + " + extract(minute FROM {}) * 60000000 + extract(second FROM {}) * 1000000)"
          + "::bigint::text";

  private static CanonicalForm floatText(int bits) {
    return oneWay(floatInPostgres(bits), floatBits("toFloat" + bits + "OrNull({})", bits), false);
  }

  private static CanonicalForm timeText(String postgres) {
    String text = "replaceRegexpOne({}, 'Z$', '')";
    return oneWay(
        "CASE WHEN {}::text LIKE '%infinity' THEN {}::text ELSE"
            + " trim(TRAILING '.' FROM trim(TRAILING '0' FROM "
            + postgres
            + ")) END",
        TRIMMED.replace("{}", text),
        false);
  }

  private static CanonicalForm toNumber(SourceColumn source) {
    return switch (source.type()) {
      case "int2", "int4", "int8", "oid" -> same("{}::text", false);
      case "bool" -> same("{}::int::text", false);
      case "numeric", "money" -> same(DECIMAL_TEXT, false);
      case "float4", "float8" -> same("{}::bigint::text", false);
      case "bit" -> source.length() == 1 ? same("{}::int::text", false) : null;
      default -> null;
    };
  }

  private static CanonicalForm toLong(SourceColumn source, SourceModes modes, String zone) {
    if (source.type().equals("interval") && !modes.intervalsAreText()) {
      return same(MICROS, false);
    }
    if (!TIMES.contains(source.type())) {
      return toNumber(source);
    }
    // What infinity becomes is design.md's: the last millisecond of 9999, the first of year 1.
    return same(
        "CASE WHEN isfinite({}) THEN "
            + ticks(source, 3, modes, zone)
            + " WHEN {} > 'epoch' THEN '253402300799999'"
            + " WHEN {} < 'epoch' THEN '-62135596800000' END",
        false);
  }

  private static CanonicalForm toFloat(SourceColumn source, int bits) {
    boolean numeric =
        WHOLE.contains(source.type())
            || Set.of("numeric", "float4", "float8").contains(source.type());
    if (!numeric && !source.type().equals("bool")) {
      return null;
    }
    String postgres = floatInPostgres(bits);
    return new CanonicalForm(
        numeric ? postgres : postgres.replace("{}", "{}::int"),
        floatBits("{}", bits),
        FLOAT_BACK.formatted(bits),
        false);
  }

  private static String floatInPostgres(int bits) {
    int bytes = bits / 8;
    return "encode(float%dsend({}::float%d), 'hex')".formatted(bytes, bytes);
  }

  private static String floatBits(String value, int bits) {
    return FLOAT_BITS.formatted(bits, bits / 4).replace("{}", value);
  }

  private static CanonicalForm toBool(SourceColumn source) {
    return switch (source.type()) {
      case "bool" -> same("{}::text", false);
      case "bit" -> source.length() == 1 ? same("({}::int = 1)::text", false) : null;
      case "int2", "int4", "int8" -> same("({} = 1)::text", false);
      default -> null;
    };
  }

  private static CanonicalForm toDecimal(SourceColumn source) {
    boolean exact =
        WHOLE.contains(source.type()) || Set.of("numeric", "money").contains(source.type());
    return exact ? same(DECIMAL_TEXT, false) : null;
  }

  private static CanonicalForm toDate(SourceColumn source, String kind, String zone) {
    if (!TIMES.contains(source.type())) {
      return null;
    }
    String day =
        source.type().equals("timestamptz")
            ? "({} AT TIME ZONE " + Sql.text(zone) + ")::date"
            : "{}::date";
    String days = kind.equals("Date") ? "toUInt16" : "toInt32";
    return new CanonicalForm(
        "CASE WHEN isfinite({}) THEN (" + day + " - date 'epoch')::text END",
        "toString(" + days + "({}))",
        "to" + kind + "(" + days + "({}))",
        false);
  }

  private static CanonicalForm toDateTime64(
      SourceColumn source, String target, SourceModes modes, String zone) {
    int precision = Integer.parseInt(target.replaceAll("\\D*64\\((\\d+).*", "$1"));
    return toTicks(
        source,
        precision,
        modes,
        zone,
        "reinterpretAsInt64({})",
        "reinterpret(toInt64({}), " + Sql.factText(target) + ")");
  }

  private static CanonicalForm toTicks(
      SourceColumn source,
      int precision,
      SourceModes modes,
      String zone,
      String inFact,
      String back) {
    return TIMES.contains(source.type())
        ? new CanonicalForm(
            "CASE WHEN isfinite({}) THEN " + ticks(source, precision, modes, zone) + " END",
            "toString(" + inFact + ")",
            back,
            false)
        : null;
  }

  /** Units of 10^-precision seconds since the epoch, rounded down. */
  private static String ticks(SourceColumn source, int precision, SourceModes modes, String zone) {
    String wallClock =
        modes.wallClocksInMillis() ? "date_trunc('milliseconds', {}::timestamp)" : "{}::timestamp";
    String instant =
        source.type().equals("timestamptz")
            ? "{}"
            : "(" + wallClock + " AT TIME ZONE " + Sql.text(zone) + ")";
    return "floor(extract(epoch FROM "
        + instant
        + ") * 1"
        + "0".repeat(precision)
        + ")::bigint::text";
  }

  /** Elements one after the other, each behind its length. */
  private CanonicalForm ofArray() {
    String element = postgres.replace("{}", "e");
    String inFact = clickHouse.replace("{}", "e");
    return oneWay(
        "(SELECT coalesce(string_agg(coalesce(octet_length("
            + element
            + ") || ':' || "
            + element
            + ", '~'), ',' ORDER BY i), '') FROM unnest({}) WITH ORDINALITY AS elements(e, i))",
        "arrayStringConcat(arrayMap(e -> ifNull(concat(toString(length("
            + inFact
            + ")), ':', "
            + inFact
            + "), '~'), {}), ',')",
        isFree);
  }

  private CanonicalForm cutFor(String target) {
    return target.startsWith("FixedString(") && clickHouse.equals("toString({})")
        ? new CanonicalForm(postgres, "toStringCutToZero({})", back, isFree)
        : this;
  }

  /** Whether the fact column's text is the canonical text as it stands. */
  public boolean isItself() {
    return clickHouse.equals("toString({})");
  }

  /** Text or null, in Postgres's SQL. */
  public String inPostgres(String column) {
    return postgres.replace("{}", Sql.name(column));
  }

  /** Text or null, in ClickHouse's SQL. */
  public String inClickHouse(String column) {
    return clickHouse.replace("{}", Sql.factName(column));
  }
}

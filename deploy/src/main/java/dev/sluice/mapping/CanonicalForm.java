package dev.sluice.mapping;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.Sql;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The text that both databases make of one value, so that a value which came through unchanged
 * gives the same bytes on either side: numbers in plain digits, floats by their bits, times by
 * ticks since the epoch, text by itself. It follows the transform's own table of source type and
 * fact type, which is the only other place that knows what becomes of a value.
 *
 * <p>A value that the fact column has no value for (1e400 as Float64, infinity as DateTime64, an
 * array of arrays) has {@link #NONE} for its text: no fact equals it, and a load refuses it. So SQL
 * never stops at a value, nor says which it was.
 *
 * @param postgres SQL of Postgres that makes text of a column ({@code {}}), null of null
 * @param clickHouse SQL of ClickHouse that makes the same text of the fact column
 * @param back SQL of ClickHouse that makes the fact column's value of the text again; null where
 *     the text does not say all
 * @param isFree whether the text may hold any character
 */
public record CanonicalForm(String postgres, String clickHouse, String back, boolean isFree) {

  /** The text of a value that the fact column cannot hold; ClickHouse's side never makes it. */
  static final String NONE = "!";

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
    if (source.isArray()) {
      return target.equals("String") && modes.textsArePlain()
          ? Optional.ofNullable(StreamedText.ofArray(source, modes))
          : Optional.empty();
    }
    return ofValue(source, target, modes, zone).map(f -> f.cutFor(target));
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
          case "Decimal" -> toDecimal(source, target);
          case "Date", "Date32" -> toDate(source, kind, zone);
          case "DateTime" ->
              toTicks(
                  source,
                  0,
                  "'1970-01-01Z' AND timestamptz '2106-02-07 06:28:15.999999Z'",
                  modes,
                  zone,
                  "toUnixTimestamp({})",
                  "toUInt32({})");
          case "DateTime64" -> toDateTime64(source, target, modes, zone);
          default -> null;
        });
  }

  static CanonicalForm toText(SourceColumn source, SourceModes modes) {
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
      case "numeric", "money" -> oneWay(DECIMAL_TEXT, DEBEZIUMS_DECIMAL, false);
      case "float4" -> floatText(32);
      case "float8" -> floatText(64);
      case "date" -> dateText();
      case "timestamp" -> timestampText("{}");
      case "timestamptz" -> timestampText("({} AT TIME ZONE 'UTC')");
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
          source.length() == 1
              ? same("({}::int = 1)::text", false)
              // Without a schema the stream has base64, and cannot know of what.
              : modes.isSchemaless() ? null : same("{}::text", false);
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
          + "::text";

  /** How Debezium writes what a decimal is not. */
  private static final String DEBEZIUMS_DECIMAL =
      "multiIf({} = 'POSITIVE_INFINITY', 'Infinity', {} = 'NEGATIVE_INFINITY', '-Infinity',"
          + " {} = 'NAN', 'NaN', "
          + TRIMMED
          + ")";

  private static CanonicalForm floatText(int bits) {
    return oneWay(floatInPostgres(bits), floatBits("toFloat" + bits + "OrNull({})", bits), false);
  }

  private static CanonicalForm timeText(String postgres) {
    return oneWay(withoutIdleZeros(postgres), TRIMMED.replace("{}", withoutZ("{}")), false);
  }

  private static String withoutIdleZeros(String text) {
    return "trim(TRAILING '.' FROM trim(TRAILING '0' FROM " + text + "))";
  }

  private static String withoutZ(String text) {
    return "replaceRegexpOne(" + text + ", 'Z$', '')";
  }

  /** The year as ISO 8601 counts and writes it: 1 BC is 0000, and beyond 9999 is a sign. */
  private static final String ISO_YEAR =
      "CASE WHEN {} > '9999-12-31' THEN '+' || extract(year FROM {})::text"
          + " ELSE CASE WHEN {} < '0001-01-01 BC' THEN '-' ELSE '' END"
          + " || lpad(abs(extract(year FROM {}) + 1)::text, 4, '0') END";

  private static CanonicalForm timestampText(String moment) {
    return oneWay(
        isoMoment(moment, CanonicalForm::withoutIdleZeros),
        // Beyond what Postgres has are the numbers that Debezium writes for the infinities.
        infinities("^[+][0-9]{7}", TRIMMED.replace("{}", withoutZ("{}"))),
        false);
  }

  /**
   * ISO 8601 without a zone; infinities are words.
   *
   * @param moment of a timestamp without zone, in Postgres's SQL
   * @param cut of a text that ends in six digits of a second
   */
  static String isoMoment(String moment, UnaryOperator<String> cut) {
    String rest = "-MM-DD\"T\"HH24:MI:SS.US";
    return "CASE WHEN {} BETWEEN '0001-01-02' AND '9999-12-30' THEN "
        + cut.apply("to_char(" + moment + ", 'YYYY" + rest + "')")
        + " WHEN isfinite({}) THEN "
        + isoYear(moment)
        + " || "
        + cut.apply("to_char(" + moment + ", '" + rest + "')")
        + " ELSE {}::text END";
  }

  private static CanonicalForm dateText() {
    return oneWay(
        "CASE WHEN {} BETWEEN '0001-01-01' AND '9999-12-31' OR NOT isfinite({}) THEN {}::text"
            + " ELSE "
            + isoYear("{}")
            + " || '-' || lpad(extract(month FROM {})::text, 2, '0')"
            + " || '-' || lpad(extract(day FROM {})::text, 2, '0') END",
        infinities("^[+]587[5-9][0-9]{3}-", withoutZ("{}")),
        false);
  }

  /** With the year 1 and the years to 9999 as they are. */
  private static String isoYear(String moment) {
    return ("CASE WHEN {} BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'"
            + " THEN lpad(extract(year FROM {})::text, 4, '0') ELSE "
            + ISO_YEAR
            + " END")
        .replace("{}", moment);
  }

  private static String infinities(String beyond, String otherwise) {
    return "multiIf(match({}, '"
        + beyond
        + "'), 'infinity', match({}, '^-[0-9]{5}'), '-infinity', "
        + otherwise
        + ")";
  }

  private static CanonicalForm toNumber(SourceColumn source) {
    return switch (source.type()) {
      case "int2", "int4", "int8", "oid" -> same("{}::text", false);
      case "bool" -> same("{}::int::text", false);
      case "numeric", "money" ->
          same(
              orNone(
                  "{}::numeric BETWEEN -1e19 AND 2e19 AND {}::numeric = trunc({}::numeric)",
                  DECIMAL_TEXT),
              false);
      case "float4", "float8" ->
          same(
              orNone(
                  "{} = floor({}) AND {} >= -9223372036854775808 AND {} < 9223372036854775808",
                  "{}::bigint::text"),
              false);
      case "bit" -> source.length() == 1 ? same("{}::int::text", false) : null;
      default -> null;
    };
  }

  /** The text where a condition holds, {@link #NONE} where it does not, null of null. */
  private static String orNone(String condition, String text) {
    return "CASE WHEN "
        + condition
        + " THEN "
        + text
        + " WHEN {} IS NOT NULL THEN '"
        + NONE
        + "' END";
  }

  private static CanonicalForm toLong(SourceColumn source, SourceModes modes, String zone) {
    if (source.type().equals("interval") && !modes.intervalsAreText()) {
      return same(MICROS, false);
    }
    if (!TIMES.contains(source.type())) {
      return toNumber(source);
    }
    // What infinity becomes is design.md's: the last millisecond of 9999, the first of year 1.
    // Postgres counts its last thirty years with doubles, and has days beyond them.
    String far = "'" + NONE + "'";
    if (source.type().equals("timestamptz") || zone.equals("UTC")) {
      String days = "({}::date - date 'epoch')::bigint * 86400000";
      far =
          source.type().equals("date")
              ? "(" + days + ")::text"
              : "(" + days + " + floor(extract(epoch FROM {}::time) * 1000)::bigint)::text";
    }
    return same(
        "CASE WHEN {} BETWEEN '4713-01-02 BC' AND '294246-12-30' THEN "
            + ticks(source, 3, modes, zone)
            + " WHEN isfinite({}) THEN "
            + far
            + " WHEN {} > 'epoch' THEN '253402300799999'"
            + " WHEN {} < 'epoch' THEN '-62135596800000' END",
        false);
  }

  private static CanonicalForm toFloat(SourceColumn source, int bits) {
    if (source.type().equals("float4") && bits == 64) {
      // The stream has its digits, and Java not always those that Postgres has; whatever reads back
      // as the same float is the same.
      return oneWay(floatInPostgres(32), floatBits("toFloat32({})", 32), false);
    }
    boolean numeric =
        WHOLE.contains(source.type())
            || Set.of("numeric", "float4", "float8").contains(source.type());
    if (!numeric && !source.type().equals("bool")) {
      return null;
    }
    return new CanonicalForm(
        switch (source.type()) {
          case "bool" -> floatInPostgres(bits).replace("{}", "{}::int");
          case "numeric", "float8", "float4" -> nearestFloat(source.type(), bits);
          default -> exactFloat(bits);
        },
        floatBits("{}", bits),
        FLOAT_BACK.formatted(bits),
        false);
  }

  /** Postgres stops at what is too large or too small for a float; Java takes the small for 0. */
  private static String nearestFloat(String type, int bits) {
    boolean narrows = type.equals("numeric") || type.equals("float8") && bits == 32;
    if (!narrows) {
      return floatInPostgres(bits);
    }
    String tooLarge = bits == 64 ? "1.797693134862315807e308" : "3.4028235677973366e38";
    String tooSmall = bits == 64 ? "2.4703282292062328e-324" : "7.006492321624086e-46";
    if (type.equals("float8")) {
      tooLarge += "::float8";
      tooSmall += "::float8";
    }
    return "CASE WHEN abs({}) < %s AND ({} = 0 OR abs({}) > %s) OR {}::text IN ('NaN', 'Infinity', '-Infinity') THEN %s WHEN abs({}) < 1 THEN CASE WHEN {} < 0 THEN '8' ELSE '0' END || repeat('0', %d) WHEN {} IS NOT NULL THEN '%s' END"
        .formatted(tooLarge, tooSmall, floatInPostgres(bits), bits / 4 - 1, NONE);
  }

  /** A whole number that a float of so many bits holds exactly. */
  private static String exactFloat(int bits) {
    // The largest that the float does not round up to 2^63, which is no bigint.
    String most = bits == 64 ? "9223372036854774784" : "9223371487098961920";
    String exact =
        "CASE WHEN {}::bigint BETWEEN -%1$s AND %1$s THEN {}::bigint::float%2$d::bigint = {}::bigint END"
            .formatted(most, bits / 8);
    return orNone(exact, floatInPostgres(bits).replace("{}", "{}::bigint"));
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
      case "int2", "int4", "int8" -> same(orNone("{} IN (0, 1)", "({} = 1)::text"), false);
      default -> null;
    };
  }

  private static CanonicalForm toDecimal(SourceColumn source, String target) {
    boolean exact =
        WHOLE.contains(source.type()) || Set.of("numeric", "money").contains(source.type());
    String[] digits = target.replaceAll("[^\\d,]", "").split(",");
    int scale = Integer.parseInt(digits[1]);
    int whole = Integer.parseInt(digits[0]) - scale;
    String fits =
        "abs({}::numeric) < 1e%d AND {}::numeric = round({}::numeric, %d)".formatted(whole, scale);
    return exact ? same(orNone(fits, DECIMAL_TEXT), false) : null;
  }

  private static CanonicalForm toDate(SourceColumn source, String kind, String zone) {
    if (!TIMES.contains(source.type())) {
      return null;
    }
    String day =
        source.type().equals("timestamptz")
            ? "({} AT TIME ZONE " + Sql.text(zone) + ")::date"
            : "{}::date";
    boolean isShort = kind.equals("Date");
    String days = isShort ? "toUInt16" : "toInt32";
    String range =
        isShort ? "'1970-01-01' AND date '2149-06-06'" : "'1900-01-01' AND date '2299-12-31'";
    return new CanonicalForm(
        orNone(inCentury(day + " BETWEEN date " + range), "(" + day + " - date 'epoch')::text"),
        "toString(" + days + "({}))",
        "to" + kind + "(" + days + "({}))",
        false);
  }

  /** A condition on what is near enough to be calculated with. */
  private static String inCentury(String condition) {
    return "CASE WHEN {} BETWEEN '1899-12-29' AND '2300-01-03' THEN " + condition + " END";
  }

  private static CanonicalForm toDateTime64(
      SourceColumn source, String target, SourceModes modes, String zone) {
    int precision = Integer.parseInt(target.replaceAll("\\D*64\\((\\d+).*", "$1"));
    return toTicks(
        source,
        precision,
        // Counted in nanoseconds, an Int64 ends in April 2262.
        precision == 9
            ? "'1900-01-01Z' AND timestamptz '2262-04-11 23:47:15.999999Z'"
            : "'1900-01-01Z' AND timestamptz '2299-12-31 23:59:59.999999Z'",
        modes,
        zone,
        "reinterpretAsInt64({})",
        "reinterpret(toInt64({}), " + Sql.factText(target) + ")");
  }

  private static CanonicalForm toTicks(
      SourceColumn source,
      int precision,
      String range,
      SourceModes modes,
      String zone,
      String inFact,
      String back) {
    String within = inCentury(instant(source, modes, zone) + " BETWEEN timestamptz " + range);
    return TIMES.contains(source.type())
        ? new CanonicalForm(
            orNone(within, ticks(source, precision, modes, zone)),
            "toString(" + inFact + ")",
            back,
            false)
        : null;
  }

  /** Units of 10^-precision seconds since the epoch, rounded down. */
  private static String ticks(SourceColumn source, int precision, SourceModes modes, String zone) {
    return "floor(extract(epoch FROM "
        + instant(source, modes, zone)
        + ") * 1"
        + "0".repeat(precision)
        + ")::bigint::text";
  }

  private static String instant(SourceColumn source, SourceModes modes, String zone) {
    String wallClock =
        modes.wallClocksInMillis() ? "date_trunc('milliseconds', {}::timestamp)" : "{}::timestamp";
    return source.type().equals("timestamptz")
        ? "{}"
        : "(" + wallClock + " AT TIME ZONE " + Sql.text(zone) + ")";
  }

  /** Elements one after the other, each behind its length. */
  private CanonicalForm ofArray() {
    String element = postgres.replace("{}", "e");
    String inFact = clickHouse.replace("{}", "e");
    return oneWay(
        // Debezium makes nulls of arrays in an array.
        "CASE WHEN array_ndims({}) > 1 THEN '"
            + NONE
            + "' ELSE (SELECT coalesce(string_agg(coalesce(octet_length("
            + element
            + ") || ':' || "
            + element
            + ", '~'), ',' ORDER BY i), '') FROM unnest({}) WITH ORDINALITY AS elements(e, i)) END",
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

  /** Whether some values have {@link #NONE} for their text. */
  boolean mayBeNone() {
    return postgres.contains("'" + NONE + "'");
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

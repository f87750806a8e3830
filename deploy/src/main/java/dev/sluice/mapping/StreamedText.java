package dev.sluice.mapping;

import dev.sluice.catalogue.SourceColumn;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that a String column gets of what has no plain text of its own, where the source has our
 * settings ({@link SourceModes#textsArePlain}): SQL of Postgres over the source column ({@code
 * {}}), which says character by character what Debezium, the converter and the transform make.
 *
 * <p>Arrays are JSON. An array whose elements the stream changes or loses has {@link
 * CanonicalForm#NONE} for its text.
 *
 * <p>Without a text here:
 *
 * <ul>
 *   <li>double precision: Java 17 does not always write the shortest digits that tell a double from
 *       its neighbours, and later versions do;
 *   <li>hstore: its keys come in the order of a Java HashMap;
 *   <li>numerics of a negative scale in arrays: Debezium writes 2046 zeros behind the point;
 *   <li>arrays of bytea, ltree and hstore, and arrays in a domain: what becomes of them in every
 *       mode has not been seen.
 * </ul>
 */
final class StreamedText {

  private static final Pattern TIMESTAMPTZ =
      Pattern.compile("timestamp(?:\\((\\d)\\))? with time zone(?:\\[])*");

  private static final Set<String> BARE = Set.of("int2", "int4", "int8", "oid", "bool");

  /** A cast would write a network mask, or take the blanks of char(n) away. */
  private static final Set<String> FORMATTED =
      Set.of(
          "bpchar",
          "inet",
          "cidr",
          "macaddr",
          "int4range",
          "int8range",
          "numrange",
          "daterange",
          "tsrange",
          "tstzrange");

  private static final Set<String> CAST = Set.of("text", "varchar", "citext", "json", "jsonb");

  /**
   * JSON text as {@code JsonText} writes it. It differs from Postgres's in \b and \f alone. For the
   * while of their replacing, a pair of backslashes is a control character, of which that text has
   * none as it stands; else the second of a pair might be taken for the first of \b.
   */
  private static final String QUOTED =
      "replace(replace(replace(replace(to_json(%s)::text, E'\\\\\\\\', E'\\x01'),"
          + " E'\\\\b', E'\\\\u0008'), E'\\\\f', E'\\\\u000c'), E'\\x01', E'\\\\\\\\')";

  /**
   * Where Java of any version and Postgres write a float with the same digits: all floats of these
   * magnitudes have been compared. Java 17 has too many digits of one in five beyond 2^25, and of
   * single powers of two below 2^-26, the number here.
   */
  private static final String SAME_FLOAT_DIGITS =
      "abs({}) >= 1.490116119384765625e-8 AND abs({}) < 33554432 OR {} = 0 OR abs({}) >= 'Infinity'";

  /**
   * What an element becomes.
   *
   * @param json of an element {@code e} that is not null
   * @param lost whether the stream makes something else of {@code e}; null where of none
   */
  private record Element(String json, String lost) {}

  private StreamedText() {}

  /** The digits of a {@code real}; a word for what is no number, and NONE where Java's differ. */
  static String ofReal() {
    return "CASE WHEN "
        + SAME_FLOAT_DIGITS
        + " THEN {}::text WHEN {} IS NOT NULL THEN '"
        + CanonicalForm.NONE
        + "' END";
  }

  /** The same without an exponent, as a String column shows it. */
  static String ofRealInFull() {
    return "CASE WHEN abs({}) >= 'Infinity' OR {}::text = '-0' THEN {}::text WHEN "
        + SAME_FLOAT_DIGITS
        + " THEN trim_scale({}::text::numeric)::text WHEN {} IS NOT NULL THEN '"
        + CanonicalForm.NONE
        + "' END";
  }

  /**
   * ISO 8601 in UTC with as many digits of a second as are declared; infinities are words.
   *
   * @return null where a domain hides how many there are
   */
  static String ofTimestamptz(SourceColumn source) {
    Matcher declared = TIMESTAMPTZ.matcher(source.castType());
    if (!declared.matches()) {
      return null;
    }
    int digits = declared.group(1) == null ? 6 : Integer.parseInt(declared.group(1));
    int surplus = digits == 0 ? 7 : 6 - digits;
    String moment =
        CanonicalForm.isoMoment(
            "({} AT TIME ZONE 'UTC')",
            text -> surplus == 0 ? text : "left(" + text + ", -" + surplus + ")");
    return "CASE WHEN isfinite({}) THEN " + moment + " || 'Z' ELSE {}::text END";
  }

  /**
   * Arrays of one dimension as JSON text.
   *
   * @return null where SQL cannot make the text of every array that arrives
   */
  static CanonicalForm ofArray(SourceColumn source, SourceModes modes) {
    Element element = source.traits().isDomain() ? null : element(source, modes);
    if (element == null) {
      return null;
    }
    String list =
        "'[' || coalesce(string_agg(CASE WHEN e IS NULL THEN 'null' ELSE "
            + element.json()
            + " END, ',' ORDER BY i), '') || ']'";
    String kept =
        element.lost() == null
            ? list
            : "CASE WHEN bool_or("
                + element.lost()
                + ") THEN '"
                + CanonicalForm.NONE
                + "' ELSE "
                + list
                + " END";
    return new CanonicalForm(
        // Debezium makes nulls of arrays in an array.
        "CASE WHEN array_ndims({}) > 1 THEN '"
            + CanonicalForm.NONE
            + "' WHEN {} IS NOT NULL THEN (SELECT "
            + kept
            + " FROM unnest({}) WITH ORDINALITY AS elements(e, i)) END",
        "toString({})",
        "{}",
        true);
  }

  private static Element element(SourceColumn source, SourceModes modes) {
    String type = source.type();
    if (BARE.contains(type)) {
      return new Element("e::text", null);
    } else if (source.isEnum()) {
      // At a null among enums Debezium fails.
      return new Element(QUOTED.formatted("e::text"), "e IS NULL");
    } else if (CAST.contains(type)) {
      return new Element(QUOTED.formatted("e::text"), null);
    } else if (FORMATTED.contains(type)) {
      return new Element(QUOTED.formatted("format('%s', e)"), null);
    }
    return switch (type) {
      case "uuid" -> quoted("e::text", null);
      case "numeric" ->
          source.traits().scale() < 0
              ? null
              : quoted("e::text", "e::text IN ('NaN', 'Infinity', '-Infinity')");
      case "float4" -> ofFloats();
      // Read with Java's old calendar, which forgets the era and has not these ten days.
      case "date" ->
          quoted(
              ofElement(source, modes) + " || 'Z'",
              "e < '0001-01-01' OR e BETWEEN '1582-10-05' AND '1582-10-14' OR NOT isfinite(e)");
      // The same calendar counts the days before these ten otherwise.
      case "timestamp" ->
          quoted(ofElement(source, modes) + " || 'Z'", "e < '1582-10-15' OR NOT isfinite(e)");
      case "timestamptz" ->
          quoted(
              ofTimestamptz(source).replace("{}", "e"),
              "e < '0001-01-01Z' OR e >= '1582-10-05Z' AND e < '1582-10-15Z' OR NOT isfinite(e)");
      // Cut to milliseconds.
      case "time" -> quoted(ofElement(source, modes) + " || 'Z'", "e = '24:00' OR e <> e::time(3)");
      case "timetz" -> quoted(ofElement(source, modes) + " || 'Z'", "e::time = '24:00'");
      default -> null;
    };
  }

  private static Element ofFloats() {
    String word = "abs(e) >= 'Infinity'";
    return new Element(
        "CASE WHEN " + word + " THEN '\"' || e::text || '\"' ELSE " + inFull("e") + " END",
        "NOT (" + SAME_FLOAT_DIGITS.replace("{}", "e") + ")");
  }

  private static String inFull(String value) {
    return ofRealInFull().replace("{}", value);
  }

  private static String ofElement(SourceColumn source, SourceModes modes) {
    return CanonicalForm.toText(source, modes).postgres().replace("{}", "e");
  }

  private static Element quoted(String text, String lost) {
    return new Element("'\"' || " + text + " || '\"'", lost);
  }
}

package dev.sluice.mapping;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How one column's values travel in a bulk load: what Postgres sends in {@code COPY … TO STDOUT},
 * as which type ClickHouse reads it, and what makes the fact column's value of it.
 *
 * <p>The common pairs are sent as the type prints itself and read as the fact column's own type,
 * which costs either side next to nothing. Every other pair travels as its {@link CanonicalForm},
 * and ClickHouse refuses a value whose canonical text is not the one that came. So a value arrives
 * as the transform would make it, or the insert fails and names the column; nothing is wrapped, cut
 * or rounded on the way.
 *
 * @param postgres SQL of Postgres over the source column ({@code {}})
 * @param inputType the type that ClickHouse reads it as
 * @param clickHouse SQL of ClickHouse over what was read ({@code {}})
 * @param checks conditions of ClickHouse over what was read, which hold or end the insert
 */
public record CopyForm(String postgres, String inputType, String clickHouse, List<String> checks) {

  /** What the message of a refused value begins with, up to the column's name. */
  public static final String REFUSED = "Sluice refuses column ";

  private static final Set<String> PRINTED_AS_IS =
      Set.of("text", "varchar", "citext", "name", "uuid", "json", "jsonb", "xml");

  /** The largest whole number up to which a Float64 holds each. */
  private static final long EXACT_FLOAT64 = 1L << 53;

  /**
   * Milliseconds since the epoch. Where a double's steps are small enough, with it: half a
   * microsecond makes up for its error, which is below 0.4 µs until 2038. Elsewhere with numerics,
   * which are exact and several times slower.
   */
  private static final String MILLIS =
      "CASE WHEN {} >= '1932-01-01 00:00:00Z' AND {} < '2038-01-01 00:00:00Z'"
          + " THEN floor(date_part('epoch', {}) * 1000 + 0.0005)::bigint ELSE (%s)::bigint END";

  /**
   * The form for a column.
   *
   * @return null when SQL cannot make the value exactly
   */
  static CopyForm of(
      SourceColumn source,
      FactColumn fact,
      CanonicalForm canonical,
      FactMapping settings,
      SourceModes modes) {
    CopyForm form = plain(source, fact, canonical, settings.zone());
    boolean real = source.type().equals("float4") && !source.isArray();
    if (real && fact.plainType().equals("Float64")) {
      form =
          modes.isSchemaless()
              ? real(StreamedText.ofReal(), "toFloat64(%s)", fact)
              // With its schema it stays a float, and becomes the double that is equal to it.
              : new CopyForm("{}::float8", "String", "toFloat64({})", List.of());
    }
    if (form == null && modes.textsArePlain()) {
      form = asDebeziumWrites(source, fact, canonical);
    }
    if (form == null) {
      if (canonical.back() == null) {
        return null;
      }
      form = checked(source, canonical, fact);
    }
    return form.withNulls(source, fact, settings.defaultsForNull());
  }

  private static CopyForm plain(
      SourceColumn source, FactColumn fact, CanonicalForm canonical, String zone) {
    String target = fact.plainType();
    String type = source.type();
    if (source.isArray()) {
      return null;
    }
    return switch (target) {
      case "String" -> PRINTED_AS_IS.contains(type) || source.isEnum() ? asIs("String") : null;
      case "Int8", "Int16", "Int32", "Int64" -> toWhole(source, target, canonical, zone);
      case "Bool" -> type.equals("bool") ? asIs("Bool") : null;
      case "Float32" -> type.equals("float4") ? parsed(target) : null;
      case "Float64" -> toFloat64(type, fact);
      default -> null;
    };
  }

  /**
   * The text that Debezium makes of the value, for a String column that shows it: ISO 8601 in UTC
   * with a Z, fractions without idle zeros but for timestamptz, which has as many digits as are
   * declared; arrays as JSON. What it makes another value of is refused: infinities, NaN, the time
   * 24:00.
   */
  private static CopyForm asDebeziumWrites(
      SourceColumn source, FactColumn fact, CanonicalForm canonical) {
    if (!fact.plainType().equals("String")) {
      return null;
    }
    if (source.isArray()) {
      return texts(canonical.postgres(), "{} = '" + CanonicalForm.NONE + "'", fact);
    }
    return switch (source.type()) {
      case "float4" -> real(StreamedText.ofRealInFull(), "%s", fact);
      case "date", "timestamp" ->
          texts(
              "CASE WHEN isfinite({}) THEN " + canonical.postgres() + " || 'Z' ELSE {}::text END",
              "endsWith({}, 'infinity')",
              fact);
      case "time" -> texts(canonical.postgres() + " || 'Z'", "startsWith({}, '24:00:00')", fact);
      case "timetz" ->
          texts(
              // Null is no 24:00 and stays null.
              "CASE WHEN {}::time = '24:00' THEN '24' ELSE " + canonical.postgres() + " || 'Z' END",
              "{} = '24'",
              fact);
      case "timestamptz" -> {
        String text = StreamedText.ofTimestamptz(source);
        // Its infinities, unlike those of the other times, are words to Debezium too.
        yield text == null ? null : texts(text, "0", fact);
      }
      case "money" -> texts("{}::numeric::text", "0", fact);
      case "numeric" -> texts("{}::text", "match({}, '^(NaN|-?Infinity)$')", fact);
      default -> null;
    };
  }

  /**
   * A real by its digits, which the stream has in place of the number.
   *
   * @param value of the digits
   */
  private static CopyForm real(String postgres, String value, FactColumn fact) {
    String none = "{} = '" + CanonicalForm.NONE + "'";
    return new CopyForm(
        postgres,
        "String",
        // What has no digits is read as some other, so that the check ends the insert.
        value.formatted("if(" + none + ", '0', {})"),
        List.of(refusing(none, fact, "a real whose digits Java writes otherwise than Postgres")));
  }

  private static CopyForm texts(String postgres, String lost, FactColumn fact) {
    String what = "a value that Debezium writes as another";
    return new CopyForm(postgres, "String", "{}", List.of(refusing(lost, fact, what)));
  }

  private static CopyForm toWhole(
      SourceColumn source, String target, CanonicalForm canonical, String zone) {
    int bits = Integer.parseInt(target.substring(3));
    return switch (source.type()) {
      case "bool" -> new CopyForm("{}::int", target, "{}", List.of());
      case "int2" -> bits >= 16 ? asIs(target) : null;
      case "int4" -> bits >= 32 ? asIs(target) : null;
      case "int8" -> bits >= 64 ? asIs(target) : null;
      case "timestamptz" -> millis(canonical);
      case "timestamp" -> zone.equals("UTC") ? millis(canonical) : null;
      default -> null;
    };
  }

  private static CopyForm millis(CanonicalForm canonical) {
    return new CopyForm(MILLIS.formatted(canonical.postgres()), "Int64", "{}", List.of());
  }

  private static CopyForm toFloat64(String type, FactColumn fact) {
    return switch (type) {
      case "int2", "int4" -> asIs("Float64");
      // As the transform does, which knows a double's limits.
      case "int8" ->
          new CopyForm(
              "{}",
              "Int64",
              "toFloat64({})",
              List.of(refusing("abs({}) > " + EXACT_FLOAT64, fact, "a number beyond 2^53")));
      case "float8" -> parsed("Float64");
      case "numeric" ->
          new CopyForm(
              "{}",
              "String",
              "toFloat64({})",
              List.of(
                  refusing(
                      "isInfinite(toFloat64({})) AND NOT endsWith({}, 'nfinity')",
                      fact,
                      "a value that does not fit Float64")));
      default -> null;
    };
  }

  private static CopyForm asIs(String type) {
    return new CopyForm("{}", type, "{}", List.of());
  }

  /** To the last bit, which only the functions promise, and not every server's reading of TSV. */
  private static CopyForm parsed(String type) {
    return new CopyForm("{}", "String", "to" + type + "({})", List.of());
  }

  /** The value of the canonical text, if its own canonical text is the same. */
  private static CopyForm checked(SourceColumn source, CanonicalForm canonical, FactColumn fact) {
    // What has no value is read as some other, so that the check and not the reading ends the
    // insert.
    String back =
        canonical.mayBeNone()
            ? canonical.back().replace("{}", "if({} = '" + CanonicalForm.NONE + "', '0', {})")
            : canonical.back();
    String value = "CAST(" + back + ", " + Sql.factText(fact.type()) + ")";
    String text = canonical.clickHouse().replace("{}", value);
    String check =
        refusing(
            "ifNull(" + text + " != {}, isNotNull({}))",
            fact,
            "a value that does not fit " + fact.type());
    return source.type().equals("interval")
        ? new CopyForm(canonical.postgres(), "String", value, List.of(check, exactInDebezium(fact)))
        : new CopyForm(canonical.postgres(), "String", value, List.of(check));
  }

  /** Debezium counts the microseconds of an interval with doubles. */
  private static String exactInDebezium(FactColumn fact) {
    return refusing(
        "abs(toInt64OrZero({})) >= " + EXACT_FLOAT64, fact, "more than 2^53 microseconds");
  }

  /** True, or the end of the insert. As a filter it is never left out, whatever the plan. */
  private static String refusing(String condition, FactColumn fact, String what) {
    String message = Sql.factText(REFUSED + fact.name() + ": " + what);
    return "throwIf(ifNull(" + condition + ", 0), " + message + ") = 0";
  }

  /** Null stays null, becomes the default, or is refused, as the transform has it. */
  private CopyForm withNulls(SourceColumn source, FactColumn fact, boolean defaults) {
    if (source.isNotNull()) {
      return new CopyForm(postgres, inputType, cast(clickHouse, fact), checks);
    }
    String nullable = "Nullable(" + inputType + ")";
    if (fact.isNullable()) {
      return new CopyForm(postgres, nullable, cast(clickHouse, fact), checks);
    }
    String absent = "if(isNull({}), %s, %s)";
    String zero = "defaultValueOfTypeName(" + Sql.factText(fact.type()) + ")";
    List<String> all = new ArrayList<>();
    if (!defaults) {
      all.add(refusing("isNull({})", fact, "null, which it forbids"));
    }
    checks.forEach(check -> all.add(absent.formatted("true", present(check))));
    return new CopyForm(
        postgres, nullable, absent.formatted(zero, cast(present(clickHouse), fact)), all);
  }

  private static String present(String sql) {
    return sql.replace("{}", "assumeNotNull({})");
  }

  private static String cast(String value, FactColumn fact) {
    return value.equals("{}") ? value : "CAST(" + value + ", " + Sql.factText(fact.type()) + ")";
  }

  /** What Postgres sends of a column. */
  String inPostgres(String column) {
    return postgres.replace("{}", Sql.name(column));
  }

  /** What ClickHouse makes of the value that it has read under the fact column's name. */
  String inClickHouse(String column) {
    return clickHouse.replace("{}", Sql.factName(column));
  }

  /** The checks of the value that ClickHouse has read under the fact column's name. */
  List<String> checks(String column) {
    return checks.stream().map(check -> check.replace("{}", Sql.factName(column))).toList();
  }
}

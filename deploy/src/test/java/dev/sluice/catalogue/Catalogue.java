package dev.sluice.catalogue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A column for every type, and the extremes of each. */
final class Catalogue {

  /** By column or by type, from the plain to the extreme. */
  private static final Map<String, List<String>> VALUES = values();

  private Catalogue() {}

  /** The columns that a mode can carry. */
  static List<CatalogueColumn> columns(Mode mode) {
    List<CatalogueColumn> columns = new ArrayList<>();
    columns.add(CatalogueColumn.printed("c_text", "text", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_varchar", "varchar(30)", "LowCardinality(String)"));
    columns.add(CatalogueColumn.printed("c_citext", "citext", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_char", "char(5)", "FixedString(5)"));
    columns.add(CatalogueColumn.printed("c_uuid", "uuid", "Nullable(UUID)"));
    columns.add(CatalogueColumn.printed("c_uuid_text", "uuid", "Nullable(String)"));
    columns.add(
        new CatalogueColumn(
            "c_bool", "boolean", "Nullable(Bool)", "c_bool::text", "toString(c_bool)"));
    columns.add(
        new CatalogueColumn(
            "c_bool_int",
            "boolean",
            "Nullable(Int8)",
            "c_bool_int::int::text",
            "toString(c_bool_int)"));
    columns.add(CatalogueColumn.printed("c_smallint", "smallint", "Nullable(Int16)"));
    columns.add(CatalogueColumn.printed("c_smallint_u8", "smallint", "Nullable(UInt8)"));
    columns.add(CatalogueColumn.printed("c_int", "integer", "Nullable(Int32)"));
    columns.add(CatalogueColumn.printed("c_int_u16", "integer", "Nullable(UInt16)"));
    columns.add(CatalogueColumn.printed("c_bigint", "bigint", "Nullable(Int64)"));
    columns.add(CatalogueColumn.printed("c_bigint_u32", "bigint", "Nullable(UInt32)"));
    columns.add(CatalogueColumn.printed("c_bigint_u64", "bigint", "Nullable(UInt64)"));
    columns.add(CatalogueColumn.printed("c_bigint_text", "bigint", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_oid", "oid", "Nullable(UInt32)"));
    columns.add(CatalogueColumn.bits("c_real", "real", 32));
    columns.add(CatalogueColumn.bits("c_double", "double precision", 64));
    columns.add(
        CatalogueColumn.printed(
            "c_enum", "mood", "Enum8('sad' = 1, 'it\\'s ok' = 2, 'happy' = 3)"));
    columns.add(CatalogueColumn.printed("c_json", "json", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_jsonb", "jsonb", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_inet", "inet", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_cidr", "cidr", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_macaddr", "macaddr", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_ltree", "ltree", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_int4range", "int4range", "Nullable(String)"));
    columns.add(
        new CatalogueColumn(
            "c_bit", "bit(1)", "Nullable(Bool)", "(c_bit::int = 1)::text", "toString(c_bit)"));
    columns.add(
        new CatalogueColumn(
            "c_point",
            "point",
            "Nullable(String)",
            "CASE WHEN c_point IS NOT NULL THEN c_point[0] || ' ' || c_point[1] END",
            "JSONExtractFloat(c_point, 'x') || ' ' || JSONExtractFloat(c_point, 'y')"));
    columns.add(
        new CatalogueColumn(
            "c_hstore",
            "hstore",
            "Nullable(String)",
            "(c_hstore -> 'a') || coalesce(c_hstore -> 'b', 'null')",
            "JSONExtractString(c_hstore, 'a') || ifNull(JSONExtract(c_hstore, 'b',"
                + " 'Nullable(String)'), 'null')"));
    columns.add(
        new CatalogueColumn(
            "c_bytea",
            "bytea",
            "Nullable(String)",
            "replace(encode(c_bytea, '" + mode.binaryEncoding() + "'), E'\\n', '')",
            "c_bytea"));
    columns.add(interval(mode));
    columns.add(CatalogueColumn.printed("c_xml", "xml", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_numrange", "numrange", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_daterange", "daterange", "Nullable(String)"));
    columns.add(
        CatalogueColumn.printed(
            "c_enum16", "mood", "Enum16('sad' = -300, 'it\\'s ok' = 0, 'happy' = 300)"));
    columns.add(CatalogueColumn.printed("c_low_null", "text", "LowCardinality(Nullable(String))"));
    if (mode.schemas()) {
      // Without a schema, bits are the base64 of bytes and say nothing of their number; of a
      // `bit varying`, Debezium says only how many there may be.
      columns.add(CatalogueColumn.printed("c_bits", "bit(10)", "Nullable(String)"));
    }
    columns.add(CatalogueColumn.array("c_smallints", "smallint", "Int16"));
    columns.add(CatalogueColumn.array("c_reals", "real", "Float32"));
    columns.add(CatalogueColumn.array("c_varchars", "varchar(9)", "LowCardinality(String)"));
    columns.add(CatalogueColumn.array("c_dates", "date", "Date32"));
    columns.add(CatalogueColumn.array("c_ints", "integer", "Int32"));
    columns.add(CatalogueColumn.array("c_bigints", "bigint", "Nullable(Int64)"));
    columns.add(CatalogueColumn.array("c_texts", "text", "Nullable(String)"));
    columns.add(CatalogueColumn.array("c_bools", "boolean", "Bool"));
    columns.add(CatalogueColumn.array("c_doubles", "double precision", "Float64"));
    columns.add(CatalogueColumn.array("c_uuids", "uuid", "UUID"));
    columns.addAll(numbers(mode));
    columns.addAll(times(mode));
    return columns;
  }

  private static List<CatalogueColumn> numbers(Mode mode) {
    List<CatalogueColumn> columns = new ArrayList<>();
    if (mode.exactNumbers()) {
      columns.add(
          new CatalogueColumn(
              "c_numeric",
              "numeric(38, 10)",
              "Nullable(Decimal(38, 10))",
              "trim_scale(c_numeric)::text",
              "toString(c_numeric)"));
      columns.add(
          new CatalogueColumn(
              "c_money",
              "money",
              "Nullable(Decimal(20, 2))",
              "trim_scale(c_money::numeric)::text",
              "toString(c_money)"));
      columns.add(numericText(mode));
      columns.add(CatalogueColumn.array("c_numerics", "numeric(10, 2)", "Decimal(10, 2)"));
      columns.add(CatalogueColumn.printed("c_numeric_int", "numeric(20, 0)", "Nullable(Int64)"));
      columns.add(CatalogueColumn.bits("c_numeric_free", "numeric", 64));
    }
    if (mode.exactNumbers() || mode.decimal().equals("double")) {
      columns.add(CatalogueColumn.bits("c_numeric_double", "numeric(20, 5)", 64));
    }
    return columns;
  }

  private static CatalogueColumn interval(Mode mode) {
    if (mode.interval().equals("numeric")) {
      return new CatalogueColumn(
          "c_interval",
          "interval",
          "Nullable(Int64)",
          "(extract(epoch FROM c_interval) * 1000000)::bigint::text",
          "toString(c_interval)");
    }
    return new CatalogueColumn(
        "c_interval",
        "interval",
        "Nullable(String)",
        "CASE WHEN c_interval IS NOT NULL THEN format('P%sY%sM%sDT%sH%sM%sS',"
            + " extract(year FROM c_interval), extract(month FROM c_interval),"
            + " extract(day FROM c_interval), extract(hour FROM c_interval),"
            + " extract(minute FROM c_interval), trim_scale(extract(second FROM c_interval))) END",
        "c_interval");
  }

  /** Debezium's `precise` takes the zeros at the end away, before anybody else sees the number. */
  private static CatalogueColumn numericText(Mode mode) {
    String name = "c_numeric_text";
    return mode.decimal().equals("precise")
        ? new CatalogueColumn(
            name, "numeric", "Nullable(String)", "trim_scale(" + name + ")::text", name)
        : CatalogueColumn.printed(name, "numeric", "Nullable(String)");
  }

  private static List<CatalogueColumn> times(Mode mode) {
    List<CatalogueColumn> columns = new ArrayList<>();
    String precision = mode.timestampPrecision();
    columns.add(CatalogueColumn.instant("c_date", "date", "Nullable(Date32)", "day"));
    columns.add(
        CatalogueColumn.instant("c_timestamp", "timestamp", "Nullable(DateTime64(6))", precision));
    columns.add(
        CatalogueColumn.instant(
            "c_timestamptz",
            "timestamptz",
            "Nullable(DateTime64(6, 'Asia/Tokyo'))",
            "microseconds"));
    columns.add(
        CatalogueColumn.instant(
            "c_timestamptz_s", "timestamptz(0)", "Nullable(DateTime)", "second"));
    columns.add(
        CatalogueColumn.instant(
            "c_timestamptz_ms", "timestamptz", "Nullable(Int64)", "milliseconds"));
    columns.add(
        CatalogueColumn.isoText(
            "c_timestamptz_text", "timestamptz", "c_timestamptz_text AT TIME ZONE 'UTC'"));
    if (mode.schemas() || mode.time().equals("isostring")) {
      columns.add(CatalogueColumn.isoText("c_timestamp_text", "timestamp(3)", "c_timestamp_text"));
      columns.add(
          CatalogueColumn.instant(
              "c_timestamp_ms", "timestamp", "Nullable(Int64)", "milliseconds"));
    }
    return columns;
  }

  private static Map<String, List<String>> values() {
    Map<String, List<String>> values = new HashMap<>();
    values.put("xml", List.of("'<a b=\"1\">x</a>'"));
    values.put("numrange", List.of("'[1.5,2.5)'"));
    values.put("daterange", List.of("'[2026-01-01,2026-02-01)'"));
    values.put("bit(10)", List.of("B'1010000001'", "B'0000000000'"));
    values.put("smallint[]", List.of("'{1,-32768}'", "'{}'"));
    values.put("real[]", List.of("'{1.5,-0.25}'", "'{}'"));
    values.put("varchar(9)[]", List.of("'{ab,\"\"}'", "'{}'"));
    values.put("date[]", List.of("'{2026-11-22,1969-12-31}'", "'{}'"));
    values.put("numeric(10, 2)[]", List.of("'{1.25,-99999999.99}'", "'{}'"));
    values.put("timestamptz[]", List.of("'{2026-11-22 10:11:12.123456+05:45}'", "'{}'"));
    values.put("c_date16", List.of("'1970-01-01'", "'2149-06-06'"));
    values.put(
        "c_timestamptz_ns",
        List.of("'2026-11-22 10:11:12.123456+05:45'", "'1901-01-01 00:00:00+00'"));
    values.put("timetz", List.of("'10:11:12.123456+05:45'", "'23:59:59.999999-08'"));
    values.put(
        "c_timestamptz_text",
        List.of(
            "'2026-11-22 10:11:12.120+05:45'",
            "'1500-01-01 00:00:00+00'",
            "'20026-01-02 03:04:05.000001+00'"));
    values.put(
        "c_timestamp_text",
        List.of("'2026-11-22 10:11:12.120'", "'1500-01-01'", "'20026-01-02 03:04:05'"));
    values.put("time", List.of("'10:11:12.123456'", "'23:59:59.999999'", "'00:00:00.000001'"));
    values.put("timestamp(3)", List.of("'2026-11-22 10:11:12.123'", "'1969-12-31 23:59:59.999'"));
    values.put(
        "text", List.of("'plain'", "''", "E'quote '' \" \\\\ \\n\\t\\r \u20ac \uD83D\uDE80'"));
    values.put("varchar(30)", List.of("'low'", "''"));
    values.put("citext", List.of("'CaSe'"));
    values.put("char(5)", List.of("'abcde'", "'vwxyz'"));
    values.put(
        "uuid",
        List.of(
            "'123e4567-e89b-12d3-a456-426614174000'",
            "'00000000-0000-0000-0000-000000000000'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'"));
    values.put("boolean", List.of("true", "false"));
    values.put("smallint", List.of("7", "-32768", "32767"));
    values.put("c_smallint_u8", List.of("0", "255"));
    values.put("integer", List.of("42", "-2147483648", "2147483647"));
    values.put("c_int_u16", List.of("0", "65535"));
    values.put("bigint", List.of("42", "-9223372036854775808", "9223372036854775807"));
    values.put("c_bigint_u32", List.of("0", "4294967295"));
    values.put("c_bigint_u64", List.of("0", "9223372036854775807"));
    values.put("oid", List.of("0", "4294967295"));
    values.put(
        "real",
        List.of("1.5", "3.4028235e38", "-1e-45", "0.1", "'NaN'", "'Infinity'", "'-Infinity'"));
    values.put(
        "double precision",
        List.of(
            "1.5",
            "1.7976931348623157e308",
            "5e-324",
            "0.1",
            "'NaN'",
            "'Infinity'",
            "'-Infinity'"));
    values.put("mood", List.of("'sad'", "'it''s ok'", "'happy'"));
    values.put("json", List.of("'{\"b\": 1,  \"a\": [null, \"x\"]}'", "'null'", "'1.50'"));
    values.put("jsonb", List.of("'{\"b\": 1,  \"a\": [null, \"x\"]}'", "'\"text\"'"));
    values.put("inet", List.of("'192.168.1.5'", "'10.0.0.0/8'", "'2001:db8::1'"));
    values.put("cidr", List.of("'10.0.0.0/8'"));
    values.put("macaddr", List.of("'08:00:2b:01:02:03'"));
    values.put("ltree", List.of("'top.middle.leaf'"));
    values.put("int4range", List.of("'[1,5)'", "'empty'", "'(,3)'"));
    values.put("bit(1)", List.of("B'1'", "B'0'"));
    values.put("point", List.of("'(1.5,-2.25)'"));
    values.put("hstore", List.of("'a=>1, b=>NULL'", "'a=>\"x y\", b=>z'"));
    values.put(
        "bytea",
        List.of("'\\xdeadbeef00ff'", "''", "decode(repeat('0123456789abcdef', 20), 'hex')"));
    values.put("interval", List.of("'1 day 02:03:04.567891'", "'-00:00:00.000001'"));
    values.put("integer[]", List.of("'{1,-2,2147483647}'", "'{}'"));
    values.put("bigint[]", List.of("'{1,NULL,3}'", "'{}'"));
    values.put("text[]", List.of("'{a,NULL,\"b \\\" c\",\"\"}'", "'{}'"));
    values.put("boolean[]", List.of("'{t,f}'", "'{}'"));
    values.put("double precision[]", List.of("'{1.5,-0.25}'", "'{}'"));
    values.put("uuid[]", List.of("'{123e4567-e89b-12d3-a456-426614174000}'", "'{}'"));
    values.put(
        "numeric(38, 10)",
        List.of(
            "1.5",
            "9999999999999999999999999999.9999999999",
            "-9999999999999999999999999999.9999999999",
            "0.0000000001"));
    values.put("money", List.of("'12.34'", "'-92233720368547758.08'", "'92233720368547758.07'"));
    values.put("c_numeric_text", List.of("1.500", "-0.00001", "123456789012345678901234567890.5"));
    values.put("numeric(20, 0)", List.of("9223372036854775807", "-9223372036854775808"));
    values.put(
        "c_numeric_free",
        List.of("0.1", "1e300", "12345678901234567890.123", "'NaN'", "'Infinity'", "'-Infinity'"));
    values.put("numeric(20, 5)", List.of("0.1", "-123456789012345.12345", "'NaN'"));
    values.put("date", List.of("'2026-11-22'", "'1969-12-31'", "'1900-01-01'", "'2299-12-31'"));
    values.put(
        "timestamp",
        List.of(
            "'2026-11-22 10:11:12.123456'",
            "'1969-12-31 23:59:59.999999'",
            "'1900-01-01 00:00:00'",
            "'2200-12-31 23:59:59.999999'"));
    values.put(
        "timestamptz",
        List.of(
            "'2026-11-22 10:11:12.123456+05:45'",
            "'1969-12-31 23:59:59.999999+00'",
            "'1900-01-01 00:00:00+00'",
            "'2200-12-31 23:59:59.999999+00'"));
    values.put("timestamptz(0)", List.of("'2026-11-22 10:11:12+00'", "'2106-02-07 06:28:15+00'"));
    return values;
  }

  /** The values of a column, as Postgres's SQL writes them. */
  static List<String> valuesOf(CatalogueColumn column, Mode mode) {
    List<String> own = VALUES.get(column.name());
    List<String> values = own == null ? VALUES.get(column.postgresType()) : own;
    if (column.name().equals("c_timestamp_text") && mode.time().equals("nanoseconds")) {
      // A count of nanoseconds ends in 2262: Debezium makes null of what is beyond.
      return values.subList(0, 1);
    }
    // Kafka's JsonConverter writes NaN and infinities as text and, with a schema, reads text as 0:
    // the transform never gets to see them. Debezium's `precise` has no NaN at all.
    boolean noNaN =
        column.postgresType().startsWith("numeric")
            ? mode.decimal().equals("precise") || mode.decimal().equals("double") && mode.schemas()
            : mode.schemas();
    return noNaN
        ? values.stream().filter(value -> !value.matches("'(NaN|-?Infinity)'")).toList()
        : values;
  }
}

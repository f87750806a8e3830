package dev.sluice.catalogue;

/**
 * One way from a Postgres type to a ClickHouse type.
 *
 * @param name of the column on both sides
 * @param expected what Postgres itself says of the value, as SQL that gives text
 * @param actual the same said by ClickHouse
 */
record CatalogueColumn(
    String name, String postgresType, String clickHouseType, String expected, String actual) {

  /** Both sides print the value alike. */
  static CatalogueColumn printed(String name, String postgresType, String clickHouseType) {
    // format() uses the type's own output; a cast to text may not.
    String expected = "CASE WHEN %1$s IS NOT NULL THEN format('%%s', %1$s) END".formatted(name);
    return new CatalogueColumn(
        name, postgresType, clickHouseType, expected, "toString(" + name + ")");
  }

  /** Compared in microseconds since the epoch, whatever the target's unit is. */
  static CatalogueColumn instant(
      String name, String postgresType, String clickHouseType, String truncatedTo) {
    String target = clickHouseType.replaceAll("Nullable\\((.*)\\)", "$1");
    String actual =
        switch (target.replaceAll("\\(.*", "")) {
          case "Int64" -> name + " * 1000";
          case "DateTime" -> "toInt64(toUnixTimestamp(" + name + ")) * 1000000";
          case "Date32" -> "toInt64(toInt32(" + name + ")) * 86400000000";
          default -> "toUnixTimestamp64Micro(toDateTime64(" + name + ", 6, 'UTC'))";
        };
    String instant =
        postgresType.startsWith("timestamptz") ? name : name + "::timestamp AT TIME ZONE 'UTC'";
    return new CatalogueColumn(
        name,
        postgresType,
        clickHouseType,
        "(extract(epoch FROM date_trunc('%s', %s)) * 1000000)::bigint::text"
            .formatted(truncatedTo, instant),
        "toString(" + actual + ")");
  }

  /** Compared as ISO-8601 text, with a sign before years of more than four digits. */
  static CatalogueColumn isoText(String name, String postgresType, String wallClock) {
    return new CatalogueColumn(
        name,
        postgresType,
        "Nullable(String)",
        "CASE WHEN %1$s > '9999-12-31' THEN '+' ELSE '' END || rtrim(to_char(%2$s, 'FMYYYY-MM-DD\"T\"HH24:MI:SS.US'), '0')"
            .formatted(name, wallClock),
        // What ends the text depends on the mode; the moment does not.
        "if(position(%1$s, '.') > 0, trim(TRAILING '0' FROM trim(TRAILING 'Z' FROM %1$s)), concat(trim(TRAILING 'Z' FROM %1$s), '.'))"
            .formatted(name));
  }

  /** Compared by the eight or four bytes of a float. */
  static CatalogueColumn bits(String name, String postgresType, int bits) {
    return new CatalogueColumn(
        name,
        postgresType,
        "Nullable(Float" + bits + ")",
        "encode(float%dsend(%s::float%d), 'hex')".formatted(bits / 8, name, bits / 8),
        "lower(leftPad(hex(reinterpretAsUInt%d(%s)), %d, '0'))".formatted(bits, name, bits / 4));
  }

  /** Compared as JSON arrays. */
  static CatalogueColumn array(String name, String element, String clickHouseElement) {
    return new CatalogueColumn(
        name,
        element + "[]",
        "Array(" + clickHouseElement + ")",
        "array_to_json(" + name + ")::text",
        "toJSONString(" + name + ")");
  }
}

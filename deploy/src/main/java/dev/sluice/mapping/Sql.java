package dev.sluice.mapping;

/** Names and texts as the two databases' SQL quotes them. */
public final class Sql {

  private Sql() {}

  /** A Postgres identifier. */
  public static String name(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  /** A Postgres table from {@code schema.table}. */
  public static String table(String schemaAndTable) {
    String[] parts = schemaAndTable.split("\\.", 2);
    return parts.length == 1 ? name(parts[0]) : name(parts[0]) + "." + name(parts[1]);
  }

  /** A ClickHouse identifier. */
  public static String factName(String identifier) {
    return '`' + identifier.replace("\\", "\\\\").replace("`", "\\`") + '`';
  }

  /** A ClickHouse string. */
  public static String factText(String text) {
    return '\'' + text.replace("\\", "\\\\").replace("'", "\\'") + '\'';
  }

  /** A Postgres string. */
  public static String text(String text) {
    return '\'' + text.replace("'", "''") + '\'';
  }
}

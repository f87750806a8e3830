package dev.sluice.catalogue;

/** Names and texts as the two databases' SQL quotes them. */
public final class Sql {

  private Sql() {}

  /** A Postgres identifier. */
  public static String name(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
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

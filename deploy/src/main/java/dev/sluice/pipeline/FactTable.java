package dev.sluice.pipeline;

/** The variants of the fact table that connect-configs brings the SQL and the mapping for. */
public enum FactTable {
  /** The version of a row is its {@code updated_at}. */
  DEFAULT("app_user_visits_fact"),

  /** The version of a row is its change's position in the WAL, in {@code _version}. */
  STRICT("app_user_visits_fact_strict");

  private final String tableName;

  FactTable(String tableName) {
    this.tableName = tableName;
  }

  /** The table that the sink writes. */
  public String tableName() {
    return tableName;
  }

  /** The view that readers use: newest versions, deleted rows left out. */
  public String currentView() {
    return tableName + "_current";
  }

  /** The SQL that creates table and view, below connect-configs. */
  public String sqlFile() {
    return "sql/" + tableName + ".sql";
  }
}

package dev.sluice.sink;

import java.util.List;

/**
 * What a table looks like, read from {@code system.columns}.
 *
 * @param columns in table order
 */
record TableLayout(String table, List<Column> columns) {

  /**
   * @param defaultKind empty, or DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL
   */
  record Column(String name, String type, String defaultKind) {
    boolean writable() {
      return !defaultKind.equals("MATERIALIZED") && !defaultKind.equals("ALIAS");
    }

    /** Whether a row must bring it: ClickHouse has nothing else to fill it with. */
    boolean required() {
      return defaultKind.isEmpty()
          && !type.startsWith("Nullable(")
          && !type.startsWith("LowCardinality(Nullable(");
    }
  }
}

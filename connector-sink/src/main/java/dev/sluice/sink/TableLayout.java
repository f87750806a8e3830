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
   * @param inKey whether it is part of the sorting key, by which rows are told apart
   */
  record Column(String name, String type, String defaultKind, boolean inKey) {
    Column(String name, String type, String defaultKind) {
      this(name, type, defaultKind, false);
    }

    boolean writable() {
      return !defaultKind.equals("MATERIALIZED") && !defaultKind.equals("ALIAS");
    }

    /** Whether ClickHouse fills it with its type's zero, or '', where a row does not bring it. */
    boolean zeroWhereAbsent() {
      return defaultKind.isEmpty()
          && !type.startsWith("Nullable(")
          && !type.startsWith("LowCardinality(Nullable(");
    }

    /** Whether a row must bring it: without it, it would be another row. */
    boolean required() {
      return inKey && defaultKind.isEmpty();
    }
  }
}

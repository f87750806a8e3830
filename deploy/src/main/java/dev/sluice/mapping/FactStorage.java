package dev.sluice.mapping;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.pipeline.ClickHouse;
import java.util.ArrayList;
import java.util.List;

/**
 * How ClickHouse keeps the fact table.
 *
 * @param engine its name, such as {@code ReplicatedReplacingMergeTree}
 * @param orderBy the sorting key as SQL writes it, without parentheses; empty where there is none
 * @param columns all columns of the table, those that ClickHouse computes too
 */
public record FactStorage(String engine, String orderBy, List<Column> columns) {

  /**
   * A column of the table.
   *
   * @param defaultKind {@code DEFAULT}, {@code MATERIALIZED}, {@code ALIAS}, {@code EPHEMERAL} or
   *     empty
   * @param isInOrder whether the sorting key uses it
   */
  public record Column(String name, String defaultKind, boolean isInOrder) {
    /** Whether the values of an insert end up in it. */
    boolean isWritten() {
      return defaultKind.isEmpty() || defaultKind.equals("DEFAULT");
    }
  }

  /**
   * Asks ClickHouse.
   *
   * @throws SluiceException when there is no such table
   */
  static FactStorage of(ClickHouse clickHouse, String table) {
    String where = " WHERE database = currentDatabase() AND %s = " + Sql.factText(table);
    List<GenericRecord> found =
        clickHouse.rows("SELECT engine, sorting_key FROM system.tables" + where.formatted("name"));
    if (found.isEmpty()) {
      throw new SluiceException(
          "ClickHouse has no table " + table + ", or hides it from this user.");
    }
    List<Column> columns = new ArrayList<>();
    for (GenericRecord row :
        clickHouse.rows(
            "SELECT name, default_kind, toInt32(is_in_sorting_key) FROM system.columns"
                + where.formatted("table")
                + " ORDER BY position")) {
      columns.add(new Column(row.getString(1), row.getString(2), row.getInteger(3) == 1));
    }
    return new FactStorage(found.get(0).getString(1), found.get(0).getString(2), columns);
  }

  /** Whether the table keeps versions of a row, of which FINAL picks the newest. */
  public boolean isReplacing() {
    return engine.contains("Replacing");
  }

  /** Whether the table has this column. */
  public boolean has(String column) {
    return columns.stream().anyMatch(each -> each.name().equals(column));
  }

  /** Whether rows with another value in this column are other rows to ClickHouse. */
  public boolean isInOrder(String column) {
    return columns.stream().anyMatch(each -> each.isInOrder() && each.name().equals(column));
  }
}

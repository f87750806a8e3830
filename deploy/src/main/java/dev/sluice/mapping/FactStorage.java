package dev.sluice.mapping;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.servers.ClickHouseClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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
  static FactStorage of(ClickHouseClient clickHouse, String table) {
    return find(clickHouse, table)
        .orElseThrow(
            () ->
                new SluiceException(
                    "ClickHouse has no table " + table + ", or hides it from this user."));
  }

  /** Asks ClickHouse; empty when there is no such table. */
  public static Optional<FactStorage> find(ClickHouseClient clickHouse, String table) {
    String where = " WHERE database = currentDatabase() AND %s = " + Sql.factText(table);
    List<GenericRecord> found =
        clickHouse.rows("SELECT engine, sorting_key FROM system.tables" + where.formatted("name"));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    List<Column> columns = new ArrayList<>();
    for (GenericRecord row :
        clickHouse.rows(
            "SELECT name, default_kind, toInt32(is_in_sorting_key) FROM system.columns"
                + where.formatted("table")
                + " ORDER BY position")) {
      columns.add(new Column(row.getString(1), row.getString(2), row.getInteger(3) == 1));
    }
    return Optional.of(
        new FactStorage(found.get(0).getString(1), found.get(0).getString(2), columns));
  }

  /**
   * The parts of the sorting key: a column by its name, an expression as SQL writes it, which is
   * the name of no column.
   */
  public List<String> order() {
    // At commas that stand in no brackets.
    return Stream.of(orderBy.split(",(?![^(]*\\))"))
        .map(part -> part.strip().replaceAll("^`(.*)`$", "$1"))
        .filter(part -> !part.isEmpty())
        .toList();
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

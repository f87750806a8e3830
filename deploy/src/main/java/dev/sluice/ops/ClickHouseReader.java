package dev.sluice.ops;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.ops.ClickHouseView.Table;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.ClickHouseAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads {@link ClickHouseView}s: one query on system tables, none on user tables.
 *
 * <p>Failure semantics: a failure is thrown and nothing is kept of it.
 */
final class ClickHouseReader implements AutoCloseable {

  private static final String TABLES =
      "SELECT t.name, t.engine, ifNull(t.total_rows, 0), ifNull(t.total_bytes, 0), p.parts"
          + " FROM system.tables t LEFT JOIN (SELECT table, count() AS parts FROM system.parts"
          + " WHERE active AND database = currentDatabase() GROUP BY table) p ON p.table = t.name"
          + " WHERE t.database = currentDatabase()";

  private final ClickHouse clickHouse;

  ClickHouseReader(ClickHouseAddress address) {
    this.clickHouse = new ClickHouse(address);
  }

  ClickHouseView read() {
    Map<String, Table> tables = new HashMap<>();
    for (GenericRecord row : clickHouse.rows(TABLES)) {
      tables.put(
          row.getString(1),
          new Table(
              row.getString(1), row.getString(2), row.getLong(3), row.getLong(4), row.getLong(5)));
    }
    return new ClickHouseView(tables);
  }

  @Override
  public void close() {
    clickHouse.close();
  }
}

package dev.sluice.ops;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.ops.ClickHouseView.Table;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.ClickHouseAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads {@link ClickHouseView}s: one query on system tables, none on user tables.
 *
 * <p>Failure semantics: a failure is thrown and nothing is kept of it.
 */
final class ClickHouseReader implements AutoCloseable {

  private static final String TABLES =
      "SELECT t.name, t.engine_full, t.sorting_key, ifNull(t.total_rows, 0), ifNull(t.total_bytes, 0), p.parts"
          + " FROM system.tables t LEFT JOIN (SELECT table, count() AS parts FROM system.parts"
          + " WHERE active AND database = currentDatabase() GROUP BY table) p ON p.table = t.name"
          + " WHERE t.database = currentDatabase()";

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final ClickHouse clickHouse;

  ClickHouseReader(ClickHouseAddress address) {
    this.clickHouse = new ClickHouse(address, LIMIT);
  }

  ClickHouseView read() {
    Map<String, Table> tables = new HashMap<>();
    for (GenericRecord row : clickHouse.rows(TABLES)) {
      tables.put(
          row.getString(1),
          new Table(
              row.getString(1),
              row.getString(2),
              row.getString(3),
              row.getLong(4),
              row.getLong(5),
              row.getLong(6)));
    }
    return new ClickHouseView(tables);
  }

  @Override
  public void close() {
    clickHouse.close();
  }
}

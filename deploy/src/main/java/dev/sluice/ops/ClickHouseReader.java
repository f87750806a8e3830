package dev.sluice.ops;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.ops.ClickHouseView.Table;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ClickHouseClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads {@link ClickHouseView}s: one query of {@code system.tables}, none of user tables.
 *
 * <p>Failure semantics: a failure is thrown and nothing is kept of it.
 */
final class ClickHouseReader implements AutoCloseable {

  private static final String TABLES =
      "SELECT name, engine_full, sorting_key, ifNull(total_rows, 0), ifNull(total_bytes, 0),"
          + " ifNull(active_parts, 0) FROM system.tables WHERE database = currentDatabase()";

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final ClickHouseClient clickHouse;

  ClickHouseReader(ClickHouseAddress address) {
    this.clickHouse = new ClickHouseClient(address, LIMIT);
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

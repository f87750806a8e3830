package dev.sluice.lab.bench;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import dev.sluice.SluiceException;
import dev.sluice.servers.ClickHouseAddress;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Inserts that cost nothing but themselves: their bytes lie ready in ClickHouse's own format. */
final class PlainInserts implements AutoCloseable {

  private static final int BLOCK = 100_000;

  private final Client client;

  PlainInserts(ClickHouseAddress address) {
    client = address.connect();
  }

  /**
   * Copies rows from one table into another of the same columns.
   *
   * @param parallel inserts that are under way at a time
   * @return rows per second, only the inserts timed
   */
  double copy(String from, String to, int rows, int parallel) {
    long nanos = 0;
    for (int offset = 0; offset < rows; offset += parallel * BLOCK) {
      List<byte[]> blocks = new ArrayList<>();
      for (int i = offset; i < Math.min(rows, offset + parallel * BLOCK); i += BLOCK) {
        blocks.add(block(from, i));
      }
      long begin = System.nanoTime();
      CompletableFuture.allOf(
              blocks.stream()
                  .map(block -> CompletableFuture.runAsync(() -> insert(to, block)))
                  .toArray(CompletableFuture[]::new))
          .join();
      nanos += System.nanoTime() - begin;
    }
    return rows * 1e9 / nanos;
  }

  private byte[] block(String table, int offset) {
    String sql = "SELECT * FROM %s ORDER BY id LIMIT %d OFFSET %d".formatted(table, BLOCK, offset);
    QuerySettings settings = new QuerySettings().setFormat(ClickHouseFormat.RowBinary);
    try {
      QueryResponse response = client.query(sql, settings).get();
      try {
        return response.getInputStream().readAllBytes();
      } finally {
        response.close();
      }
    } catch (Exception e) {
      throw new SluiceException("ClickHouse: " + SluiceException.reason(e), e);
    }
  }

  private void insert(String table, byte[] block) {
    try {
      client
          .insert(table, new ByteArrayInputStream(block), ClickHouseFormat.RowBinary)
          .get()
          .close();
    } catch (Exception e) {
      throw new SluiceException("ClickHouse: " + SluiceException.reason(e), e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}

package dev.sluice.sink;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the sink asks of ClickHouse. Every call is one try; who calls decides what a fault means.
 *
 * <p>A question (anything but an insert and a statement) fails only in ways that can be waited for,
 * or that are fatal.
 */
interface Server extends AutoCloseable {

  /**
   * The table's columns.
   *
   * @throws Fault {@link Fault.Kind#WAITING} when the table is not there, or is one that does not
   *     keep what it takes
   */
  TableLayout layout(String table) throws Fault, InterruptedException;

  /**
   * Asks what settings an insert of ours would have.
   *
   * @throws Fault {@link Fault.Kind#WAITING} when rows could be acknowledged and lost, or changed
   */
  void refuseUnsafeSettings() throws Fault, InterruptedException;

  /** Inserts the rows and returns when ClickHouse has said that it has written them. */
  void insert(Insert insert) throws Fault, InterruptedException;

  /** Executes a statement that is safe to repeat and returns when ClickHouse is done with it. */
  void execute(String statement, String queryId) throws Fault, InterruptedException;

  /** The ids, beginning with this prefix, of queries that ClickHouse is working on. */
  Set<String> running(String prefix) throws Fault, InterruptedException;

  @Override
  void close();

  /**
   * A run of rows of one batch.
   *
   * @param queryId the same for each try of the same rows: ClickHouse refuses to run a query next
   *     to another of its id, so a try that was given up at the client can never land after, or
   *     beside, the next one
   * @param token names the rows by topic, partition, offsets and batch, so that a table that
   *     deduplicates drops what a former try of the same rows brings late
   * @param timeoutMs milliseconds after which the try is given up
   */
  record Insert(
      String table,
      RowWriter writer,
      RowBuffer rows,
      int fromByte,
      int toByte,
      int rowCount,
      String queryId,
      String token,
      int timeoutMs) {

    /** The same with another time to take. */
    Insert within(int newTimeoutMs) {
      return new Insert(
          table, writer, rows, fromByte, toByte, rowCount, queryId, token, newTimeoutMs);
    }

    String statement() {
      return "INSERT INTO %s (%s) FORMAT RowBinaryWithNamesAndTypes"
          .formatted(
              ClickHouse.quote(table),
              writer.columns().stream()
                  .map(column -> ClickHouse.quote(column.name()))
                  .collect(Collectors.joining(", ")));
    }
  }
}

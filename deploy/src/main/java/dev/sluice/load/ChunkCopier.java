package dev.sluice.load;

import com.clickhouse.client.api.ServerException;
import com.clickhouse.data.ClickHouseFormat;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.load.Ownership.Disowned;
import dev.sluice.mapping.CopyForm;
import dev.sluice.mapping.Transfer;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Copies chunks one after the other: what a COPY sends is the body of an INSERT, byte for byte, so
 * that ClickHouse's pace holds Postgres back and memory stays what one buffer takes.
 *
 * <p>Failure semantics: every failure closes the connection to Postgres, so that the next copy
 * begins anew; a chunk that was half inserted is inserted again, which the fact table's versions
 * make harmless. Which failures are worth another try, {@link Failure#mayPass} says. A value that
 * does not fit is {@link Failure} with the column's name and never the value.
 */
final class ChunkCopier implements AutoCloseable {

  private static final int BUFFER = 1 << 17;
  private static final Pattern COLUMN_OF_TSV = Pattern.compile("Column \\d+,\\s+name: ([^,]+),");

  /** A copy that did not succeed. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1;
    private final boolean mayPass;

    Failure(String message, boolean mayPass, Throwable cause) {
      super(message, cause);
      this.mayPass = mayPass;
    }

    /** Whether the server that failed may come back. */
    boolean mayPass() {
      return mayPass;
    }
  }

  private final PostgresAddress postgres;
  private final Snapshot snapshot;
  private final ClickHouseClient clickHouse;
  private final Transfer transfer;
  private final String queryPrefix;
  private final String filter;
  private final Guard guard;
  private final AtomicLong bytes;
  private final AtomicLong sentRows;
  private volatile Connection connection;

  /**
   * @param queryPrefix how the ids of the inserts begin
   * @param filter which rows of a chunk to copy, in Postgres's SQL
   * @param guard is asked before a chunk is begun, and before it is whole
   * @param bytes to be counted up with what is sent
   * @param sentRows the same of rows, those of chunks that failed among them
   */
  ChunkCopier(
      PostgresAddress postgres,
      Snapshot snapshot,
      ClickHouseClient clickHouse,
      Transfer transfer,
      String queryPrefix,
      String filter,
      Guard guard,
      AtomicLong bytes,
      AtomicLong sentRows) {
    this.postgres = postgres;
    this.snapshot = snapshot;
    this.clickHouse = clickHouse;
    this.transfer = transfer;
    this.queryPrefix = queryPrefix;
    this.filter = filter;
    this.guard = guard;
    this.bytes = bytes;
    this.sentRows = sentRows;
  }

  /**
   * Copies one chunk.
   *
   * @return its rows
   */
  long copy(Chunk chunk) throws Failure, Disowned, SnapshotLost {
    String copy = transfer.copy(chunk.relation(), "(" + filter + ") AND " + chunk.condition());
    long[] sent = new long[1];
    try {
      guard.proveWithSlot();
      CopyManager source = connection().unwrap(PGConnection.class).getCopyAPI();
      long written =
          clickHouse.insert(
              transfer.into(),
              ClickHouseFormat.TabSeparated,
              Transfer.SETTINGS,
              queryPrefix + UUID.randomUUID(),
              out -> sent[0] = send(source, copy, out));
      // Rows of materialized views count too.
      if (written < sent[0]) {
        throw new SluiceException(
            "ClickHouse says that it has written %,d of %,d rows of %s."
                .formatted(written, sent[0], chunk));
      }
      return sent[0];
    } catch (SluiceException | Disowned | SnapshotLost e) {
      close();
      throw e;
    } catch (Exception e) {
      close();
      guard.refuseLost();
      throw failure(e, chunk);
    }
  }

  private long send(CopyManager source, String copy, OutputStream out) throws IOException {
    try {
      OutputStream counted =
          new CountedRows(new BufferedOutputStream(new Counted(out, bytes), BUFFER), sentRows);
      long rows = source.copyOut(copy, counted);
      guard.proveWithSlot();
      // Only now: what ends without it is no whole INSERT to ClickHouse.
      counted.close();
      return rows;
    } catch (SQLException | Disowned | SnapshotLost e) {
      throw new IOException(e);
    }
  }

  /** Counts rows: the driver hands them on one by one. */
  private static final class CountedRows extends FilterOutputStream {
    private final AtomicLong rows;

    CountedRows(OutputStream out, AtomicLong rows) {
      super(out);
      this.rows = rows;
    }

    @Override
    public void write(byte[] buffer, int from, int length) throws IOException {
      rows.incrementAndGet();
      out.write(buffer, from, length);
    }
  }

  /** Counts what passes. */
  private static final class Counted extends FilterOutputStream {
    private final AtomicLong bytes;

    Counted(OutputStream out, AtomicLong bytes) {
      super(out);
      this.bytes = bytes;
    }

    @Override
    public void write(byte[] buffer, int from, int length) throws IOException {
      out.write(buffer, from, length);
      bytes.addAndGet(length);
    }
  }

  private Connection connection() throws SQLException {
    if (connection == null) {
      Connection fresh = postgres.connect();
      try {
        Transfer.prepare(fresh);
        guard.share(fresh);
        snapshot.openOn(fresh);
      } catch (SQLException e) {
        fresh.close();
        throw e;
      }
      connection = fresh;
    }
    return connection;
  }

  private Failure failure(Exception failed, Chunk chunk) {
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof ServerException refused) {
        return refused(refused, chunk);
      }
      if (cause instanceof SQLException e) {
        return new Failure(
            "Postgres at " + postgres + ": " + PostgresAddress.reason(e), mayPass(e), e);
      }
    }
    return new Failure(
        "ClickHouse does not take the rows: " + SluiceException.reason(failed), true, failed);
  }

  /** Connection lost, server shutting down or starting, out of resources. */
  static boolean mayPass(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
  }

  /** How the ids of our inserts begin of one moment into a table. */
  static String queryPrefix(String fact, long lsn) {
    return "sluice-load-" + fact + "-" + lsn + "-";
  }

  private Failure refused(ServerException refused, Chunk chunk) {
    String message = refused.getMessage();
    int ours = message.indexOf(CopyForm.REFUSED);
    Matcher tsv = COLUMN_OF_TSV.matcher(message);
    if (ours >= 0) {
      String words = message.substring(ours).split(": (?i:while|in scope) ")[0];
      return new Failure(words + ", in " + chunk, false, null);
    } else if (tsv.find()) {
      return new Failure(
          CopyForm.REFUSED + tsv.group(1) + ": a value that its type cannot hold, in " + chunk,
          false,
          null); // The server's words hold the value.
    }
    return new Failure(
        "ClickHouse refuses the rows of " + chunk + " (code " + refused.getCode() + ")",
        refused.isRetryable(),
        null);
  }

  /** Ends a copy under way, from another thread. */
  void abort() {
    Connection open = connection;
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException e) {
        // It is gone already.
      }
    }
  }

  @Override
  public void close() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // It is gone already.
    } finally {
      connection = null;
    }
  }
}

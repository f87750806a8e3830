package dev.sluice.servers;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ClientConfigProperties;
import com.clickhouse.client.api.DataStreamWriter;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.command.CommandResponse;
import com.clickhouse.client.api.command.CommandSettings;
import com.clickhouse.client.api.http.ClickHouseHttpProto;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import dev.sluice.SluiceException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;

/**
 * Queries to one ClickHouse server over one kept client.
 *
 * <p>Failure semantics: nothing is retried here; every failure is a {@link SluiceException} that
 * names the server.
 */
public final class ClickHouseClient implements AutoCloseable {

  private final ClickHouseAddress address;
  private final Client client;

  /** Connects lazily: an unreachable server shows at the first query. */
  public ClickHouseClient(ClickHouseAddress address) {
    this(address, Duration.ZERO);
  }

  /**
   * As {@link #ClickHouse(ClickHouseAddress)}, with a limit to how long an answer may stay away;
   * zero for ever.
   */
  public ClickHouseClient(ClickHouseAddress address, Duration answerLimit) {
    this.address = address;
    this.client = address.connect(answerLimit);
  }

  /** Where the server is. */
  public ClickHouseAddress address() {
    return address;
  }

  /** All rows of a query; for small results. */
  public List<GenericRecord> rows(String sql) {
    return rows(sql, Map.of());
  }

  /** The same with settings of the server, some of which have to be known before it reads SQL. */
  public List<GenericRecord> rows(String sql, Map<String, String> settings) {
    try {
      QuerySettings query = new QuerySettings();
      settings.forEach(query::serverSetting);
      return client.queryAll(sql, query);
    } catch (RuntimeException e) {
      throw failed(e);
    }
  }

  /** The one number of a query that has one row and one column of an integer type. */
  public long number(String sql) {
    return rows(sql).get(0).getLong(1);
  }

  /** Runs statements separated by {@code ;} (with no {@code ;} inside any of them). */
  public void execute(String statements) {
    for (String statement : statements.split(";\\s*(\n|$)")) {
      if (!statement.isBlank()) {
        executeOne(statement);
      }
    }
  }

  /** Runs one statement, with its data behind it where it has any. */
  public void executeOne(String statement) {
    String queryId = UUID.randomUUID().toString();
    CommandSettings settings = new CommandSettings();
    settings.setQueryId(queryId);
    try {
      CommandResponse response = client.execute(statement, settings).get();
      response.close();
      requireOwn(response.getResponseHeaders(), queryId);
    } catch (ExecutionException e) {
      throw failed(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    } catch (Exception e) {
      throw failed(e);
    }
  }

  /**
   * Inserts what a writer writes.
   *
   * @param into what follows INSERT INTO, up to FORMAT
   * @param settings of this statement
   * @param queryId what the server shall call it; unique
   * @return rows that ClickHouse says it has written, those of materialized views among them
   * @throws Exception the client's own, or the writer's: the caller knows which of them may pass
   */
  public long insert(
      String into,
      ClickHouseFormat format,
      Map<String, String> settings,
      String queryId,
      DataStreamWriter writer)
      throws Exception {
    InsertSettings insert = new InsertSettings().setQueryId(queryId);
    insert.setOption(ClientConfigProperties.RETRY_ON_FAILURE.getKey(), 0);
    settings.forEach(insert::serverSetting);
    try (InsertResponse response =
        client.insert(into, new SentOnce(writer), format, insert).get()) {
      requireOwn(response.getResponseHeaders(), queryId);
      return response.getWrittenRows();
    }
  }

  /** The client follows redirects and repeats some requests by itself; rows go out once. */
  private static final class SentOnce implements DataStreamWriter {
    private final DataStreamWriter writer;
    private boolean sent;

    SentOnce(DataStreamWriter writer) {
      this.writer = writer;
    }

    @Override
    public void onOutput(OutputStream out) throws IOException {
      if (sent) {
        throw new IOException("something between here and ClickHouse wants the rows once more");
      }
      sent = true;
      writer.onOutput(out);
    }
  }

  /** A proxy's page may have any status: what ClickHouse has answered bears the query's id. */
  private static void requireOwn(Map<String, String> headers, String queryId) throws IOException {
    if (!queryId.equals(headers.get(ClickHouseHttpProto.HEADER_QUERY_ID))) {
      throw new IOException(
          "no answer from ClickHouse: something before it answers in its place, or takes away its"
              + " header X-ClickHouse-Query-Id");
    }
  }

  private SluiceException failed(Throwable cause) {
    return new SluiceException("ClickHouse at " + address + ": " + reason(cause), cause);
  }

  /** What the server itself says, where it has answered; its words end before the statement's. */
  private static String reason(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof ServerException refused) {
        return refused.getMessage().split(": In scope |: While processing ", 2)[0].strip();
      }
    }
    return SluiceException.reason(cause);
  }

  @Override
  public void close() {
    client.close();
  }
}

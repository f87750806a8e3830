package dev.sluice.sink;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.ClientFaultCause;
import com.clickhouse.client.api.enums.Protocol;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import dev.sluice.sink.TableLayout.Column;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.config.ConfigException;

/**
 * ClickHouse over its official client: one kept-alive connection pool per host.
 *
 * <p>Failure semantics: the client's own retries and failover are off, because a try whose answer
 * was lost must not be repeated behind the caller's back. (Its HTTP library sends a request again
 * once after a 429 or 503, with the same query id.) A fault that may pass makes the next host the
 * one for the next call. Every call has a deadline, and giving up cuts the connection. Certificates
 * that cannot be read are a {@link ConfigException} when this is made.
 */
final class ClickHouse implements Server {
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int QUERY_TIMEOUT_MS = 10_000;
  private static final int MAX_CONNECTIONS = 100;

  /** A snapshot's batch may reach over more months than the default allows in one insert. */
  private static final String PARTITIONS_PER_BLOCK = "max_partitions_per_insert_block";

  private final List<Client> clients = new ArrayList<>();
  private final SinkConfig config;
  private volatile int current;

  /**
   * @param executor runs the requests, so that a caller can stop waiting for one
   */
  ClickHouse(SinkConfig config, ExecutorService executor) {
    this(config, config.hosts(), executor);
  }

  /** To ask some of the hosts only. */
  ClickHouse(SinkConfig config, List<SinkConfig.Host> hosts, ExecutorService executor) {
    this.config = config;
    for (SinkConfig.Host host : hosts) {
      clients.add(connect(host, executor));
    }
  }

  private Client connect(SinkConfig.Host host, ExecutorService executor) {
    Client.Builder builder =
        new Client.Builder()
            .addEndpoint(Protocol.HTTP, host.name(), host.port(), config.ssl())
            .setUsername(config.username())
            .setDefaultDatabase(config.database())
            .setClientName("sluice-sink")
            .setConnectTimeout(CONNECT_TIMEOUT_MS)
            .setSocketTimeout(config.insertTimeoutMs())
            .setMaxConnections(MAX_CONNECTIONS)
            .setMaxRetries(0)
            .retryOnFailures(ClientFaultCause.None)
            .compressServerResponse(false)
            .compressClientRequest(config.compress())
            .useAsyncRequests(true)
            .setSharedOperationExecutor(executor);
    if (!config.caCertificate().isEmpty()) {
      builder.setRootCertificate(config.caCertificate());
    }
    if (!config.clientCertificate().isEmpty()) {
      builder.setClientCertificate(config.clientCertificate()).setClientKey(config.clientKey());
    }
    if (config.password().value().isEmpty() && !config.clientCertificate().isEmpty()) {
      builder.useSSLAuthentication(true);
    } else {
      builder.setPassword(config.password().value());
    }
    try {
      return builder.build();
    } catch (RuntimeException e) {
      // Everything else that the builder takes has been checked before.
      throw new ConfigException(
          "%s, %s or %s cannot be used (%s): wanted are PEM files, and an RSA key in PKCS#8"
              .formatted(
                  SinkSettings.CA_CERTIFICATE,
                  SinkSettings.CLIENT_CERTIFICATE,
                  SinkSettings.CLIENT_KEY,
                  e.getMessage()));
    }
  }

  @Override
  public TableLayout layout(String table) throws Fault, InterruptedException {
    List<Column> columns = new ArrayList<>();
    query(
        "SELECT name, type, default_kind FROM system.columns"
            + " WHERE database = {database:String} AND table = {table:String} ORDER BY position",
        Map.of("database", config.database(), "table", table),
        row -> columns.add(new Column(row.string(), row.string(), row.string())));
    if (columns.isEmpty()) {
      throw Fault.of(
          ErrorCode.UNKNOWN_TABLE,
          "table %s is not in database %s, or the user may not see it"
              .formatted(table, config.database()));
    }
    return new TableLayout(table, List.copyOf(columns));
  }

  @Override
  public Set<String> running(String prefix) throws Fault, InterruptedException {
    Set<String> ids = new HashSet<>();
    query(
        "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
        Map.of("prefix", prefix),
        row -> ids.add(row.string()));
    return ids;
  }

  @Override
  public void execute(String statement, String queryId) throws Fault, InterruptedException {
    QuerySettings settings = new QuerySettings().setQueryId(queryId);
    settings.serverSetting(PARTITIONS_PER_BLOCK, "0");
    config.clickhouseSettings().forEach(settings::serverSetting);
    call(
        queryId,
        config.insertTimeoutMs(),
        client -> client.query(statement, settings),
        (QueryResponse response) -> {});
  }

  @Override
  public void insert(Insert insert) throws Fault, InterruptedException {
    InsertSettings settings = new InsertSettings().setQueryId(insert.queryId());
    // Whatever the user's profile says, the answer comes when the rows are written.
    settings.serverSetting("async_insert", "0");
    settings.serverSetting("wait_end_of_query", "1");
    settings.serverSetting(PARTITIONS_PER_BLOCK, "0");
    config.clickhouseSettings().forEach(settings::serverSetting);
    settings.setDeduplicationToken(insert.token());
    List<String> columns =
        insert.writer().columns().stream().map(column -> quote(column.name())).toList();
    call(
        insert.queryId(),
        config.insertTimeoutMs(),
        client ->
            client.insert(
                quote(insert.table()),
                columns,
                out -> {
                  insert.writer().writeHeader(out);
                  insert.rows().writeTo(out, insert.fromByte(), insert.toByte());
                },
                ClickHouseFormat.RowBinaryWithNamesAndTypes,
                settings),
        response -> {});
  }

  @Override
  public void close() {
    clients.forEach(Client::close);
  }

  /** A request on some host. */
  @FunctionalInterface
  private interface Request<R> {
    CompletableFuture<R> send(Client client);
  }

  /** Takes in an answer. */
  @FunctionalInterface
  private interface Reading<R> {
    void read(R response) throws IOException;
  }

  private void query(String sql, Map<String, Object> parameters, Reading<RowReader> onRow)
      throws Fault, InterruptedException {
    QuerySettings settings =
        new QuerySettings()
            .setQueryId(UUID.randomUUID().toString())
            .setFormat(ClickHouseFormat.RowBinary);
    config.clickhouseSettings().forEach(settings::serverSetting);
    call(
        settings.getQueryId(),
        QUERY_TIMEOUT_MS,
        client -> client.query(sql, parameters, settings),
        (QueryResponse response) -> {
          RowReader reader = new RowReader(response.getInputStream());
          while (reader.next()) {
            onRow.read(reader);
          }
        });
  }

  private <R extends AutoCloseable> void call(
      String queryId, int timeoutMs, Request<R> request, Reading<R> reading)
      throws Fault, InterruptedException {
    int host = current;
    Client client = clients.get(host);
    try {
      R response = request.send(client).get(timeoutMs, TimeUnit.MILLISECONDS);
      try {
        reading.read(response);
      } finally {
        response.close();
      }
    } catch (InterruptedException e) {
      client.cancelTransportRequest(queryId);
      throw e;
    } catch (TimeoutException e) {
      client.cancelTransportRequest(queryId);
      current = (host + 1) % clients.size();
      throw Fault.noAnswer("nothing within " + timeoutMs + " ms");
    } catch (Exception e) {
      Fault fault = Fault.of(e);
      // A former try of the same query is over only when its own host says so.
      if (fault.kind() == Fault.Kind.PASSING
          && !fault.is(ErrorCode.QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)) {
        current = (host + 1) % clients.size();
      }
      throw fault;
    }
  }

  static String quote(String name) {
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`";
  }
}

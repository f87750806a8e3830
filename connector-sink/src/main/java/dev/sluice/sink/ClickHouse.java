package dev.sluice.sink;

import dev.sluice.sink.HttpHost.Answer;
import dev.sluice.sink.HttpHost.Body;
import dev.sluice.sink.TableLayout.Column;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * ClickHouse over HTTP: what the sink asks of it, on the host that answered last.
 *
 * <p>Failure semantics: as {@link HttpHost}; an insert counts when ClickHouse says that it has
 * written at least its rows. A fault that may pass makes the next host the one for the next call.
 * Certificates that cannot be read are a {@link org.apache.kafka.common.config.ConfigException}
 * when this is made.
 */
final class ClickHouse implements Server {
  private static final int QUERY_TIMEOUT_MS = 10_000;

  /** A snapshot's batch may reach over more months than the default allows in one insert. */
  private static final String PARTITIONS_PER_BLOCK = "max_partitions_per_insert_block";

  private static final String ASYNC_INSERT = "async_insert";

  /**
   * What keeps acknowledged rows from being lost or falsified. It is sent with each insert, so that
   * no profile of the user's decides.
   */
  static final Map<String, String> SAFE =
      Map.ofEntries(
          // The answer comes when the rows are written.
          Map.entry("wait_for_async_insert", "1"),
          Map.entry("insert_distributed_sync", "1"),
          // The header of names and types is looked at, and no row is left out.
          Map.entry("input_format_with_names_use_header", "1"),
          Map.entry("input_format_with_types_use_header", "1"),
          Map.entry("input_format_skip_unknown_fields", "0"),
          Map.entry("input_format_defaults_for_omitted_fields", "1"),
          Map.entry("input_format_allow_errors_num", "0"),
          Map.entry("input_format_allow_errors_ratio", "0"),
          // A limit that is reached is an error, and not the end of the rows.
          Map.entry("read_overflow_mode", "throw"),
          Map.entry("timeout_overflow_mode", "throw"),
          Map.entry("materialized_views_ignore_errors", "0"));

  /** Engines that lose what they have taken when the server dies, or keep nothing. */
  private static final Set<String> FORGETFUL = Set.of("Buffer", "Memory", "Null", "Set", "Join");

  private static final Pattern VIEW = Pattern.compile(".*View|Dictionary|TimeSeries");
  private static final Pattern WRITTEN = Pattern.compile("\"written_rows\"\\s*:\\s*\"?(\\d+)");

  private final List<HttpHost> hosts;
  private final SinkConfig config;
  private volatile int current;

  /**
   * @param executor runs what the connections have to do
   */
  ClickHouse(SinkConfig config, Executor executor) {
    this(config, config.hosts(), executor);
  }

  /** To ask some of the hosts only. */
  ClickHouse(SinkConfig config, List<SinkConfig.Host> some, Executor executor) {
    this.config = config;
    SSLContext tls = Tls.of(config);
    hosts = some.stream().map(host -> new HttpHost(config, host, tls, executor)).toList();
  }

  @Override
  public TableLayout layout(String table) throws Fault, InterruptedException {
    Set<String> engines = new HashSet<>();
    List<Column> columns =
        query(
            "SELECT name, type, default_kind, toString(is_in_sorting_key), ifNull((SELECT engine FROM system.tables"
                + " WHERE database = {database:String} AND name = {table:String}), '')"
                + " FROM system.columns"
                + " WHERE database = {database:String} AND table = {table:String} ORDER BY position",
            Map.of("param_database", config.database(), "param_table", table),
            row -> {
              Column column =
                  new Column(row.string(), row.string(), row.string(), row.string().equals("1"));
              engines.add(row.string());
              return column;
            });
    if (columns.isEmpty()) {
      throw Fault.of(
          ErrorCode.UNKNOWN_TABLE,
          "table %s is not in database %s, or the user may not see it"
              .formatted(table, config.database()));
    }
    refuseUnsafe(table, engines.iterator().next());
    return new TableLayout(table, columns);
  }

  private static void refuseUnsafe(String table, String engine) throws Fault {
    if (FORGETFUL.contains(engine)) {
      throw Fault.unsafe(
          SinkSettings.TOPIC_TABLES,
          "table %s has the engine %s, which does not keep what it has acknowledged: name the table behind it, or one of the MergeTree family"
              .formatted(table, engine));
    } else if (VIEW.matcher(engine).matches()) {
      throw Fault.unsafe(
          SinkSettings.TOPIC_TABLES,
          "%s is a %s, and no table: name the table behind it".formatted(table, engine));
    }
  }

  @Override
  public void refuseUnsafeSettings() throws Fault, InterruptedException {
    String names =
        SAFE.keySet().stream().map(name -> "'" + name + "'").collect(Collectors.joining(", "));
    List<Map.Entry<String, String>> found =
        query(
            "SELECT name, value FROM system.settings WHERE name IN (" + names + ")",
            insertSettings(),
            row -> Map.entry(row.string(), row.string()));
    for (Map.Entry<String, String> setting : found) {
      String safe = SAFE.get(setting.getKey());
      if (!setting.getValue().equals(safe)) {
        throw Fault.unsafe(
            SinkSettings.USERNAME,
            "ClickHouse would insert with %s = %s, though the sink says %s: rows could be lost or changed; a proxy may leave the setting out, or the user's profile may not let it be set"
                .formatted(setting.getKey(), setting.getValue(), safe));
      }
    }
  }

  @Override
  public Set<String> running(String prefix) throws Fault, InterruptedException {
    return new HashSet<>(
        query(
            "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
            Map.of("param_prefix", prefix),
            RowReader::string));
  }

  @Override
  public void execute(String statement, String queryId) throws Fault, InterruptedException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(PARTITIONS_PER_BLOCK, "0");
    settings.putAll(config.clickhouseSettings());
    call(queryId, settings, Body.of(statement), config.insertTimeoutMs());
  }

  @Override
  public void insert(Insert insert) throws Fault, InterruptedException {
    Map<String, String> settings = insertSettings();
    settings.put("insert_deduplication_token", insert.token());
    settings.put("query", insert.statement());
    Answer answer =
        call(
            insert.queryId(),
            settings,
            new Body(
                insert.writer().header(),
                insert.rows().bytes(),
                insert.fromByte(),
                insert.toByte()),
            insert.timeoutMs());
    long written = written(answer.summary());
    // Views that are fed by the table count too.
    if (written < insert.rowCount()) {
      throw new Fault(
          Fault.Kind.PASSING,
          0,
          "ClickHouse says that it has written %d of %d rows"
              .formatted(written, insert.rowCount()));
    }
  }

  /** Ours, the user's, and those that nobody may change. */
  private Map<String, String> insertSettings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(ASYNC_INSERT, "0");
    settings.put(PARTITIONS_PER_BLOCK, "0");
    settings.putAll(config.clickhouseSettings());
    settings.putAll(SAFE);
    return settings;
  }

  private static long written(String summary) {
    Matcher rows = WRITTEN.matcher(summary);
    return rows.find() ? Long.parseLong(rows.group(1)) : 0;
  }

  @Override
  public void close() {
    // The JDK's clients end with the last reference to them.
  }

  /** Reads one row. */
  @FunctionalInterface
  private interface Reading<R> {
    R read(RowReader row) throws IOException;
  }

  private <R> List<R> query(String sql, Map<String, String> parameters, Reading<R> reading)
      throws Fault, InterruptedException {
    Map<String, String> all = new LinkedHashMap<>(config.clickhouseSettings());
    all.putAll(parameters);
    all.put("default_format", "RowBinary");
    List<R> rows = new ArrayList<>();
    try {
      Answer answer = call(UUID.randomUUID().toString(), all, Body.of(sql), QUERY_TIMEOUT_MS);
      RowReader reader = new RowReader(new ByteArrayInputStream(answer.body()));
      while (reader.next()) {
        rows.add(reading.read(reader));
      }
    } catch (IOException e) {
      throw Fault.noAnswer("it ends in the middle of a row");
    } catch (Fault fault) {
      throw fault.asPassing();
    }
    return List.copyOf(rows);
  }

  private Answer call(String queryId, Map<String, String> parameters, Body body, int timeoutMs)
      throws Fault, InterruptedException {
    int host = current;
    try {
      return hosts.get(host).post(queryId, parameters, body, timeoutMs);
    } catch (Fault fault) {
      // A former try of the same query is over only when its own host says so.
      boolean elsewhere = fault.kind() == Fault.Kind.PASSING || fault.kind() == Fault.Kind.TIMEOUT;
      if (elsewhere && !fault.is(ErrorCode.QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)) {
        current = (host + 1) % hosts.size();
      }
      throw fault;
    }
  }

  static String quote(String name) {
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`";
  }
}

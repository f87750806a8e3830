package dev.sluice.sink;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/**
 * The sink's settings. Where the official sink has a setting of the same meaning, so is its key.
 */
record SinkConfig(
    String connector,
    List<Host> hosts,
    boolean ssl,
    String caCertificate,
    String clientCertificate,
    String clientKey,
    String database,
    String username,
    Password password,
    boolean compress,
    int insertTimeoutMs,
    Map<String, String> topicTables,
    Map<String, String> clickhouseSettings,
    int batchRows,
    int batchBytes,
    int lingerMs,
    long retryTimeoutMs,
    int retryBackoffMs,
    int retryBackoffMaxMs,
    boolean truncate) {

  static final String HOSTNAME = "hostname";
  static final String PORT = "port";
  static final String SSL = "ssl";
  static final String CA_CERTIFICATE = "ssl.ca.certificate";
  static final String CLIENT_CERTIFICATE = "ssl.client.certificate";
  static final String CLIENT_KEY = "ssl.client.key";
  static final String DATABASE = "database";
  static final String USERNAME = "username";
  static final String PASSWORD = "password";
  static final String COMPRESSION = "compression";
  static final String INSERT_TIMEOUT = "clickhouseClientInsertTimeoutMs";
  static final String TOPIC_TABLES = "topic2TableMap";
  static final String CLICKHOUSE_SETTINGS = "clickhouseSettings";
  static final String BATCH_ROWS = "batch.rows";
  static final String BATCH_BYTES = "batch.bytes";
  static final String LINGER = "linger.ms";
  static final String RETRY_TIMEOUT = "retry.timeout.ms";
  static final String RETRY_BACKOFF = "retry.backoff.ms";
  static final String RETRY_BACKOFF_MAX = "retry.backoff.max.ms";
  static final String TRUNCATE = "truncate.enabled";

  private static final ConfigDef.Validator FILE =
      ConfigDef.LambdaValidator.with(SinkConfig::fileOrRefuse, () -> "readable file");

  static final ConfigDef DEFINITION = definition();

  /** One server of the list in {@code hostname}. */
  record Host(String name, int port) {}

  static SinkConfig of(Map<String, String> settings) {
    AbstractConfig config = new AbstractConfig(DEFINITION, settings, false);
    return new SinkConfig(
        settings.getOrDefault("name", "sluice"),
        hosts(config.getList(HOSTNAME), config.getInt(PORT)),
        config.getBoolean(SSL),
        config.getString(CA_CERTIFICATE),
        config.getString(CLIENT_CERTIFICATE),
        config.getString(CLIENT_KEY),
        config.getString(DATABASE),
        config.getString(USERNAME),
        config.getPassword(PASSWORD),
        config.getString(COMPRESSION).equals("lz4"),
        config.getInt(INSERT_TIMEOUT),
        pairs(TOPIC_TABLES, config.getList(TOPIC_TABLES)),
        pairs(CLICKHOUSE_SETTINGS, config.getList(CLICKHOUSE_SETTINGS)),
        config.getInt(BATCH_ROWS),
        config.getInt(BATCH_BYTES),
        config.getInt(LINGER),
        config.getLong(RETRY_TIMEOUT),
        config.getInt(RETRY_BACKOFF),
        config.getInt(RETRY_BACKOFF_MAX),
        config.getBoolean(TRUNCATE));
  }

  String table(String topic) {
    return topicTables.getOrDefault(topic, topic);
  }

  private static List<Host> hosts(List<String> names, int port) {
    return names.stream()
        .map(
            name -> {
              int colon = name.lastIndexOf(':');
              // A colon inside of brackets belongs to an IPv6 address.
              return colon < 0 || name.endsWith("]")
                  ? new Host(name, port)
                  : new Host(name.substring(0, colon), portOf(name.substring(colon + 1)));
            })
        .toList();
  }

  private static int portOf(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new ConfigException(HOSTNAME + ": a port must be a number, as in host:8123");
    }
  }

  private static Map<String, String> pairs(String setting, List<String> items) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String item : items) {
      int equals = item.indexOf('=');
      if (equals < 1) {
        throw new ConfigException(setting + ": each entry must be of the form name=value");
      }
      pairs.put(item.substring(0, equals).trim(), item.substring(equals + 1).trim());
    }
    return Map.copyOf(pairs);
  }

  private static void hostsOrRefuse(String setting, Object value) {
    // That it is missing altogether is said already.
    if (value instanceof List<?> names) {
      if (names.isEmpty()) {
        throw new ConfigException(setting + ": at least one host is wanted");
      }
      hosts(names.stream().map(String::valueOf).toList(), 1);
    }
  }

  private static void fileOrRefuse(String setting, Object value) {
    if (!((String) value).isEmpty() && !Files.isReadable(Path.of((String) value))) {
      throw new ConfigException(setting + ": there is no such file, or it cannot be read");
    }
  }

  private static void settingsOrRefuse(String setting, Object value) {
    pairsOrRefuse(setting, value);
    if (((List<?>) value).contains("wait_for_async_insert=0")) {
      throw new ConfigException(
          setting + ": wait_for_async_insert=0 would acknowledge rows that may still be lost");
    }
  }

  private static void pairsOrRefuse(String setting, Object value) {
    pairs(setting, ((List<?>) value).stream().map(String::valueOf).toList());
  }

  private static ConfigDef definition() {
    ConfigDef def = new ConfigDef();
    String group = "Connection";
    int order = 0;
    def.define(
            HOSTNAME,
            Type.LIST,
            ConfigDef.NO_DEFAULT_VALUE,
            ConfigDef.LambdaValidator.with(SinkConfig::hostsOrRefuse, () -> "host or host:port, …"),
            Importance.HIGH,
            "Host of ClickHouse's HTTP interface. Several, separated by commas and each with its own"
                + " port if need be (host:port), are tried in turn when one does not answer; their"
                + " tables must then be replicas of each other.",
            group,
            ++order,
            Width.MEDIUM,
            "Host")
        .define(
            PORT,
            Type.INT,
            8123,
            Range.between(1, 65535),
            Importance.HIGH,
            "Port of ClickHouse's HTTP or HTTPS interface.",
            group,
            ++order,
            Width.SHORT,
            "Port")
        .define(
            SSL,
            Type.BOOLEAN,
            false,
            Importance.HIGH,
            "Speak HTTPS.",
            group,
            ++order,
            Width.SHORT,
            "HTTPS")
        .define(
            CA_CERTIFICATE,
            Type.STRING,
            "",
            FILE,
            Importance.MEDIUM,
            "File of the certificate (PEM) that vouches for the server. If empty, the Java runtime's"
                + " own list does.",
            group,
            ++order,
            Width.LONG,
            "CA certificate")
        .define(
            CLIENT_CERTIFICATE,
            Type.STRING,
            "",
            FILE,
            Importance.MEDIUM,
            "File of the certificate (PEM) that the sink shows to the server. Without a password it"
                + " is what proves the user.",
            group,
            ++order,
            Width.LONG,
            "Client certificate")
        .define(
            CLIENT_KEY,
            Type.STRING,
            "",
            FILE,
            Importance.MEDIUM,
            "File of the client certificate's private key (PEM, PKCS#8).",
            group,
            ++order,
            Width.LONG,
            "Client key")
        .define(
            DATABASE,
            Type.STRING,
            "default",
            new ConfigDef.NonEmptyString(),
            Importance.HIGH,
            "Database of the tables.",
            group,
            ++order,
            Width.MEDIUM,
            "Database")
        .define(
            USERNAME,
            Type.STRING,
            "default",
            Importance.HIGH,
            "User name.",
            group,
            ++order,
            Width.MEDIUM,
            "User")
        .define(
            PASSWORD,
            Type.PASSWORD,
            "",
            Importance.HIGH,
            "Password. Take it from a config provider, such as ${env:CLICKHOUSE_PASSWORD}.",
            group,
            ++order,
            Width.MEDIUM,
            "Password")
        .define(
            COMPRESSION,
            Type.STRING,
            "none",
            ValidString.in("none", "lz4"),
            Importance.LOW,
            "Compression of what is sent. lz4 pays off when the network, not the processor, is the"
                + " limit.",
            group,
            ++order,
            Width.SHORT,
            "Compression")
        .define(
            INSERT_TIMEOUT,
            Type.INT,
            60_000,
            Range.atLeast(1000),
            Importance.LOW,
            "How long one insert may take before it is given up and tried again.",
            group,
            ++order,
            Width.SHORT,
            "Insert timeout (ms)");
    group = "Mapping";
    order = 0;
    def.define(
            TOPIC_TABLES,
            Type.LIST,
            List.of(),
            ConfigDef.LambdaValidator.with(
                SinkConfig::pairsOrRefuse, () -> "topic=table,topic=table,…"),
            Importance.HIGH,
            "Which topic goes to which table. A topic without an entry goes to the table of its own"
                + " name.",
            group,
            ++order,
            Width.LONG,
            "Tables of topics")
        .define(
            CLICKHOUSE_SETTINGS,
            Type.LIST,
            List.of(),
            ConfigDef.LambdaValidator.with(
                SinkConfig::settingsOrRefuse, () -> "setting=value,setting=value,…"),
            Importance.LOW,
            "ClickHouse settings sent with each insert.",
            group,
            ++order,
            Width.LONG,
            "ClickHouse settings");
    group = "Batches";
    order = 0;
    def.define(
            BATCH_ROWS,
            Type.INT,
            100_000,
            Range.between(1, 1_000_000),
            Importance.MEDIUM,
            "Rows at which a batch is sent.",
            group,
            ++order,
            Width.SHORT,
            "Rows per batch")
        .define(
            BATCH_BYTES,
            Type.INT,
            32 << 20,
            Range.between(1024, 1 << 30),
            Importance.MEDIUM,
            "Bytes at which a batch is sent. A table needs up to twice this memory: one batch is"
                + " being inserted while the next one fills.",
            group,
            ++order,
            Width.SHORT,
            "Bytes per batch")
        .define(
            LINGER,
            Type.INT,
            100,
            Range.between(0, 60_000),
            Importance.MEDIUM,
            "How long a row waits for others before it is sent. When a batch has already more than"
                + " a fiftieth of batch.rows by then, the topic is busy and the batch may grow for"
                + " up to ten times as long.",
            group,
            ++order,
            Width.SHORT,
            "Linger (ms)");
    group = "Faults";
    order = 0;
    def.define(
            RETRY_TIMEOUT,
            Type.LONG,
            -1L,
            Range.atLeast(-1),
            Importance.MEDIUM,
            "How long a fault that may pass is retried before the task fails; -1 is for ever.",
            group,
            ++order,
            Width.SHORT,
            "Retry timeout (ms)")
        .define(
            RETRY_BACKOFF,
            Type.INT,
            100,
            Range.atLeast(1),
            Importance.LOW,
            "Wait before the first retry; it doubles with each further one.",
            group,
            ++order,
            Width.SHORT,
            "First wait (ms)")
        .define(
            RETRY_BACKOFF_MAX,
            Type.INT,
            10_000,
            Range.atLeast(1),
            Importance.LOW,
            "Longest wait between two retries.",
            group,
            ++order,
            Width.SHORT,
            "Longest wait (ms)");
    group = "Truncate";
    order = 0;
    def.define(
        TRUNCATE,
        Type.BOOLEAN,
        false,
        Importance.LOW,
        "Let truncate events in: each marks all current rows of its table as deleted. If false, a"
            + " truncate event is a bad record.",
        group,
        ++order,
        Width.SHORT,
        "Truncate");
    return def;
  }
}

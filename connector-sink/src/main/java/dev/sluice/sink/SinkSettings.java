package dev.sluice.sink;

import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;

/**
 * Keys, defaults and texts of the sink's settings. Where the official sink has a setting of the
 * same meaning, so is its key.
 */
final class SinkSettings {
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
  static final String MEMORY = "memory.bytes";
  static final String INSERTS_PER_SECOND = "inserts.per.second";
  static final String RETRY_TIMEOUT = "retry.timeout.ms";
  static final String RETRY_BACKOFF = "retry.backoff.ms";
  static final String RETRY_BACKOFF_MAX = "retry.backoff.max.ms";
  static final String TRUNCATE = "truncate.enabled";

  static final ConfigDef DEFINITION = new SinkSettings().define();

  private final ConfigDef definition = new ConfigDef();
  private String group;
  private int order;

  private SinkSettings() {}

  private ConfigDef define() {
    in("Connection");
    add(
        HOSTNAME,
        Type.LIST,
        ConfigDef.NO_DEFAULT_VALUE,
        SettingChecks.HOSTS,
        Importance.HIGH,
        Width.MEDIUM,
        "Host",
        "Host of ClickHouse's HTTP interface. Several, separated by commas and each with its own"
            + " port if need be (host:port), are tried in turn when one does not answer; their"
            + " tables must then be replicas of each other.");
    add(
        PORT,
        Type.INT,
        8123,
        Range.between(1, 65535),
        Importance.HIGH,
        Width.SHORT,
        "Port",
        "Port of ClickHouse's HTTP or HTTPS interface.");
    add(SSL, Type.BOOLEAN, false, null, Importance.HIGH, Width.SHORT, "HTTPS", "Speak HTTPS.");
    add(
        CA_CERTIFICATE,
        Type.STRING,
        "",
        SettingChecks.FILE,
        Importance.MEDIUM,
        Width.LONG,
        "CA certificate",
        "File of the certificate (PEM) that vouches for the server. If empty, the Java runtime's"
            + " own list does.");
    add(
        CLIENT_CERTIFICATE,
        Type.STRING,
        "",
        SettingChecks.FILE,
        Importance.MEDIUM,
        Width.LONG,
        "Client certificate",
        "File of the certificate (PEM) that the sink shows to the server. Without a password it"
            + " is what proves the user.");
    add(
        CLIENT_KEY,
        Type.STRING,
        "",
        SettingChecks.FILE,
        Importance.MEDIUM,
        Width.LONG,
        "Client key",
        "File of the client certificate's private key (PEM, PKCS#8).");
    add(
        DATABASE,
        Type.STRING,
        "default",
        new ConfigDef.NonEmptyString(),
        Importance.HIGH,
        Width.MEDIUM,
        "Database",
        "Database of the tables.");
    add(
        USERNAME,
        Type.STRING,
        "default",
        null,
        Importance.HIGH,
        Width.MEDIUM,
        "User",
        "User name.");
    add(
        PASSWORD,
        Type.PASSWORD,
        "",
        null,
        Importance.HIGH,
        Width.MEDIUM,
        "Password",
        "Password. Take it from a config provider, such as ${env:CLICKHOUSE_PASSWORD}.");
    add(
        COMPRESSION,
        Type.STRING,
        "none",
        ValidString.in("none", "lz4"),
        Importance.LOW,
        Width.SHORT,
        "Compression",
        "Compression of what is sent. lz4 pays off when the network, not the processor, is the"
            + " limit.");
    add(
        INSERT_TIMEOUT,
        Type.INT,
        60_000,
        Range.atLeast(1000),
        Importance.LOW,
        Width.SHORT,
        "Insert timeout (ms)",
        "How long one insert may take before it is given up and tried again.");
    in("Mapping");
    add(
        TOPIC_TABLES,
        Type.LIST,
        List.of(),
        SettingChecks.TABLES,
        Importance.HIGH,
        Width.LONG,
        "Tables of topics",
        "Which topic goes to which table. A topic without an entry goes to the table of its own"
            + " name.");
    add(
        CLICKHOUSE_SETTINGS,
        Type.LIST,
        List.of(),
        SettingChecks.CLICKHOUSE_SETTINGS,
        Importance.LOW,
        Width.LONG,
        "ClickHouse settings",
        "ClickHouse settings sent with each insert.");
    in("Batches");
    add(
        BATCH_ROWS,
        Type.INT,
        100_000,
        Range.between(1, 1_000_000),
        Importance.MEDIUM,
        Width.SHORT,
        "Rows per batch",
        "Rows at which a batch is sent.");
    add(
        BATCH_BYTES,
        Type.INT,
        32 << 20,
        Range.between(1024, 1 << 30),
        Importance.MEDIUM,
        Width.SHORT,
        "Bytes per batch",
        "Bytes at which a batch is sent. A table that is busy needs about three times this memory:"
            + " one batch is being inserted while the next one fills, and arrays grow. See "
            + MEMORY
            + ".");
    add(
        LINGER,
        Type.INT,
        100,
        Range.between(0, 60_000),
        Importance.MEDIUM,
        Width.SHORT,
        "Linger (ms)",
        "How long nothing has to come until the rows gathered are sent. Rows that come without"
            + " such a pause gather at least as long, and ten times as long as the last insert"
            + " took (at most 5 s), so that expensive inserts become fewer and larger.");
    add(
        MEMORY,
        Type.LONG,
        256L << 20,
        Range.atLeast(16 << 20),
        Importance.MEDIUM,
        Width.SHORT,
        "Memory",
        "Bytes that the rows of all tables of a task take at most, while they gather, are inserted"
            + " and are tried again. Never more than a quarter of the worker's heap, or than half of"
            + " it divided by tasks.max. A quarter of it is kept in equal shares for the tables; of"
            + " the rest a table may take up to twice as much as it leaves. Then its partitions are"
            + " paused.");
    add(
        INSERTS_PER_SECOND,
        Type.INT,
        50,
        Range.between(1, 10_000),
        Importance.MEDIUM,
        Width.SHORT,
        "Inserts per second",
        "How many inserts the tables of a task begin in a second together, on average; fewer when"
            + " inserts are slow, so that about eight are under way at once. Rows that wait longest"
            + " go first. Full batches, and a table that alone has rows, do not wait for it.");
    in("Faults");
    add(
        RETRY_TIMEOUT,
        Type.LONG,
        -1L,
        Range.atLeast(-1),
        Importance.MEDIUM,
        Width.SHORT,
        "Retry timeout (ms)",
        "How long a fault that may pass is retried before its table is held; -1 is for ever.");
    add(
        RETRY_BACKOFF,
        Type.INT,
        100,
        Range.atLeast(1),
        Importance.LOW,
        Width.SHORT,
        "First wait (ms)",
        "Wait before the first retry; it doubles with each further one.");
    add(
        RETRY_BACKOFF_MAX,
        Type.INT,
        10_000,
        Range.atLeast(1),
        Importance.LOW,
        Width.SHORT,
        "Longest wait (ms)",
        "Longest wait between two retries.");
    in("Truncate");
    add(
        TRUNCATE,
        Type.BOOLEAN,
        false,
        null,
        Importance.LOW,
        Width.SHORT,
        "Truncate",
        "Let truncate events in: each marks all rows before it as deleted. Needs tasks.max=1 and"
            + " one partition for each table. If false, a truncate event is a bad record.");
    return definition;
  }

  private void in(String newGroup) {
    group = newGroup;
    order = 0;
  }

  private void add(
      String name,
      Type type,
      Object fallback,
      Validator validator,
      Importance importance,
      Width width,
      String displayName,
      String documentation) {
    order++;
    definition.define(
        name,
        type,
        fallback,
        validator,
        importance,
        documentation,
        group,
        order,
        width,
        displayName);
  }
}

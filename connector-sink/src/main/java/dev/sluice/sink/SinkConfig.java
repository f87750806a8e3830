package dev.sluice.sink;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** The sink's settings, parsed and valid: see {@link SinkSettings} for what each means. */
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
    long memoryBytes,
    int insertsPerSecond,
    long retryTimeoutMs,
    int retryBackoffMs,
    int retryBackoffMaxMs,
    boolean truncate,
    boolean deadLetterQueue) {

  private static final String TASKS_MAX = "tasks.max";
  private static final String TOLERANCE = "errors.tolerance";
  private static final String QUEUE = "errors.deadletterqueue.topic.name";
  private static final String LOG = "errors.log.enable";

  /** One server of the list in {@code hostname}. */
  record Host(String name, int port) {}

  /** What is wrong with settings that are valid each by itself: by setting, empty when nothing. */
  static Map<String, String> contradictions(Map<String, String> settings) {
    Map<String, String> problems = new LinkedHashMap<>();
    if (isTrue(settings, SinkSettings.TRUNCATE)
        && !settings.getOrDefault(TASKS_MAX, "1").equals("1")) {
      problems.put(
          SinkSettings.TRUNCATE,
          "true needs "
              + TASKS_MAX
              + "=1: a task cannot know where the others are when it comes to a truncate");
    }
    if (settings.getOrDefault(TOLERANCE, "none").strip().equalsIgnoreCase("all")
        && settings.getOrDefault(QUEUE, "").isBlank()
        && !isTrue(settings, LOG)) {
      problems.put(
          TOLERANCE,
          "all lets bad records vanish without a trace: name a topic in "
              + QUEUE
              + ", or set "
              + LOG
              + "=true");
    }
    return problems;
  }

  private static boolean isTrue(Map<String, String> settings, String name) {
    return Boolean.parseBoolean(settings.getOrDefault(name, "false").strip());
  }

  private static int tasks(Map<String, String> settings) {
    try {
      return Integer.parseInt(settings.getOrDefault(TASKS_MAX, "1").strip());
    } catch (NumberFormatException e) {
      return 1; // Connect says itself what is wrong with it.
    }
  }

  /**
   * @throws ConfigException when a setting is wrong, or two of them contradict one another
   */
  static SinkConfig of(Map<String, String> settings) {
    AbstractConfig config = new AbstractConfig(SinkSettings.DEFINITION, settings, false);
    contradictions(settings)
        .forEach(
            (setting, problem) -> {
              throw new ConfigException(setting + ": " + problem);
            });
    return new SinkConfig(
        settings.getOrDefault("name", "sluice"),
        hosts(config.getList(SinkSettings.HOSTNAME), config.getInt(SinkSettings.PORT)),
        config.getBoolean(SinkSettings.SSL),
        config.getString(SinkSettings.CA_CERTIFICATE),
        config.getString(SinkSettings.CLIENT_CERTIFICATE),
        config.getString(SinkSettings.CLIENT_KEY),
        config.getString(SinkSettings.DATABASE),
        config.getString(SinkSettings.USERNAME),
        config.getPassword(SinkSettings.PASSWORD),
        config.getString(SinkSettings.COMPRESSION).equals("lz4"),
        config.getInt(SinkSettings.INSERT_TIMEOUT),
        pairs(SinkSettings.TOPIC_TABLES, config.getList(SinkSettings.TOPIC_TABLES)),
        pairs(SinkSettings.CLICKHOUSE_SETTINGS, config.getList(SinkSettings.CLICKHOUSE_SETTINGS)),
        config.getInt(SinkSettings.BATCH_ROWS),
        config.getInt(SinkSettings.BATCH_BYTES),
        config.getInt(SinkSettings.LINGER),
        MemoryBudget.limit(
            config.getLong(SinkSettings.MEMORY), Runtime.getRuntime().maxMemory(), tasks(settings)),
        config.getInt(SinkSettings.INSERTS_PER_SECOND),
        config.getLong(SinkSettings.RETRY_TIMEOUT),
        config.getInt(SinkSettings.RETRY_BACKOFF),
        config.getInt(SinkSettings.RETRY_BACKOFF_MAX),
        config.getBoolean(SinkSettings.TRUNCATE),
        !settings.getOrDefault(QUEUE, "").isBlank());
  }

  /**
   * The table of a record.
   *
   * @param topic what transforms have made of its topic
   * @param original the topic that it was read from
   */
  String table(String topic, String original) {
    String table = topicTables.get(topic);
    return table == null ? topicTables.getOrDefault(original, topic) : table;
  }

  static List<Host> hosts(List<String> names, int port) {
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
      throw new ConfigException(
          SinkSettings.HOSTNAME + ": a port must be a number, as in host:8123");
    }
  }

  static Map<String, String> pairs(String setting, List<String> items) {
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
}

package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The connectors of one pipeline and its two tables.
 *
 * @param topic what the source writes and the sink reads
 */
record Pipeline(
    ConnectorSpec source, ConnectorSpec sink, String topic, TableName table, String factTable) {

  private static final Pattern REFERENCE = Pattern.compile("\\$\\{env:([^}]*)}");

  /**
   * The pipeline that two connectors make: the first of the sink's topics, and the tables at its
   * two ends.
   *
   * @param runningTable what a worker of ours has as SLUICE_POSTGRES_TABLE; null where none runs
   * @throws SluiceException when a setting refers to an environment that only the worker knows
   */
  static Pipeline of(ConnectorSpec source, ConnectorSpec sink, TableName runningTable) {
    String topic = topic(sink, runningTable);
    String prefix = source.config().getOrDefault("topic.prefix", "") + ".";
    String inTopic = topic.startsWith(prefix) ? topic.substring(prefix.length()) : topic;
    return new Pipeline(
        source,
        sink,
        topic,
        runningTable != null && runningTable.inTopic().equals(inTopic)
            ? runningTable
            : TableName.ofTopic(inTopic),
        factTable(sink, topic, runningTable));
  }

  /**
   * The first topic of a sink.
   *
   * @throws SluiceException when it names none, but a pattern
   */
  static String topic(ConnectorSpec sink, TableName runningTable) {
    String topics = sink.config().getOrDefault("topics", "");
    if (topics.isBlank()) {
      String pattern = sink.config().get("topics.regex");
      throw new SluiceException(
          sink.name()
              + (pattern == null
                  ? " names no topic."
                  : " reads all topics that match topics.regex = "
                      + pattern
                      + ": which of them belongs to a table cannot be told from that. Name them in"
                      + " topics, or look at one of them with --sink FILE, a copy of the connector's"
                      + " settings with that one in topics."));
    }
    return resolved(topics, "topics of " + sink.name(), runningTable).split(",")[0].strip();
  }

  private static String factTable(ConnectorSpec sink, String topic, TableName runningTable) {
    String setting = sink.config().getOrDefault("topic2TableMap", "");
    for (String pair : resolved(setting, "topic2TableMap", runningTable).split(",")) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).strip().equals(topic)) {
        return pair.substring(equals + 1).strip();
      }
    }
    return topic;
  }

  /** Only the worker knows its environment; we know ours, and what `up` has given its worker. */
  private static String resolved(String text, String where, TableName runningTable) {
    Matcher reference = REFERENCE.matcher(text);
    StringBuilder result = new StringBuilder();
    while (reference.find()) {
      String name = reference.group(1);
      boolean isTable = name.equals("SLUICE_POSTGRES_TABLE");
      String value = isTable && runningTable != null ? runningTable.inTopic() : System.getenv(name);
      if (value == null) {
        throw new SluiceException(
            where
                + " refers to the worker's variable "
                + name
                + ", which is not set here. Set it"
                + (isTable ? ", as in: " + name + "=public.orders ./sluice …" : "."));
      }
      reference.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    return reference.appendTail(result).toString();
  }

  /** The transform's settings, wherever it runs. */
  FactMapping mapping() {
    return FactMapping.of(FactMapping.isIn(sink.config()) ? sink.config() : source.config());
  }

  /** The replication slot; Debezium's default where none is set. */
  String slot() {
    return source.config().getOrDefault("slot.name", "debezium");
  }

  /** Both tables, column by column. */
  TableMapping tables(PostgresAddress postgres, ClickHouse clickHouse) {
    try (Connection connection = postgres.connect()) {
      return TableMapping.of(
          mapping(), SourceModes.of(source.config()), connection, table, clickHouse, factTable);
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + " (--postgres): " + e.getMessage(), e);
    }
  }
}

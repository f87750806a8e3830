package dev.sluice.pipeline;

import dev.sluice.catalogue.TableName;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a source writes while nothing else happens: a statement to Postgres, so that its slot moves
 * on, and a record to a topic of its own, so that its offset does. A source that lives shows it
 * there, whatever Connect says of its task.
 *
 * @param intervalMillis between two beats
 * @param topic that each beat comes to
 * @param statement what it runs in Postgres; empty where nothing
 */
public record Heartbeat(long intervalMillis, String topic, String statement) {

  private static final String NAME = "(\"(?:[^\"]|\"\")+\"|[\\w$]+)";
  private static final Pattern WRITTEN =
      Pattern.compile(
          "\\s*(?:insert\\s+into|update(?:\\s+only)?|delete\\s+from(?:\\s+only)?)\\s+(?:%s\\s*\\.\\s*)?%s.*"
              .formatted(NAME, NAME),
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /**
   * From a Debezium source's settings.
   *
   * @return empty where it has no heartbeat, or its settings are references that only the worker
   *     knows
   */
  public static Optional<Heartbeat> of(Map<String, String> source) {
    String interval = source.getOrDefault("heartbeat.interval.ms", "0");
    String prefix = source.getOrDefault("topic.prefix", "");
    String heartbeats = source.getOrDefault("topic.heartbeat.prefix", "__debezium-heartbeat");
    String topic = heartbeats + "." + prefix;
    boolean beats = interval.matches("[1-9]\\d{0,9}") && !prefix.isEmpty() && !topic.contains("$");
    return beats
        ? Optional.of(
            new Heartbeat(
                Long.parseLong(interval),
                topic,
                source.getOrDefault("heartbeat.action.query", "").strip()))
        : Optional.empty();
  }

  /** The table that the statement writes, as it names it; empty where it writes none. */
  public Optional<String> table() {
    Matcher written = WRITTEN.matcher(statement);
    return written.matches()
        ? Optional.of(
            written.group(1) == null ? written.group(2) : written.group(1) + "." + written.group(2))
        : Optional.empty();
  }

  /**
   * Whether the table is among some, each as its topic has it; one without a schema is so wherever
   * it may be.
   */
  public boolean writesOneOf(Collection<String> tables) {
    Matcher written = WRITTEN.matcher(statement);
    if (!written.matches()) {
      return false;
    }
    String schema = written.group(1) == null ? "" : plain(written.group(1));
    String table = new TableName(schema, plain(written.group(2))).inTopic();
    return schema.isEmpty()
        ? tables.stream().anyMatch(each -> each.endsWith(table))
        : tables.contains(table);
  }

  private static String plain(String name) {
    return name.startsWith("\"")
        ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
        : name.toLowerCase();
  }
}

package dev.sluice.smt.schema;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The column lists of several tables, as {@code TOPIC (column list); TOPIC (column list)}. */
public final class FactSchemas {

  /** What Kafka allows in the name of a topic: org.apache.kafka.common.internals.Topic. */
  private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

  private FactSchemas() {}

  /**
   * Takes the lists apart; what they say is for {@link FactSchema} to read.
   *
   * @return column list by topic, in the order of the text
   * @throws IllegalArgumentException naming the topic, when the text has another form
   */
  public static Map<String, String> split(String schemas) {
    Map<String, String> lists = new LinkedHashMap<>();
    int at = 0;
    while (!schemas.substring(at).isBlank()) {
      int open = schemas.indexOf('(', at);
      String topic = schemas.substring(at, open < 0 ? schemas.length() : open).strip();
      if (!TOPIC.matcher(topic).matches()) {
        throw new IllegalArgumentException(
            "found " + shortened(topic) + " where a topic's name should stand");
      }
      if (open < 0) {
        throw new IllegalArgumentException(
            "topic " + topic + ": the column list in brackets is missing");
      }
      int close = closingBracket(schemas, open, topic);
      if (lists.put(topic, schemas.substring(open + 1, close)) != null) {
        throw new IllegalArgumentException("topic " + topic + ": it has two column lists");
      }
      at = close + 1;
      String rest = schemas.substring(at).stripLeading();
      if (!rest.isEmpty() && !rest.startsWith(";")) {
        throw new IllegalArgumentException(
            "topic " + topic + ": a semicolon should follow its column list");
      }
      at = rest.isEmpty() ? schemas.length() : schemas.indexOf(';', at) + 1;
    }
    if (lists.isEmpty()) {
      throw new IllegalArgumentException("there is no topic in it");
    }
    return lists;
  }

  private static int closingBracket(String sql, int open, String topic) {
    try {
      int depth = 0;
      SqlToken token;
      for (int at = open; (token = SqlToken.next(sql, at)).kind() != SqlToken.Kind.END; ) {
        depth += token.isSign('(') ? 1 : token.isSign(')') ? -1 : 0;
        if (depth == 0) {
          return token.offset();
        }
        at = token.end();
      }
    } catch (SqlSyntaxException e) {
      throw new IllegalArgumentException("topic " + topic + ": " + e.getMessage(), e);
    }
    throw new IllegalArgumentException("topic " + topic + ": the bracket has no end");
  }

  private static String shortened(String text) {
    return text.isEmpty() ? "nothing" : text.substring(0, Math.min(text.length(), 60));
  }
}

package dev.sluice.catalogue;

import dev.sluice.SluiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The name of a Postgres table, as Postgres keeps it: exact case, no quotes. It knows the forms in
 * which the name goes to SQL, to Debezium's settings and to Kafka, and nothing else makes them.
 *
 * @param schema 1 to 63 bytes
 * @param table 1 to 63 bytes
 */
public record TableName(String schema, String table) {

  /** Postgres cuts what is longer, silently: NAMEDATALEN is 64, with the zero at the end. */
  private static final int MOST_BYTES = 63;

  private static final String DEFAULT_SCHEMA = "public";
  private static final String PLAIN = "[a-z_\\x{80}-\\x{10FFFF}][a-z0-9_$\\x{80}-\\x{10FFFF}]*";

  /**
   * Reads what one would write in psql: {@code orders}, {@code sales.orders}, {@code
   * sales."Order.Lines"}. What stands without quotes is folded to lower case, as Postgres does;
   * without a schema it is in {@code public}.
   *
   * @param option what the text was given for, for the error
   * @throws SluiceException when it is no name, with what would be one
   */
  public static TableName parse(String text, String option) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      int end = endOfPart(text, at);
      String written = end < 0 ? "" : text.substring(at, end);
      if (written.startsWith("\"")) {
        parts.add(written.substring(1, written.length() - 1).replace("\"\"", "\""));
      } else if (lowerCase(written).matches(PLAIN)) {
        parts.add(lowerCase(written));
      } else {
        throw new SluiceException(
            option
                + " "
                + text
                + ": must be a table's name as in SQL, schema.table; what is not letters, digits and"
                + " _ stands in double quotes, such as sales.\"Order-Lines\".");
      }
      if (end == text.length()) {
        break;
      }
      at = end + 1;
    }
    if (parts.size() > 2) {
      throw new SluiceException(
          option
              + " "
              + text
              + ": has "
              + parts.size()
              + " parts; wanted schema.table. A dot within a name stands in double quotes:"
              + " sales.\"orders.2026\".");
    }
    for (String part : parts) {
      if (part.isEmpty() || part.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
        throw new SluiceException(
            option + " " + text + ": each part of a name has 1 to " + MOST_BYTES + " bytes.");
      }
    }
    return parts.size() == 1
        ? new TableName(DEFAULT_SCHEMA, parts.get(0))
        : new TableName(parts.get(0), parts.get(1));
  }

  /** The table of a topic, as far as the topic's name tells: see {@link #inTopic}. */
  public static TableName ofTopic(String inTopic) {
    int dot = inTopic.indexOf('.');
    return dot < 0
        ? new TableName(DEFAULT_SCHEMA, inTopic)
        : new TableName(inTopic.substring(0, dot), inTopic.substring(dot + 1));
  }

  /** Where the part that begins here ends: at a dot or at the end; -1 for a quote without end. */
  private static int endOfPart(String text, int start) {
    if (start >= text.length() || text.charAt(start) != '"') {
      int dot = text.indexOf('.', start);
      return dot < 0 ? text.length() : dot;
    }
    for (int at = start + 1; at < text.length(); at++) {
      if (text.charAt(at) == '"') {
        if (at + 1 == text.length() || text.charAt(at + 1) == '.') {
          return at + 1;
        }
        if (text.charAt(at + 1) != '"') {
          return -1;
        }
        at++;
      }
    }
    return -1;
  }

  /** Postgres folds ASCII alone where a character has several bytes. */
  private static String lowerCase(String part) {
    StringBuilder folded = new StringBuilder(part.length());
    part.chars().forEach(c -> folded.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : (char) c));
    return folded.toString();
  }

  /** As SQL of Postgres writes it, always in quotes. */
  public String sql() {
    return Sql.name(schema) + "." + Sql.name(table);
  }

  /**
   * As Debezium's lists of regular expressions take it ({@code table.include.list}): what is no
   * ASCII letter, digit or _ as its code, because commas, blanks and references mean something in
   * such a list. A dot of a plain name stays, as those who write the list by hand have it.
   */
  public String regex() {
    String name = schema + "." + table;
    if (lowerCase(name).matches("[a-z0-9_]+\\.[a-z0-9_]+")) {
      return name;
    }
    StringBuilder regex = new StringBuilder();
    name.codePoints()
        .forEach(
            c -> {
              boolean literal = c > 127 || Character.isLetterOrDigit(c) || c == '_';
              regex.append(
                  literal ? Character.toString(c) : String.format(Locale.ROOT, "\\x%02x", c));
            });
    return regex.toString();
  }

  /**
   * As it stands in its topic's name behind {@code topic.prefix}: Debezium puts _ for what Kafka
   * forbids in a name (SchemaTopicNamingStrategy). Two tables may have the same.
   */
  public String inTopic() {
    return (schema + "." + table).replaceAll("[^a-zA-Z0-9._-]", "_");
  }

  /** As psql takes it, in quotes only where need be. */
  @Override
  public String toString() {
    return written(schema) + "." + written(table);
  }

  private static String written(String part) {
    return part.matches(PLAIN) ? part : Sql.name(part);
  }
}

package dev.sluice.mapping;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.catalogue.Sql;
import dev.sluice.servers.ClickHouseClient;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A column of the fact table.
 *
 * @param type in ClickHouse's canonical spelling
 * @param defaultLiteral what fills the column where the source has none, as ClickHouse writes it;
 *     null where the schema gives no {@code DEFAULT}, or one that is an expression
 */
public record FactColumn(String name, String type, String defaultLiteral) {

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");
  private static final Pattern WORD_OR_TEXT =
      Pattern.compile("(?i:null|true|false)|'(?:[^'\\\\]|\\\\.|'')*'", Pattern.DOTALL);

  /** The columns of a column list; ClickHouse itself reads it. */
  public static List<FactColumn> ofSchema(ClickHouseClient clickHouse, String schema) {
    List<FactColumn> columns = new ArrayList<>();
    for (GenericRecord row : clickHouse.rows("DESCRIBE TABLE null(" + Sql.factText(schema) + ")")) {
      String type = row.getString("type");
      columns.add(
          new FactColumn(
              row.getString("name"), type, literal(row.getString("default_expression"), type)));
    }
    return columns;
  }

  /** What the transform takes for a literal too; null for anything else. */
  static String literal(String expression, String type) {
    boolean number = NUMBER.matcher(expression).matches();
    String plain = plain(type);
    if (number && (plain.startsWith("Enum") || plain.startsWith("Date"))) {
      return plain.startsWith("Date") && expression.equals("0") ? expression : null;
    }
    return number || WORD_OR_TEXT.matcher(expression).matches() ? expression : null;
  }

  /** The type without {@code Nullable} and {@code LowCardinality}. */
  public String plainType() {
    return plain(type);
  }

  static String plain(String type) {
    for (String wrapper : List.of("LowCardinality(", "Nullable(")) {
      if (type.startsWith(wrapper)) {
        return plain(type.substring(wrapper.length(), type.length() - 1));
      }
    }
    return type;
  }

  /** Whether null is a value of the column. */
  public boolean isNullable() {
    return type.contains("Nullable(") && !type.startsWith("Array(");
  }
}

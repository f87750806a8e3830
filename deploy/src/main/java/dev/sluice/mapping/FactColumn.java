package dev.sluice.mapping;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.catalogue.Sql;
import dev.sluice.pipeline.ClickHouse;
import java.util.ArrayList;
import java.util.List;

/**
 * A column of the fact table.
 *
 * @param type in ClickHouse's canonical spelling
 * @param defaultLiteral what fills the column where the source has none, as ClickHouse writes it;
 *     null where the schema gives no {@code DEFAULT}
 */
public record FactColumn(String name, String type, String defaultLiteral) {

  /** The columns of a column list; ClickHouse itself reads it. */
  public static List<FactColumn> ofSchema(ClickHouse clickHouse, String schema) {
    List<FactColumn> columns = new ArrayList<>();
    for (GenericRecord row : clickHouse.rows("DESCRIBE TABLE null(" + Sql.factText(schema) + ")")) {
      String literal = row.getString("default_expression");
      columns.add(
          new FactColumn(
              row.getString("name"), row.getString("type"), literal.isEmpty() ? null : literal));
    }
    return columns;
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

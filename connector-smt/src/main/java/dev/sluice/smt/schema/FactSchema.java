package dev.sluice.smt.schema;

import dev.sluice.smt.type.TimeRules;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/** The columns of the fact table, in their order. */
public record FactSchema(List<SchemaColumn> columns) {

  public FactSchema {
    columns = List.copyOf(columns);
  }

  /**
   * Reads a column list as ClickHouse writes it between the brackets of CREATE TABLE.
   *
   * @throws IllegalArgumentException naming column and position, when it cannot be read or has a
   *     type that no fact row can carry
   */
  public static FactSchema parse(String columnList, TimeRules rules) {
    return new FactSchema(new ColumnListParser(columnList, rules).parse());
  }

  /** The position of a column, or -1. */
  public int indexOf(String name) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /** The schema of the rows: a field for each column, in the same order. */
  public Schema rowSchema(String name) {
    SchemaBuilder builder = SchemaBuilder.struct().name(name);
    for (SchemaColumn column : columns) {
      builder.field(column.name(), column.declared().schema());
    }
    return builder.build();
  }
}

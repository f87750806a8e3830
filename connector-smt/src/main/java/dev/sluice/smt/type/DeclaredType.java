package dev.sluice.smt.type;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * A type as a column or an array declares it.
 *
 * @param name ClickHouse's canonical spelling, wrappers included
 * @param type the type inside {@code Nullable} and {@code LowCardinality}
 * @param nullable whether there is a {@code Nullable} around it
 */
public record DeclaredType(String name, ColumnType type, boolean nullable) {

  /** The schema parameter that carries the column's type to the sink. */
  public static final String TYPE_PARAMETER = "clickhouse.type";

  /**
   * Reads a type as ClickHouse spells it.
   *
   * @throws IllegalArgumentException naming the type, when it is not supported or not well formed
   */
  public static DeclaredType parse(String text, TimeRules rules) {
    return new TypeParser(rules).parse(text);
  }

  /**
   * The same type with room for nulls.
   *
   * @throws IllegalArgumentException when ClickHouse has no such type
   */
  public DeclaredType asNullable() {
    if (nullable || type instanceof ArrayType || !name.equals(type.name())) {
      throw new IllegalArgumentException("ClickHouse has no Nullable of " + name);
    }
    return new DeclaredType("Nullable(" + name + ")", type, true);
  }

  /** The Connect schema of this type's values. */
  public Schema schema() {
    SchemaBuilder builder = type.schema().parameter(TYPE_PARAMETER, name);
    return nullable ? builder.optional().build() : builder.build();
  }
}

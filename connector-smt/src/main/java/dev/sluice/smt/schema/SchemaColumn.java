package dev.sluice.smt.schema;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.DeclaredType;

/**
 * One column of the fact table.
 *
 * @param whenAbsent what stands for a source column that an event does not have; null where the
 *     schema gives no literal, and the event then lacks a value
 */
public record SchemaColumn(String name, DeclaredType declared, Literal whenAbsent) {

  /**
   * A DEFAULT of the schema, as a value of the column's type.
   *
   * @param value null for NULL
   */
  public record Literal(Object value) {}

  public ColumnType type() {
    return declared.type();
  }

  public boolean nullable() {
    return declared.nullable();
  }
}

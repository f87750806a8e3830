package dev.sluice.smt.schema;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.DeclaredType;

/** One column of the fact table. */
public record FactColumn(String name, DeclaredType declared) {

  public ColumnType type() {
    return declared.type();
  }

  public boolean nullable() {
    return declared.nullable();
  }
}

package dev.sluice.smt;

import dev.sluice.smt.schema.SchemaColumn;
import dev.sluice.smt.type.ColumnType;
import org.apache.kafka.connect.data.Field;

/**
 * How one column of the row gets its value.
 *
 * @param column its name and type
 * @param field its field in the row, kept without its name
 * @param sourceName the source column that it reads
 * @param metadata what it reads from the envelope instead, or null
 * @param lsnBase what is added to a position in the log
 */
record ColumnPlan(
    SchemaColumn column, Field field, String sourceName, Metadata metadata, long lsnBase) {

  ColumnPlan {
    // Struct.put writes the name into a text for an error, whether there is one or not, and a value
    // that its column's type has made causes none.
    field = new Field(null, field.index(), field.schema());
  }

  String name() {
    return column.name();
  }

  ColumnType type() {
    return column.type();
  }

  boolean nullable() {
    return column.nullable();
  }
}

package dev.sluice.sink;

import dev.sluice.sink.TableLayout.Column;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * Writes the Structs of one schema as RowBinary rows of one table: compiled once, so that a row
 * costs one array access and one call per column.
 *
 * <p>The format is RowBinaryWithNamesAndTypes. Its header names the columns and their types, and
 * the server checks them: a column changed behind the sink's back is refused as such instead of
 * being filled with the wrong bytes. Columns that the row leaves out take their DEFAULT.
 */
final class RowWriter {
  /** The schema parameter in which the transform says which column type a field is made for. */
  static final String TYPE_PARAMETER = "clickhouse.type";

  private final List<Column> columns;
  private final byte[] header;
  private final Field[] fields;
  private final Encoder[] encoders;
  private final List<String> widened;
  private final List<String> zeroed;

  private RowWriter(
      List<Column> columns,
      Field[] fields,
      Encoder[] encoders,
      List<String> widened,
      List<String> zeroed) {
    this.widened = widened;
    this.zeroed = zeroed;
    this.columns = columns;
    this.fields = fields;
    this.encoders = encoders;
    RowBuffer names = new RowBuffer(1024);
    names.putVarInt(columns.size());
    columns.forEach(column -> names.putString(column.name()));
    columns.forEach(column -> names.putString(column.type()));
    this.header = names.toByteArray();
  }

  /**
   * Compiles the writer. A column that no field is for is left to ClickHouse, as it is when the
   * table gets one under the stream.
   *
   * @throws MisfitException listing everything in which schema and table disagree
   */
  static RowWriter compile(Schema schema, TableLayout layout) {
    List<String> problems = new ArrayList<>();
    List<String> zeroed = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    List<Encoder> encoders = new ArrayList<>();
    Set<String> unknown = new HashSet<>();
    schema.fields().forEach(field -> unknown.add(field.name()));
    for (Column column : layout.columns()) {
      Field field = schema.field(column.name());
      if (field == null) {
        if (column.required()) {
          problems.add(
              "column %s (%s) is of the sorting key and has no field"
                  .formatted(column.name(), column.type()));
        } else if (column.zeroWhereAbsent()) {
          zeroed.add(
              "column %s (%s) has no default and no field".formatted(column.name(), column.type()));
        }
        continue;
      }
      unknown.remove(column.name());
      try {
        encoders.add(encoder(field.schema(), column));
        columns.add(column);
        fields.add(field);
      } catch (DataException e) {
        problems.add("column %s (%s): %s".formatted(column.name(), column.type(), e.getMessage()));
      }
    }
    for (Field field : schema.fields()) {
      if (unknown.contains(field.name())) {
        problems.add("field %s has no column".formatted(field.name()));
      }
    }
    if (!problems.isEmpty()) {
      problems.addAll(zeroed);
      throw new MisfitException(layout.table(), problems);
    }
    return new RowWriter(
        List.copyOf(columns),
        fields.toArray(Field[]::new),
        encoders.toArray(Encoder[]::new),
        widened(fields, columns),
        List.copyOf(zeroed));
  }

  private static List<String> widened(List<Field> fields, List<Column> columns) {
    List<String> widened = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      String made = made(fields.get(i).schema());
      if (made != null && !made.equals(columns.get(i).type())) {
        widened.add(
            "%s is %s, its rows are made for %s"
                .formatted(columns.get(i).name(), columns.get(i).type(), made));
      }
    }
    return List.copyOf(widened);
  }

  private static String made(Schema schema) {
    return schema.parameters() == null ? null : schema.parameters().get(TYPE_PARAMETER);
  }

  private static Encoder encoder(Schema schema, Column column) {
    if (!column.writable()) {
      throw new DataException("the column is " + column.defaultKind() + " and takes no values");
    }
    String made = made(schema);
    ClickHouseType type = ClickHouseType.parse(column.type());
    if (made == null || made.equals(column.type())) {
      return Encoder.of(schema, type);
    }
    if (!Widening.keeps(ClickHouseType.parse(made), type)) {
      throw new DataException("the field is made for " + made);
    }
    return Encoder.widened(schema, type);
  }

  /** Columns that hold more than the rows are made for, each with both types. */
  List<String> widened() {
    return widened;
  }

  /** Columns that ClickHouse fills with its type's zero in every row, in words. */
  List<String> zeroed() {
    return zeroed;
  }

  /** The columns of a row, in the order in which they are written. */
  List<Column> columns() {
    return columns;
  }

  /**
   * Appends one row.
   *
   * @throws DataException naming the column, when a value does not fit it; the buffer is then as it
   *     was before
   * @throws NoRoomException when the buffer may not grow; it is then as it was before
   */
  void write(Struct row, RowBuffer out) {
    int start = out.size();
    int i = 0;
    try {
      for (; i < encoders.length; i++) {
        Object value = row.get(fields[i]);
        if (value == null && !fields[i].schema().isOptional()) {
          throw new DataException("the value is missing");
        }
        encoders[i].encode(value, out);
      }
    } catch (DataException e) {
      out.truncate(start);
      Column column = columns.get(i);
      throw new DataException(
          "column %s (%s): %s".formatted(column.name(), column.type(), e.getMessage()));
    } catch (NoRoomException e) {
      out.truncate(start);
      throw e;
    }
  }

  /** What stands before the rows of an insert: not to be changed. */
  byte[] header() {
    return header;
  }
}

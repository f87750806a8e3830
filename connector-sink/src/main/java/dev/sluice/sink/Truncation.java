package dev.sluice.sink;

import dev.sluice.sink.TableLayout.Column;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * A truncate event: a Struct whose schema is named {@value #SCHEMA_NAME}.
 *
 * <p>Its fields are integer columns with the least value each current row shall have: first the
 * delete flag, then, if they are to rise, version columns. Rows that bear the flag already stay as
 * they are, so the statement may be repeated.
 */
final class Truncation {
  static final String SCHEMA_NAME = "dev.sluice.Truncate";

  private static final Set<String> INTEGERS =
      Set.of("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64");

  private Truncation() {}

  static boolean is(Struct value) {
    return SCHEMA_NAME.equals(value.schema().name());
  }

  /**
   * The statement that marks all current rows.
   *
   * @throws DataException when a field is no integer column of the table
   */
  static String statement(Struct event, TableLayout layout) {
    List<Field> fields = event.schema().fields();
    if (fields.isEmpty()) {
      throw new DataException("a truncate event names the delete flag in its first field");
    }
    List<Column> columns =
        layout.columns().stream()
            .filter(column -> column.writable() && !column.defaultKind().equals("EPHEMERAL"))
            .toList();
    for (Field field : fields) {
      if (columns.stream().noneMatch(c -> is(c, field) && INTEGERS.contains(c.type()))
          || !(event.get(field) instanceof Number)) {
        throw new DataException("field " + field.name() + " is no integer column of the table");
      }
    }
    String table = ClickHouse.quote(layout.table());
    String flag = ClickHouse.quote(fields.get(0).name());
    return "INSERT INTO %s (%s) SELECT %s FROM %s FINAL WHERE %s < %s"
            .formatted(
                table,
                columns.stream()
                    .map(column -> ClickHouse.quote(column.name()))
                    .collect(Collectors.joining(", ")),
                columns.stream()
                    .map(column -> value(column, event))
                    .collect(Collectors.joining(", ")),
                table,
                flag,
                event.get(fields.get(0)))
        // Equal blocks of two truncates are no duplicates of each other.
        + " SETTINGS insert_deduplicate = 0";
  }

  private static boolean is(Column column, Field field) {
    return column.name().equals(field.name());
  }

  private static String value(Column column, Struct event) {
    String name = ClickHouse.quote(column.name());
    Field field = event.schema().field(column.name());
    if (field == null) {
      return name;
    }
    long least = ((Number) event.get(field)).longValue();
    String text = column.type().equals("UInt64") ? Long.toUnsignedString(least) : "" + least;
    return "greatest(%s, CAST('%s', '%s'))".formatted(name, text, column.type());
  }
}

package dev.sluice.sink;

import dev.sluice.sink.TableLayout.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * A truncate event: a Struct whose schema is named {@value #SCHEMA_NAME}.
 *
 * <p>Its fields are columns with the least value that each current row is to have. First stands the
 * delete flag: rows that bear it already stay as they are, so the statement may be repeated. Then
 * come version columns, if the truncate has a version of its own: rows above it were written after
 * the truncate, landed before a crash and are read again now; they stay too.
 */
final class Truncation {
  static final String SCHEMA_NAME = "dev.sluice.Truncate";

  private static final Set<String> TYPES =
      Set.of("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Bool");

  private Truncation() {}

  static boolean is(Struct value) {
    return SCHEMA_NAME.equals(value.schema().name());
  }

  /**
   * The statement that marks the rows.
   *
   * @throws DataException when a field is no column of the table with a type that can be compared
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
    List<String> stale = new ArrayList<>();
    for (Field field : fields) {
      Column column =
          columns.stream()
              .filter(c -> c.name().equals(field.name()) && TYPES.contains(c.type()))
              .findAny()
              .orElseThrow(() -> unusable(field));
      stale.add(
          ClickHouse.quote(field.name())
              + (stale.isEmpty() ? " < " : " <= ")
              + least(event, column));
    }
    String table = ClickHouse.quote(layout.table());
    return "INSERT INTO %s (%s) SELECT %s FROM %s FINAL WHERE %s"
            .formatted(
                table,
                columns.stream()
                    .map(column -> ClickHouse.quote(column.name()))
                    .collect(Collectors.joining(", ")),
                columns.stream()
                    .map(column -> value(column, event))
                    .collect(Collectors.joining(", ")),
                table,
                String.join(" AND ", stale))
        // Equal blocks of two truncates are no duplicates of each other.
        + " SETTINGS insert_deduplicate = 0";
  }

  private static DataException unusable(Field field) {
    return new DataException(
        "field " + field.name() + " is no column of the table of an integer type or Bool");
  }

  private static String value(Column column, Struct event) {
    String name = ClickHouse.quote(column.name());
    return event.schema().field(column.name()) == null
        ? name
        : "greatest(%s, %s)".formatted(name, least(event, column));
  }

  private static String least(Struct event, Column column) {
    Object value = event.get(column.name());
    String text;
    if (value instanceof Long number && column.type().equals("UInt64")) {
      text = Long.toUnsignedString(number);
    } else if (value instanceof Number || value instanceof Boolean) {
      text = value.toString();
    } else {
      throw unusable(event.schema().field(column.name()));
    }
    return "CAST('%s', '%s')".formatted(text, column.type());
  }
}

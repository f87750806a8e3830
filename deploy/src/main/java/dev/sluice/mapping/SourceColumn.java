package dev.sluice.mapping;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A column of the Postgres table.
 *
 * @param type {@code pg_type.typname} of the column, of its domain's base, or of its array's
 *     elements
 * @param length the declared length of a bit string, 0 where there is none
 * @param isArray whether the column holds arrays of {@code type}
 * @param isEnum whether {@code type} is an enum
 * @param keyPosition the column's place in the primary key from 1, or 0
 * @param isNotNull whether Postgres refuses null in it
 * @param castType the whole type as SQL writes it
 */
public record SourceColumn(
    String name,
    String type,
    int length,
    boolean isArray,
    boolean isEnum,
    int keyPosition,
    boolean isNotNull,
    String castType) {

  private static final Set<String> TOLD_APART =
      Set.of("int2", "int4", "int8", "oid", "bool", "text", "varchar", "uuid");

  /** Whether values that are different to Postgres have different canonical texts. */
  boolean tellsApartByText() {
    return !isArray && (isEnum || TOLD_APART.contains(type));
  }

  private static final String QUERY =
      """
      SELECT a.attname, coalesce(e.typname, b.typname), a.atttypmod, e.oid IS NOT NULL,
             coalesce(e.typtype, b.typtype) = 'e',
             coalesce(array_position(string_to_array(i.indkey::text, ' ')::int[], a.attnum::int), 0),
             a.attnotnull, format_type(a.atttypid, a.atttypmod)
      FROM pg_attribute a
      JOIN pg_type t ON t.oid = a.atttypid
      JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
      LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
      LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum""";

  /** The columns of a table by name, in its order; none when there is no such table. */
  public static Map<String, SourceColumn> of(Connection connection, String table)
      throws SQLException {
    Map<String, SourceColumn> columns = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
      statement.setString(1, Sql.table(table));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          SourceColumn column =
              new SourceColumn(
                  rows.getString(1),
                  rows.getString(2),
                  Math.max(0, rows.getInt(3)),
                  rows.getBoolean(4),
                  rows.getBoolean(5),
                  rows.getInt(6),
                  rows.getBoolean(7),
                  rows.getString(8));
          columns.put(column.name(), column);
        }
      }
    }
    return columns;
  }
}

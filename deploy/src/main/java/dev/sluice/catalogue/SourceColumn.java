package dev.sluice.catalogue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param traits what only the catalogue's checks ask for
 */
public record SourceColumn(
    String name,
    String type,
    int length,
    boolean isArray,
    boolean isEnum,
    int keyPosition,
    boolean isNotNull,
    String castType,
    Traits traits) {

  /**
   * More of a column.
   *
   * @param elementKind {@code pg_type.typtype} of {@code type}: b(ase), c(omposite), d(omain), …
   * @param isDomain whether the column's type is a domain
   * @param isGenerated whether Postgres computes it
   * @param isLarge whether its values may be stored out of line (TOAST)
   * @param precision digits of a numeric, 0 where none are declared
   * @param scale digits of a numeric behind the point; may be negative
   * @param labels of an enum, in their order
   */
  public record Traits(
      char elementKind,
      boolean isDomain,
      boolean isGenerated,
      boolean isLarge,
      int precision,
      int scale,
      List<String> labels) {}

  private static final Set<String> TOLD_APART =
      Set.of("int2", "int4", "int8", "oid", "bool", "text", "varchar", "uuid");

  private static final String QUERY =
      """
      SELECT a.attname, coalesce(e.typname, b.typname), m.modifier, e.oid IS NOT NULL,
             coalesce(e.typtype, b.typtype) = 'e',
             coalesce(array_position(string_to_array(i.indkey::text, ' ')::int[], a.attnum::int), 0),
             a.attnotnull OR t.typnotnull, format_type(a.atttypid, a.atttypmod),
             coalesce(e.typtype, b.typtype), t.typtype = 'd', a.attgenerated <> '',
             a.attstorage IN ('x', 'e'),
             ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = coalesce(e.oid, b.oid)
                   ORDER BY enumsortorder)
      FROM pg_attribute a
      JOIN pg_type t ON t.oid = a.atttypid
      JOIN LATERAL (
        WITH RECURSIVE base AS (
          SELECT t.oid AS type, a.atttypmod AS modifier
          UNION ALL
          SELECT d.typbasetype, CASE d.typtypmod WHEN -1 THEN base.modifier ELSE d.typtypmod END
          FROM base JOIN pg_type d ON d.oid = base.type WHERE d.typtype = 'd')
        SELECT base.type, base.modifier FROM base JOIN pg_type d ON d.oid = base.type
        WHERE d.typtype <> 'd') m ON true
      JOIN pg_type b ON b.oid = m.type
      LEFT JOIN pg_type e ON e.typarray = b.oid
      LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = (
          SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = ? AND c.relname = ?)
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum""";

  /** What stands before the scale in a numeric's modifier; see Postgres's numeric.c. */
  private static final int NUMERIC_OFFSET = 4;

  /** The columns of a table by name, in its order; none when there is no such table. */
  public static Map<String, SourceColumn> of(Connection connection, TableName table)
      throws SQLException {
    Map<String, SourceColumn> columns = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
      statement.setString(1, table.schema());
      statement.setString(2, table.table());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String type = rows.getString(2);
          int modifier = rows.getInt(3);
          boolean sized = type.equals("numeric") && modifier >= NUMERIC_OFFSET;
          int numeric = modifier - NUMERIC_OFFSET;
          Traits traits =
              new Traits(
                  rows.getString(9).charAt(0),
                  rows.getBoolean(10),
                  rows.getBoolean(11),
                  rows.getBoolean(12),
                  sized ? numeric >> 16 & 0xffff : 0,
                  sized ? (numeric & 0x7ff ^ 1024) - 1024 : 0,
                  List.of((String[]) rows.getArray(13).getArray()));
          SourceColumn column =
              new SourceColumn(
                  rows.getString(1),
                  type,
                  Math.max(0, modifier),
                  rows.getBoolean(4),
                  rows.getBoolean(5),
                  rows.getInt(6),
                  rows.getBoolean(7),
                  rows.getString(8),
                  traits);
          columns.put(column.name(), column);
        }
      }
    }
    return columns;
  }

  /** Whether values that are different to Postgres have different canonical texts. */
  public boolean tellsApartByText() {
    return !isArray && (isEnum || TOLD_APART.contains(type));
  }
}

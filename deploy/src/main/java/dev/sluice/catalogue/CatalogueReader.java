package dev.sluice.catalogue;

import dev.sluice.catalogue.SourceTable.Part;
import dev.sluice.catalogue.SourceTable.Published;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a {@link SourceTable} from Postgres's catalogue, by names and numbers alone: a cast to
 * regclass asks for rights on schemas that have nothing to do with the table.
 */
public final class CatalogueReader {

  private static final int COLUMN_LISTS = 150_000;
  private static final int GENERATED_PUBLISHED = 180_000;

  private static final String TABLE =
      """
      SELECT c.oid, c.relkind, c.relpersistence = 'p',
             coalesce((SELECT bool_or(NOT indimmediate) FROM pg_index
                       WHERE indrelid = c.oid AND indisprimary), false),
             c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
               AND (c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE'))
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_roles r ON r.rolname = current_user
      WHERE n.nspname = ? AND c.relname = ?""";

  private static final String CHILDREN =
      """
      SELECT n.nspname, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE i.inhparent = ? AND NOT c.relispartition ORDER BY 1, 2""";

  private static final String PARTS =
      """
      WITH RECURSIVE tree AS (
        SELECT ?::oid AS oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
        JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relispartition)
      SELECT n.nspname, c.relname, c.relreplident,
             ARRAY(SELECT a.attname::text FROM pg_index x
                   JOIN pg_attribute a ON a.attrelid = x.indrelid
                    AND a.attnum = ANY (string_to_array(x.indkey::text, ' ')::int[])
                   WHERE x.indrelid = c.oid AND CASE c.relreplident
                     WHEN 'd' THEN x.indisprimary WHEN 'i' THEN x.indisreplident ELSE false END)
      FROM tree JOIN pg_class c ON c.oid = tree.oid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      ORDER BY c.oid <> ?::oid, 1, 2""";

  private static final String PUBLICATIONS =
      """
      SELECT p.pubname, p.pubviaroot, p.pubinsert, p.pubupdate, p.pubdelete,
             %s, %s, %s
      FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid IN (
        WITH RECURSIVE above AS (
          SELECT ?::oid AS oid
          UNION
          SELECT i.inhparent FROM pg_inherits i JOIN above ON i.inhrelid = above.oid
          JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relispartition)
        SELECT oid FROM above)
      WHERE p.puballtables OR r.prrelid IS NOT NULL%s
      ORDER BY 1""";

  private static final String OF_SCHEMA =
      " OR p.oid IN (SELECT pnpubid FROM pg_publication_namespace JOIN pg_namespace n"
          + " ON n.oid = pnnspid WHERE n.nspname = ?)";

  private CatalogueReader() {}

  /**
   * Reads what there is of a table.
   *
   * @return empty when there is none of this name
   */
  public static Optional<SourceTable> read(Connection connection, TableName name)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
      statement.setString(1, name.schema());
      statement.setString(2, name.table());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        long oid = row.getLong(1);
        Map<String, SourceColumn> columns = SourceColumn.of(connection, name);
        return Optional.of(
            new SourceTable(
                name,
                row.getString(2).charAt(0),
                row.getBoolean(3),
                columns,
                key(columns),
                row.getBoolean(4),
                names(connection, oid),
                parts(connection, oid, columns.keySet()),
                row.getBoolean(5),
                publications(connection, oid, name)));
      }
    }
  }

  private static List<String> key(Map<String, SourceColumn> columns) {
    return columns.values().stream()
        .filter(column -> column.keyPosition() > 0)
        .sorted(Comparator.comparing(SourceColumn::keyPosition))
        .map(SourceColumn::name)
        .toList();
  }

  private static List<TableName> names(Connection connection, long oid) throws SQLException {
    List<TableName> names = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(CHILDREN)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          names.add(new TableName(rows.getString(1), rows.getString(2)));
        }
      }
    }
    return names;
  }

  private static List<Part> parts(Connection connection, long oid, Set<String> all)
      throws SQLException {
    List<Part> parts = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(PARTS)) {
      statement.setLong(1, oid);
      statement.setLong(2, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          char identity = rows.getString(3).charAt(0);
          parts.add(
              new Part(
                  new TableName(rows.getString(1), rows.getString(2)),
                  identity,
                  identity == 'f' ? all : texts(rows, 4)));
        }
      }
    }
    return parts;
  }

  private static List<Published> publications(Connection connection, long oid, TableName name)
      throws SQLException {
    int version = connection.getMetaData().getDatabaseMajorVersion() * 10_000;
    boolean lists = version >= COLUMN_LISTS;
    String sql =
        PUBLICATIONS.formatted(
            lists
                ? "CASE WHEN r.prattrs IS NOT NULL THEN ARRAY(SELECT a.attname::text FROM"
                    + " pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY"
                    + " (string_to_array(r.prattrs::text, ' ')::int[])) END"
                : "NULL::text[]",
            lists ? "pg_get_expr(r.prqual, r.prrelid)" : "NULL::text",
            version >= GENERATED_PUBLISHED ? "p.pubgencols = 's'" : "false",
            lists ? OF_SCHEMA : "");
    List<Published> published = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      if (lists) {
        statement.setString(2, name.schema());
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          List<String> without = new ArrayList<>();
          List<String> operations = List.of("insert", "update", "delete");
          for (int i = 0; i < operations.size(); i++) {
            if (!rows.getBoolean(3 + i)) {
              without.add(operations.get(i));
            }
          }
          published.add(
              new Published(
                  rows.getString(1),
                  rows.getBoolean(2),
                  without,
                  rows.getArray(6) == null ? null : texts(rows, 6),
                  rows.getString(7),
                  rows.getBoolean(8)));
        }
      }
    }
    return published;
  }

  private static Set<String> texts(ResultSet rows, int column) throws SQLException {
    return new LinkedHashSet<>(List.of((String[]) rows.getArray(column).getArray()));
  }
}

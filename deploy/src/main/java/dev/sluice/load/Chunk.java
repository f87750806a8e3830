package dev.sluice.load;

import dev.sluice.catalogue.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A run of pages of a table: what is copied, and on failure copied again, as one. Postgres finds it
 * by {@code ctid} without an index and without reading anything else.
 *
 * @param relation what to read from, as SQL writes it
 * @param firstPage from 0
 * @param pages how many; of the last chunk, the pages known when it was planned
 * @param isLast whether it reaches to the end of the relation, wherever that is
 */
record Chunk(String relation, long firstPage, long pages, boolean isLast) {

  /** All of a table, found as Postgres finds best. */
  static Chunk whole(String table) {
    return new Chunk(table, 0, 1, true);
  }

  /** A table with everything that inherits from it, partitions among them. */
  private static final String RELATIONS =
      """
      WITH RECURSIVE tree AS (
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ? AND c.relname = ?
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
      SELECT format('ONLY %I.%I', n.nspname, c.relname),
             ceil(pg_relation_size(c.oid) / current_setting('block_size')::numeric)::bigint,
             has_table_privilege(c.oid, 'SELECT')
      FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm')
      ORDER BY 1""";

  /**
   * Cuts a table. One with a partition that the role may not read by itself stays whole: the right
   * to read the table is enough for that.
   *
   * @param wanted pages per chunk
   */
  static List<Chunk> of(Connection connection, TableName table, long wanted) throws SQLException {
    List<Chunk> chunks = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(RELATIONS)) {
      statement.setString(1, table.schema());
      statement.setString(2, table.table());
      try (ResultSet relations = statement.executeQuery()) {
        while (relations.next()) {
          if (!relations.getBoolean(3)) {
            return List.of(whole(table.sql()));
          }
          cut(relations.getString(1), relations.getLong(2), wanted, chunks);
        }
      }
    }
    return chunks;
  }

  static void cut(String relation, long pages, long wanted, List<Chunk> chunks) {
    long first = 0;
    for (; pages - first > wanted; first += wanted) {
      chunks.add(new Chunk(relation, first, wanted, false));
    }
    chunks.add(new Chunk(relation, first, pages - first, true));
  }

  /** In Postgres's SQL: the rows of these pages. */
  String condition() {
    if (firstPage == 0 && isLast) {
      return "true"; // A condition on ctid would keep Postgres from using an index.
    }
    String from = "ctid >= '(" + firstPage + ",0)'::tid";
    return isLast ? from : from + " AND ctid < '(" + (firstPage + pages) + ",0)'::tid";
  }

  /** For messages. */
  @Override
  public String toString() {
    return relation + ", pages " + firstPage + " to " + (firstPage + pages);
  }
}

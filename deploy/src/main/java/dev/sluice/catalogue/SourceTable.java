package dev.sluice.catalogue;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A Postgres table as its catalogue has it, with all the relations that its rows are in.
 *
 * @param kind {@code pg_class.relkind}: r an ordinary table, p a partitioned one
 * @param isLogged false for unlogged and temporary tables, whose changes nobody sees
 * @param columns by name, in the table's order
 * @param key the primary key's columns, in its order; empty where there is none
 * @param isKeyDeferrable whether two rows may exchange their keys in one statement
 * @param children tables that inherit from it, and are no partitions
 * @param parts the relations that hold its rows: itself, or every partition, the partitioned ones
 *     included; none where no such table was found
 * @param hidesRows whether row level security hides rows from the role that has looked
 * @param publications every publication that this table is in
 */
public record SourceTable(
    TableName name,
    char kind,
    boolean isLogged,
    Map<String, SourceColumn> columns,
    List<String> key,
    boolean isKeyDeferrable,
    List<TableName> children,
    List<Part> parts,
    boolean hidesRows,
    List<Published> publications) {

  /**
   * A relation with rows.
   *
   * @param identity {@code pg_class.relreplident}: d(efault), n(othing), f(ull), i(ndex)
   * @param identityColumns what the old row of an update or a delete then holds
   */
  public record Part(TableName name, char identity, Set<String> identityColumns) {}

  /**
   * How a publication has the table.
   *
   * @param viaRoot whether changes of partitions go by the partitioned table's name
   * @param withoutOperations insert, update or delete, where it leaves them out
   * @param columns of its column list; null where all are published
   * @param filter of its rows; null where all are published
   * @param generated whether it publishes stored generated columns (from Postgres 18)
   */
  public record Published(
      String publication,
      boolean viaRoot,
      List<String> withoutOperations,
      Set<String> columns,
      String filter,
      boolean generated) {}

  /**
   * Why its changes cannot be followed at all, whatever is published, with the way out; null when
   * they can.
   */
  public String refusal() {
    if (kind != 'r' && kind != 'p') {
      return name
          + " is no table: Postgres publishes changes of tables alone. Name the tables that"
          + " it is made of";
    } else if (!isLogged) {
      return name
          + " is unlogged: its changes are not in the WAL. ALTER TABLE "
          + name.sql()
          + " SET LOGGED";
    } else if (!children.isEmpty()) {
      return "tables inherit from "
          + name
          + " ("
          + children
          + "), whose rows a SELECT shows and"
          + " whose changes go by their own names. Partition it (PARTITION BY), or mirror each table"
          + " by itself";
    } else if (hidesRows) {
      return "row level security hides rows of " + name + " from this role. ALTER ROLE … BYPASSRLS";
    }
    return null;
  }

  /** Whether its rows are in partitions. */
  public boolean isPartitioned() {
    return kind == 'p';
  }

  /** How a publication has it; null when it does not. */
  public Published publishedBy(String publication) {
    return publications.stream()
        .filter(each -> each.publication().equals(publication))
        .findFirst()
        .orElse(null);
  }
}

package dev.sluice.load;

import dev.sluice.catalogue.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.Transfer.Moment;
import dev.sluice.servers.ClickHouseClient;

/** The fact table that a load fills, and whose rows are in it. */
final class LoadFacts {

  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;

  LoadFacts(ClickHouseClient clickHouse, TableMapping mapping) {
    this.clickHouse = clickHouse;
    this.mapping = mapping;
  }

  /** Where the table is, for comparison. */
  String where() {
    return clickHouse.address() + ", " + mapping.fact();
  }

  long count() {
    return clickHouse.number("SELECT count() FROM " + Sql.factName(mapping.fact()));
  }

  /**
   * Whether every row can be the load's: it bears the load's position in the WAL, where the table
   * has a column for that, and there are no more rows than the load has sent.
   *
   * @param most how many rows the load may have brought
   */
  boolean areAllOf(Moment moment, long most) {
    String others =
        mapping.settings().metadata().entrySet().stream()
            .filter(column -> column.getValue().equals("lsn"))
            .map(
                column ->
                    "ifNull("
                        + Sql.factName(column.getKey())
                        + " != "
                        + (mapping.settings().lsnBase() + moment.lsn())
                        + ", true)")
            .findFirst()
            .orElse("false");
    return count() <= most
        && clickHouse.number("SELECT countIf(" + others + ") FROM " + Sql.factName(mapping.fact()))
            == 0;
  }

  /** Ends inserts of that moment that ClickHouse still works on: nothing of them lands later. */
  void endInserts(long lsn) {
    clickHouse.executeOne(
        "KILL QUERY WHERE startsWith(query_id, "
            + Sql.factText(ChunkCopier.queryPrefix(mapping.fact(), lsn))
            + ") SYNC");
  }

  void empty() {
    clickHouse.executeOne("TRUNCATE TABLE " + Sql.factName(mapping.fact()));
  }
}

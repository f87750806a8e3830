package dev.sluice.ops;

import java.util.Map;

/** The tables of ClickHouse's database by name. */
record ClickHouseView(Map<String, Table> tables) {

  /**
   * A table.
   *
   * @param engineFull with its arguments
   * @param rows versions of one row counted apart until they are merged
   * @param parts active parts
   */
  record Table(
      String name, String engineFull, String sortingKey, long rows, long bytes, long parts) {}
}

package dev.sluice.verify;

import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;

/** Comparisons of tables that nothing is on its way to. */
public final class Comparisons {

  private Comparisons() {}

  /** Of all rows, with up to 100 differences. */
  public static TableComparison of(
      PostgresAddress postgres, ClickHouseClient clickHouse, TableMapping mapping) {
    return new TableComparison(
        postgres, clickHouse, mapping, TableComparison.Barrier.NONE, progress -> {}, 100, 100);
  }
}

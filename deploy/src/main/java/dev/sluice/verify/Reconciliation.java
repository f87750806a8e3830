package dev.sluice.verify;

import dev.sluice.Narrator;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.Reload;
import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;

/**
 * Brings a fact table to what Postgres has, whatever lies between them: compares, fixes what
 * differs, and compares again, until nothing differs that can be fixed.
 *
 * <p>Failure semantics: as {@link TableComparison} and {@link Repair}. What has been fixed stays so
 * when it fails or is ended half-way, and it can be run again.
 */
public final class Reconciliation {

  /** With more rows to fix one by one, all are read once more. */
  public static final int LIMIT = 20_000;

  private static final String ALL_ROWS = "true";

  private final PostgresAddress postgres;
  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;
  private final TableComparison comparison;
  private final Narrator narrator;

  /**
   * @param comparison which looks for {@link #LIMIT} rows that differ
   */
  public Reconciliation(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      TableMapping mapping,
      TableComparison comparison,
      Narrator narrator) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.comparison = comparison;
    this.narrator = narrator;
  }

  /**
   * Compares and fixes.
   *
   * @return the last comparison: its rows are equal, or no insert fixes what differs
   */
  public TableComparison.Result run() {
    Repair repair = new Repair(postgres, clickHouse, mapping, narrator);
    boolean reloaded = false;
    while (true) {
      TableComparison.Result result = comparison.compare();
      if (result.rowsAreEqual()) {
        return result;
      }
      if (result.more() > 0 && !reloaded) {
        reloaded = true;
        narrator.say("More than %,d rows differ: all are read once more".formatted(LIMIT));
        Reload.run(postgres, clickHouse, mapping, ALL_ROWS, BulkLoad.Options.DEFAULT, narrator);
        continue;
      }
      Repair.Plan plan = repair.plan(result.differences());
      plan.hopeless().forEach((key, why) -> narrator.say("Not fixed: " + key + ", because " + why));
      if (!plan.helps()) {
        return result;
      }
      narrator.say(
          "Fixing: %,d rows get Postgres's values, the surplus of %,d keys is marked as deleted"
              .formatted(plan.insert().size(), plan.delete().size()));
      repair.apply(plan);
    }
  }
}

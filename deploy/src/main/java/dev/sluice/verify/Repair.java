package dev.sluice.verify;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.load.Reload;
import dev.sluice.mapping.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import dev.sluice.pipeline.SafePosition;
import dev.sluice.verify.Difference.Kind;
import dev.sluice.verify.Side.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Inserts the right version of rows that differ, as the sink would: a row that Postgres has with
 * Postgres's values and version, a row that it has not once more as deleted. Versions decide: what
 * the stream brings later is newer and wins.
 *
 * <p>Failure semantics: nothing is retried; a repair that failed half-way can be run again. Rows
 * that an insert cannot mend are named by {@link #plan} and left alone.
 */
public final class Repair {

  private static final int SLICE = 500;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /**
   * What is to be done.
   *
   * @param insert rows to insert with Postgres's values
   * @param delete rows to mark as deleted
   * @param hopeless rows that no insert can mend, each with the reason
   */
  public record Plan(List<Key> insert, List<Key> delete, Map<Key, String> hopeless) {
    /** True when there is something to do. */
    public boolean helps() {
      return !insert.isEmpty() || !delete.isEmpty();
    }
  }

  private final PostgresAddress postgres;
  private final ClickHouse clickHouse;
  private final TableMapping mapping;
  private final Narrator narrator;
  private final ClickHouseSide fact;

  /**
   * @throws SluiceException when the tables are such that no row can be written exactly
   */
  public Repair(
      PostgresAddress postgres, ClickHouse clickHouse, TableMapping mapping, Narrator narrator) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.narrator = narrator;
    this.fact = new ClickHouseSide(clickHouse, mapping, Buckets.of(0, 100));
    String refusal = InitialLoad.refusal(mapping);
    if (refusal != null) {
      throw new SluiceException(
          refusal + ", so nothing is repaired. Let the source send the rows again.");
    }
  }

  /** Decides what to do about each difference. */
  public Plan plan(List<Difference> differences) {
    List<Key> insert = new ArrayList<>();
    List<Key> delete = new ArrayList<>();
    Map<Key, String> hopeless = new TreeMap<>();
    try (PostgresSide source = new PostgresSide(postgres, mapping, Buckets.of(0, 100))) {
      for (List<Difference> slice : slices(differences)) {
        List<Key> keys = slice.stream().map(Difference::key).toList();
        Map<Key, Row> rows = source.rows(keys);
        Map<Key, Row> facts = fact.rows(keys);
        for (Difference difference : slice) {
          Key key = difference.key();
          if (difference.kind() == Kind.EXTRA) {
            delete.add(key);
          } else if (isNewer(facts.get(key), rows.get(key))) {
            hopeless.put(key, "its version in ClickHouse is newer than Postgres's");
          } else {
            insert.add(key);
          }
        }
      }
    }
    return new Plan(insert, delete, hopeless);
  }

  private static boolean isNewer(Row fact, Row source) {
    return fact != null
        && source != null
        && Difference.compareVersions(fact.version(), source.version()) > 0;
  }

  /** Does what the plan says. */
  public void apply(Plan plan) {
    try (PostgresSide source = new PostgresSide(postgres, mapping, Buckets.of(0, 100))) {
      for (List<Key> keys : slices(plan.insert())) {
        Reload.run(
            postgres,
            clickHouse,
            mapping,
            source.isAmong(keys),
            BulkLoad.Options.DEFAULT,
            narrator);
      }
      for (List<Key> keys : slices(plan.delete())) {
        long millis = System.currentTimeMillis();
        long lsn = SafePosition.await(postgres, LIMIT, narrator::progress);
        // Of what is gone now: what is inserted from now on is newer than both.
        List<Key> gone = new ArrayList<>(keys);
        gone.removeAll(source.rows(keys).keySet());
        if (!gone.isEmpty()) {
          delete(gone, lsn, millis);
        }
      }
    }
  }

  private void delete(List<Key> keys, long lsn, long millis) {
    String version = mapping.settings().versionField();
    String newVersion =
        "lsn".equals(mapping.settings().metadata().get(version))
            ? Long.toString(lsn)
            : "greatest(" + Sql.factName(version) + ", " + millis + ")";
    clickHouse.executeOne(
        "INSERT INTO %1$s SELECT * REPLACE (1 AS %2$s, %3$s AS %4$s) FROM (SELECT * FROM %1$s FINAL WHERE %5$s)"
            .formatted(
                Sql.factName(mapping.fact()),
                Sql.factName(mapping.settings().deleteField()),
                newVersion,
                Sql.factName(version),
                fact.isAmong(keys)));
  }

  private static <T> List<List<T>> slices(List<T> all) {
    List<List<T>> slices = new ArrayList<>();
    for (int from = 0; from < all.size(); from += SLICE) {
      slices.add(all.subList(from, Math.min(all.size(), from + SLICE)));
    }
    return slices;
  }
}

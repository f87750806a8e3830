package dev.sluice.verify;

import dev.sluice.Narrator;
import dev.sluice.catalogue.Sql;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.load.Reload;
import dev.sluice.mapping.FactColumn;
import dev.sluice.mapping.FactStorage;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.SafePosition;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.Difference.Kind;
import dev.sluice.verify.Side.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Inserts the right version of rows that differ, as the sink would: a row that Postgres has with
 * Postgres's values and version, a row that readers see without reason once more as deleted, under
 * its own sorting key. Versions decide: what the stream brings later is newer and wins.
 *
 * <p>Failure semantics: nothing is retried; a repair that failed half-way can be run again. Rows
 * that an insert cannot fix are named by {@link #plan} and left alone; a row that changes meanwhile
 * may be left to the next repair, which a comparison shows.
 */
public final class Repair {

  private static final int SLICE = 500;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /**
   * What is to be done.
   *
   * @param insert rows to insert with Postgres's values
   * @param delete keys with rows to mark as deleted
   * @param hopeless rows that no insert can fix, each with the reason
   */
  public record Plan(List<Key> insert, List<Key> delete, Map<Key, String> hopeless) {
    /** True when there is something to do. */
    public boolean helps() {
      return !insert.isEmpty() || !delete.isEmpty();
    }
  }

  private final PostgresAddress postgres;
  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;
  private final Narrator narrator;
  private final ClickHouseSide fact;

  /** Why no row of Postgres can be inserted, or marked as deleted; null where it can. */
  private final String noInsert;

  private final String noDelete;

  /** Reads and writes nothing yet. */
  public Repair(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      TableMapping mapping,
      Narrator narrator) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.narrator = narrator;
    this.fact = new ClickHouseSide(clickHouse, mapping, Buckets.of(0, 100));
    this.noInsert = InitialLoad.refusal(mapping);
    this.noDelete = noDelete(mapping);
  }

  private static String noDelete(TableMapping mapping) {
    FactStorage storage = mapping.storage();
    String field = mapping.settings().deleteField();
    if (!storage.isReplacing()) {
      return storage.engine() + " shows every row that was ever inserted";
    } else if (!mapping.settings().flagsDeletes() || !storage.has(field)) {
      return "no column marks a row as deleted";
    }
    return storage.isInOrder(field) ? field + " is part of the fact table's ORDER BY" : null;
  }

  /** Decides what to do about each difference. */
  public Plan plan(List<Difference> differences) {
    Plan plan = new Plan(new ArrayList<>(), new ArrayList<>(), new TreeMap<>());
    try (PostgresSide source = source()) {
      for (List<Difference> slice : slices(differences)) {
        List<Key> keys = slice.stream().map(Difference::key).toList();
        Map<Key, List<Row>> rows = source.rows(keys);
        Map<Key, List<Row>> facts = fact.rows(keys);
        for (Difference difference : slice) {
          Key key = difference.key();
          decide(
              difference,
              rows.getOrDefault(key, List.of()),
              facts.getOrDefault(key, List.of()),
              plan);
        }
      }
    }
    return plan;
  }

  private void decide(Difference difference, List<Row> rows, List<Row> facts, Plan plan) {
    Key key = difference.key();
    Kind kind = difference.kind();
    boolean inserts =
        kind != Kind.EXTRA && facts.stream().noneMatch(found -> isWanted(found, rows));
    boolean deletes = kind == Kind.EXTRA || Row.living(facts).size() > 1;
    String reason = null;
    if (kind == Kind.FOLDED) {
      reason = "several rows of Postgres have this key";
    } else if (kind != Kind.MISSING && noDelete != null) {
      reason = noDelete;
    } else if (inserts && noInsert != null) {
      reason = noInsert;
    } else if (inserts && facts.stream().anyMatch(found -> isNewer(found, rows))) {
      reason = "its version in ClickHouse is newer than Postgres's";
    }
    if (reason != null) {
      plan.hopeless().put(key, reason);
      return;
    }
    if (inserts) {
      plan.insert().add(key);
    }
    if (deletes) {
      plan.delete().add(key);
    }
  }

  private static boolean isWanted(Row found, List<Row> rows) {
    return rows.size() == 1
        && found.deleted() == rows.get(0).deleted()
        && found.values().equals(rows.get(0).values());
  }

  private static boolean isNewer(Row found, List<Row> rows) {
    return rows.stream()
        .anyMatch(row -> Difference.compareVersions(found.version(), row.version()) > 0);
  }

  /** Does what the plan says. */
  public void apply(Plan plan) {
    try (PostgresSide source = source()) {
      for (List<Key> keys : slices(plan.insert())) {
        Reload.run(
            postgres,
            clickHouse,
            mapping,
            source.isAmong(keys),
            BulkLoad.Options.DEFAULT,
            narrator);
      }
      // A row with another value in ORDER BY has come beside the one that was to be replaced.
      TreeSet<Key> touched = new TreeSet<>(plan.delete());
      touched.addAll(plan.insert());
      if (noDelete == null) {
        for (List<Key> keys : slices(List.copyOf(touched))) {
          long millis = System.currentTimeMillis();
          long lsn = SafePosition.await(postgres, LIMIT, narrator::progress);
          // What is written to Postgres from now on is newer than both.
          delete(keys, source.rows(keys), lsn, millis);
        }
      }
    }
  }

  /** Marks what readers see without reason as deleted. */
  private void delete(List<Key> keys, Map<Key, List<Row>> rows, long lsn, long millis) {
    Map<Key, List<Row>> facts = fact.rows(keys);
    TreeSet<Key> doomedKeys = new TreeSet<>();
    Set<String> doomed = new HashSet<>();
    for (Key key : keys) {
      List<Row> found = facts.getOrDefault(key, List.of());
      List<Row> wanted = rows.getOrDefault(key, List.of());
      Optional<Row> kept =
          found.stream()
              .filter(each -> isWanted(each, wanted))
              .max((one, other) -> Difference.compareVersions(one.version(), other.version()));
      if (!wanted.isEmpty() && kept.isEmpty()) {
        // The stream has yet to bring it, perhaps to the place of one that we would mark.
        continue;
      }
      for (Row each : Row.living(found)) {
        if (kept.isEmpty() || !each.place().equals(kept.get().place())) {
          doomedKeys.add(key);
          doomed.add(each.place());
        }
      }
    }
    if (!doomed.isEmpty()) {
      fact.markDeleted(doomedKeys, doomed, version(lsn, millis));
    }
  }

  /** Not below the row's own, also where that is of another cluster: of equals the last wins. */
  private String version(long lsn, long millis) {
    String field = mapping.settings().versionField();
    String type =
        mapping.schema().stream()
            .filter(column -> column.name().equals(field))
            .map(FactColumn::plainType)
            .findFirst()
            .orElse("");
    String now =
        type.startsWith("DateTime64")
            ? "fromUnixTimestamp64Milli(toInt64(" + millis + "))"
            : type.startsWith("DateTime")
                ? "toDateTime(" + millis / 1_000 + ")"
                : Long.toString(
                    mapping.settings().isVersionedByLsn()
                        ? mapping.settings().lsnBase() + lsn
                        : millis);
    return "greatest(" + Sql.factName(field) + ", " + now + ")";
  }

  private PostgresSide source() {
    return new PostgresSide(postgres, mapping, Buckets.of(0, 100));
  }

  private static <T> List<List<T>> slices(List<T> all) {
    List<List<T>> slices = new ArrayList<>();
    for (int from = 0; from < all.size(); from += SLICE) {
      slices.add(all.subList(from, Math.min(all.size(), from + SLICE)));
    }
    return slices;
  }
}

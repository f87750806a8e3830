package dev.sluice.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.SluiceException;
import dev.sluice.mapping.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.TableMapping.MappedColumn;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import dev.sluice.verify.Difference.Kind;
import dev.sluice.verify.Side.Row;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
  private static final ObjectMapper JSON = new ObjectMapper();

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
  private final ClickHouseSide fact;

  /**
   * @throws SluiceException when the tables are such that no row can be written exactly
   */
  public Repair(PostgresAddress postgres, ClickHouse clickHouse, TableMapping mapping) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.fact = new ClickHouseSide(clickHouse, mapping, Buckets.of(0, 100));
    for (MappedColumn column : mapping.columns()) {
      if (column.form().back() == null) {
        throw new SluiceException(
            "Column "
                + column.fact().name()
                + ": "
                + column.source().castType()
                + " cannot be written exactly as "
                + column.fact().type()
                + " by SQL, so nothing is repaired. Let the source send the rows again.");
      }
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
    // Before the rows are read: whatever changes them later has a higher position.
    String lsn = lsn();
    try (PostgresSide source = new PostgresSide(postgres, mapping, Buckets.of(0, 100))) {
      for (List<Key> keys : slices(plan.insert())) {
        insert(source.rows(keys).values(), lsn);
      }
    }
    for (List<Key> keys : slices(plan.delete())) {
      delete(keys, lsn);
    }
  }

  private void insert(Collection<Row> rows, String lsn) {
    if (rows.isEmpty()) {
      return;
    }
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<MappedColumn> columns = mapping.columns();
    for (int i = 0; i < columns.size(); i++) {
      MappedColumn column = columns.get(i);
      names.add(Sql.factName(column.fact().name()));
      values.add(
          "CAST("
              + column.form().back().replace("{}", "c" + i)
              + ", "
              + Sql.factText(column.fact().type())
              + ")");
    }
    mapping
        .settings()
        .metadata()
        .forEach(
            (name, what) -> {
              switch (what) {
                case "lsn" -> values.add(lsn);
                case "commit_ts" -> values.add("toUnixTimestamp64Milli(now64(3))");
                case "op" -> values.add("'r'");
                default -> {
                  return;
                }
              }
              names.add(Sql.factName(name));
            });
    String deleteField = mapping.settings().deleteField();
    if (mapping.settings().flagsDeletes() && mapping.column(deleteField).isEmpty()) {
      names.add(Sql.factName(deleteField));
      values.add("0");
    }
    String structure =
        IntStream.range(0, columns.size())
            .mapToObj(i -> "c" + i + " Nullable(String)")
            .collect(Collectors.joining(", "));
    StringBuilder statement =
        new StringBuilder(
            "INSERT INTO "
                + Sql.factName(mapping.fact())
                + " ("
                + String.join(", ", names)
                + ") SELECT "
                + String.join(", ", values)
                + " FROM input("
                + Sql.factText(structure)
                + ") FORMAT JSONCompactEachRow");
    for (Row row : rows) {
      statement.append('\n').append(JSON.<JsonNode>valueToTree(row.values()));
    }
    clickHouse.executeOne(statement.toString());
  }

  private void delete(List<Key> keys, String lsn) {
    String version = mapping.settings().versionField();
    String newVersion =
        "lsn".equals(mapping.settings().metadata().get(version))
            ? lsn
            : "greatest(" + Sql.factName(version) + ", toUnixTimestamp64Milli(now64(3)))";
    clickHouse.executeOne(
        "INSERT INTO %1$s SELECT * REPLACE (1 AS %2$s, %3$s AS %4$s) FROM (SELECT * FROM %1$s FINAL WHERE %5$s)"
            .formatted(
                Sql.factName(mapping.fact()),
                Sql.factName(mapping.settings().deleteField()),
                newVersion,
                Sql.factName(version),
                fact.isAmong(keys)));
  }

  private String lsn() {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint - 1")) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + ": " + e.getMessage(), e);
    }
  }

  private static <T> List<List<T>> slices(List<T> all) {
    List<List<T>> slices = new ArrayList<>();
    for (int from = 0; from < all.size(); from += SLICE) {
      slices.add(all.subList(from, Math.min(all.size(), from + SLICE)));
    }
    return slices;
  }
}

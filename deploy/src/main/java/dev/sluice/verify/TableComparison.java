package dev.sluice.verify;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.SluiceException;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Compares a Postgres table with the {@code _current} view of its fact table, by count and by a
 * checksum over all columns of all rows.
 *
 * <p>Both databases hash the canonical text of each row and add the hashes up in 256 buckets, by
 * the key's own hash; only buckets that differ are looked into. Nothing is written, and what
 * crosses the network is 256 sums a side when all is equal.
 *
 * <p>Failure semantics: nothing is retried. Both tables should be at rest: a change that has not
 * arrived yet shows as a difference.
 */
public final class TableComparison {

  private static final int SHOWN = 10;

  /**
   * What was found.
   *
   * @param sourceRows rows of the Postgres table that are not marked deleted
   * @param factRows rows of the view
   * @param differences one sentence for each row that differs, at most {@value #SHOWN}, keys and
   *     columns but never values
   * @param moreDifferences how many further rows differ
   */
  public record Result(
      long sourceRows, long factRows, List<String> differences, int moreDifferences) {
    /** True when every row of each side is on the other with equal values. */
    public boolean identical() {
      return differences.isEmpty();
    }
  }

  /** A column of both tables; the key is always {@code id}. */
  private record Column(String source, String fact, CanonicalForm form) {}

  private record Sum(long rows, String hashes) {}

  private final PostgresAddress postgres;
  private final String sourceTable;
  private final ClickHouse clickHouse;
  private final String view;
  private final Map<String, String> renames;

  /**
   * @param sourceTable {@code schema.table}
   * @param view the view of current rows
   * @param renames fact column by source column, where they differ
   */
  public TableComparison(
      PostgresAddress postgres,
      String sourceTable,
      ClickHouse clickHouse,
      String view,
      Map<String, String> renames) {
    this.postgres = postgres;
    this.sourceTable = sourceTable;
    this.clickHouse = clickHouse;
    this.view = view;
    this.renames = renames;
  }

  /** Compares all rows. */
  public Result compare() {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      connection.setReadOnly(true);
      List<Column> columns = columns(statement);
      Map<String, Sum> source = sourceSums(statement, columns);
      Map<String, Sum> fact = factSums(columns);
      TreeSet<String> buckets = new TreeSet<>(source.keySet());
      buckets.addAll(fact.keySet());
      buckets.removeIf(bucket -> source.getOrDefault(bucket, NONE).equals(fact.get(bucket)));
      List<String> differences = differences(statement, columns, buckets);
      int shown = Math.min(SHOWN, differences.size());
      return new Result(
          total(source),
          total(fact),
          List.copyOf(differences.subList(0, shown)),
          differences.size() - shown);
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + ": " + e.getMessage(), e);
    }
  }

  private static final Sum NONE = new Sum(0, "0");

  private static long total(Map<String, Sum> sums) {
    return sums.values().stream().mapToLong(Sum::rows).sum();
  }

  private List<Column> columns(Statement statement) throws SQLException {
    Map<String, String> factTypes = new HashMap<>();
    for (GenericRecord row :
        clickHouse.rows(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '"
                + view
                + "'")) {
      factTypes.put(row.getString(1), row.getString(2));
    }
    String[] names = sourceTable.split("\\.");
    List<Column> columns = new ArrayList<>();
    try (ResultSet found =
        statement.executeQuery(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = '"
                + names[0]
                + "' AND table_name = '"
                + names[1]
                + "' ORDER BY ordinal_position")) {
      while (found.next()) {
        String source = found.getString(1);
        String fact = renames.getOrDefault(source, source);
        if (factTypes.containsKey(fact)) {
          columns.add(
              new Column(
                  source, fact, CanonicalForm.of(fact, found.getString(2), factTypes.get(fact))));
        }
      }
    }
    return columns;
  }

  private Map<String, Sum> sourceSums(Statement statement, List<Column> columns)
      throws SQLException {
    Map<String, Sum> sums = new TreeMap<>();
    try (ResultSet result =
        statement.executeQuery(
            "SELECT left(md5(id::text), 2), count(*), sum(('x' || left(md5("
                + sourceRow(columns)
                + "), 16))::bit(64)::bigint)::text FROM "
                + source()
                + " GROUP BY 1")) {
      while (result.next()) {
        sums.put(result.getString(1), new Sum(result.getLong(2), result.getString(3)));
      }
    }
    return sums;
  }

  private Map<String, Sum> factSums(List<Column> columns) {
    Map<String, Sum> sums = new TreeMap<>();
    for (GenericRecord row :
        clickHouse.rows(
            "SELECT substring(lower(hex(MD5(id))), 1, 2), count(),"
                + " toString(sum(toInt128(reinterpretAsInt64(reverse(substring(MD5("
                + factRow(columns)
                + "), 1, 8)))))) FROM "
                + view
                + " GROUP BY 1")) {
      sums.put(row.getString(1), new Sum(row.getLong(2), row.getString(3)));
    }
    return sums;
  }

  private List<String> differences(
      Statement statement, List<Column> columns, TreeSet<String> buckets) throws SQLException {
    List<String> differences = new ArrayList<>();
    for (String bucket : buckets) {
      Map<String, List<String>> source = sourceRows(statement, columns, bucket);
      Map<String, List<String>> fact = factRows(columns, bucket);
      TreeSet<String> keys = new TreeSet<>(source.keySet());
      keys.addAll(fact.keySet());
      for (String key : keys) {
        if (!fact.containsKey(key)) {
          differences.add(key + " is missing in ClickHouse");
        } else if (!source.containsKey(key)) {
          differences.add(key + " is in ClickHouse only");
        } else if (!source.get(key).equals(fact.get(key))) {
          differences.add(key + " differs in " + unequal(columns, source.get(key), fact.get(key)));
        }
      }
    }
    return differences;
  }

  private static String unequal(List<Column> columns, List<String> source, List<String> fact) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (!java.util.Objects.equals(source.get(i), fact.get(i))) {
        names.add(columns.get(i).fact());
      }
    }
    return String.join(", ", names);
  }

  private Map<String, List<String>> sourceRows(
      Statement statement, List<Column> columns, String bucket) throws SQLException {
    Map<String, List<String>> rows = new HashMap<>();
    String list =
        columns.stream()
            .map(c -> c.form().inPostgres(c.source()))
            .collect(Collectors.joining(", "));
    try (ResultSet result =
        statement.executeQuery(
            "SELECT id::text, "
                + list
                + " FROM "
                + source()
                + " AND left(md5(id::text), 2) = '"
                + bucket
                + "'")) {
      while (result.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
          values.add(result.getString(i + 2));
        }
        rows.put(result.getString(1), values);
      }
    }
    return rows;
  }

  private Map<String, List<String>> factRows(List<Column> columns, String bucket) {
    Map<String, List<String>> rows = new HashMap<>();
    String list =
        columns.stream()
            .map(c -> c.form().inClickHouse(c.fact()))
            .collect(Collectors.joining(", "));
    for (GenericRecord row :
        clickHouse.rows(
            "SELECT id, "
                + list
                + " FROM "
                + view
                + " WHERE substring(lower(hex(MD5(id))), 1, 2) = '"
                + bucket
                + "'")) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        values.add(row.getString(i + 2));
      }
      rows.put(row.getString(1), values);
    }
    return rows;
  }

  /** The table, and a condition that further ones can be put behind. */
  private String source() {
    return "\"" + sourceTable.replace(".", "\".\"") + "\" WHERE NOT is_deleted";
  }

  /** Every value behind its length in bytes, so that no two rows share a text. */
  private static String sourceRow(List<Column> columns) {
    return columns.stream()
        .map(c -> c.form().inPostgres(c.source()))
        .map(v -> "coalesce(octet_length(" + v + ") || ':' || " + v + ", 'null') || ';'")
        .collect(Collectors.joining(" || "));
  }

  private static String factRow(List<Column> columns) {
    return columns.stream()
        .map(c -> c.form().inClickHouse(c.fact()))
        .map(v -> "ifNull(concat(toString(length(" + v + ")), ':', " + v + "), 'null'), ';'")
        .collect(Collectors.joining(", ", "concat(", ")"));
  }
}

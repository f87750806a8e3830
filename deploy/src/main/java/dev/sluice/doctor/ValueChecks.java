package dev.sluice.doctor;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.StreamedTypes;
import dev.sluice.mapping.FactColumn;
import dev.sluice.mapping.FactMapping;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What only the rows tell: values that do not come through the stream, and keys that the fact table
 * holds for one and the same.
 *
 * <p>Failure semantics: a count that takes longer than {@value #LIMIT_SECONDS} s is given up, and
 * that is said. Nothing is written.
 */
final class ValueChecks {

  static final String KEYS = "keys stay apart";

  private static final String LARGEST = "largest row";
  private static final String TOO_LARGE =
      "an event that is larger fails the source, and WAL piles up";
  private static final String RAISE =
      "producer.override.max.request.size and producer.override.buffer.memory of the source, and"
          + " max.message.bytes of its topic";

  /** Types whose size Postgres knows without reading the value; of others what is stored counts. */
  private static final Set<String> SIZED_AS_THEY_ARE = Set.of("text", "varchar", "bpchar", "bytea");

  static final int LIMIT_SECONDS = 10;
  private static final String QUERY_CANCELED = "57014";

  private final Connection connection;
  private final SourceTable source;
  private final FactMapping mapping;
  private final List<FactColumn> schema;
  private final long largestEvent;
  private final CheckList findings = new CheckList("Tables");

  /**
   * @param largestEvent the bytes that the source's producer sends at most
   */
  ValueChecks(
      Connection connection,
      SourceTable source,
      FactMapping mapping,
      List<FactColumn> schema,
      long largestEvent) {
    this.connection = connection;
    this.source = source;
    this.mapping = mapping;
    this.schema = schema;
    this.largestEvent = largestEvent;
  }

  List<Check> run() throws SQLException {
    lostValues();
    foldedKeys();
    largestRow();
    return findings.checks();
  }

  /** Only whether keys stay apart. */
  List<Check> keys() throws SQLException {
    foldedKeys();
    return findings.checks();
  }

  private void lostValues() throws SQLException {
    for (FactColumn column : schema) {
      SourceColumn from = source.columns().get(mapping.sourceOf(column.name()));
      String lost = from == null ? null : StreamedTypes.lostValues(from, Sql.name(from.name()));
      if (lost == null) {
        continue;
      }
      Long rows = count("SELECT count(*) FROM " + source.name().sql() + " WHERE " + lost);
      boolean none = rows != null && rows == 0;
      String found =
          rows == null
              ? "not counted within " + LIMIT_SECONDS + " s"
              : rows + " rows now have what the stream does not carry";
      String why = StreamedTypes.lostValuesInWords(from) + ", or is lost";
      if (none) {
        findings.ok("values of " + from.name(), "the stream carries all that are there now");
      } else if (rows == null) {
        findings.warn("values of " + from.name(), found, why, "look yourself: " + lost);
      } else {
        findings.fail(
            "values of " + from.name(),
            found,
            why,
            "leave the column out of schema, or keep such values out: ALTER TABLE "
                + source.name().sql()
                + " ADD CHECK (NOT ("
                + lost
                + "));");
      }
    }
  }

  /** Two keys of Postgres that are one in the fact table make one row of two. */
  private void foldedKeys() throws SQLException {
    List<String> folded = new ArrayList<>();
    List<String> as = new ArrayList<>();
    for (FactColumn column : schema) {
      SourceColumn from = source.columns().get(mapping.sourceOf(column.name()));
      if (from == null
          || from.keyPosition() == 0
          || mapping.metadata().containsKey(column.name())) {
        continue;
      }
      String coarse = TypeFit.coarser(from, column);
      if (coarse != null) {
        folded.add(column.name() + " (" + from.castType() + " as " + column.plainType() + ")");
      }
      as.add(coarse == null ? Sql.name(from.name()) : coarse.replace("{}", Sql.name(from.name())));
    }
    if (folded.isEmpty()) {
      return;
    }
    Long merged =
        count(
            "SELECT count(*) - count(DISTINCT ("
                + String.join(", ", as)
                + ")) FROM "
                + source.name().sql());
    String columns = String.join(", ", folded);
    String fix = "a fact column that tells them apart, such as String or DateTime64(6)";
    if (merged == null) {
      findings.warn(
          KEYS,
          columns + ": not counted within " + LIMIT_SECONDS + " s",
          "two rows whose keys become equal are one row in ClickHouse",
          fix);
    } else if (merged > 0) {
      findings.fail(
          KEYS,
          columns + ": " + merged + " rows have the key of another one there",
          "of rows with one key ClickHouse keeps one",
          fix);
    } else {
      findings.warn(
          KEYS,
          columns + ": all differ now",
          "two rows whose keys become equal are one row in ClickHouse",
          fix);
    }
  }

  /**
   * What the producer refuses fails the source, with all its tables. Nothing is read from TOAST.
   */
  private void largestRow() throws SQLException {
    String bytes =
        source.columns().values().stream()
            .map(
                column ->
                    "coalesce("
                        + (SIZED_AS_THEY_ARE.contains(column.type()) && !column.isArray()
                            ? "octet_length("
                            : "pg_column_size(")
                        + Sql.name(column.name())
                        + "), 0)::bigint")
            .collect(Collectors.joining(" + "));
    Long largest = count("SELECT coalesce(max(" + bytes + "), 0) FROM " + source.name().sql());
    String limit = "an event may have %,d".formatted(largestEvent);
    if (largest == null) {
      findings.warn(
          LARGEST, "not looked at within " + LIMIT_SECONDS + " s; " + limit, TOO_LARGE, RAISE);
    } else {
      // An update has the row before it and the row after it.
      findings.advise(
          2 * largest < largestEvent,
          LARGEST,
          "%,d bytes, twice in an update; %s".formatted(largest, limit),
          TOO_LARGE,
          RAISE);
    }
  }

  /** Null when it takes too long. */
  private Long count(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(LIMIT_SECONDS);
      try (ResultSet row = statement.executeQuery(sql)) {
        row.next();
        return row.getLong(1);
      }
    } catch (SQLException e) {
      if (QUERY_CANCELED.equals(e.getSQLState())) {
        return null;
      }
      throw e;
    }
  }
}

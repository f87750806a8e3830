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

/**
 * What only the rows tell: values that do not come through the stream, and keys that the fact table
 * holds for one and the same.
 *
 * <p>Failure semantics: a count that takes longer than {@value #LIMIT_SECONDS} s is given up, and
 * that is said. Nothing is written.
 */
final class ValueChecks {

  static final String KEYS = "keys stay apart";

  static final int LIMIT_SECONDS = 10;
  private static final String QUERY_CANCELED = "57014";

  private final Connection connection;
  private final SourceTable source;
  private final FactMapping mapping;
  private final List<FactColumn> schema;
  private final Findings findings = new Findings("Tables");

  ValueChecks(
      Connection connection, SourceTable source, FactMapping mapping, List<FactColumn> schema) {
    this.connection = connection;
    this.source = source;
    this.mapping = mapping;
    this.schema = schema;
  }

  List<Check> run() throws SQLException {
    lostValues();
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
    String mend = "a fact column that tells them apart, such as String or DateTime64(6)";
    if (merged == null) {
      findings.warn(
          KEYS,
          columns + ": not counted within " + LIMIT_SECONDS + " s",
          "two rows whose keys become equal are one row in ClickHouse",
          mend);
    } else if (merged > 0) {
      findings.fail(
          KEYS,
          columns + ": " + merged + " rows have the key of another one there",
          "of rows with one key ClickHouse keeps one",
          mend);
    } else {
      findings.warn(
          KEYS,
          columns + ": all differ now",
          "two rows whose keys become equal are one row in ClickHouse",
          mend);
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

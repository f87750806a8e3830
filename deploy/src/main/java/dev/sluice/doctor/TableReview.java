package dev.sluice.doctor;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.CatalogueReader;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.TableName;
import dev.sluice.doctor.Check.Verdict;
import dev.sluice.mapping.FactColumn;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.FactStorage;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.pipeline.Publication;
import dev.sluice.pipeline.Topics;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Postgres's table, the transform's schema and the fact table, read from their servers and held
 * against one another: for doctor, which says all of it, and for a load, which must not begin what
 * the stream cannot go on with.
 *
 * @param source the source connector's settings
 */
public record TableReview(
    PostgresAddress postgres,
    ClickHouseClient clickHouse,
    Map<String, String> source,
    FactMapping mapping,
    TableName table,
    String factTable) {

  /**
   * What makes a load wrong from its first change on. The rest of what fails shows by itself: a
   * value that does not fit stops the load and names the column.
   */
  private static final Set<String> NOT_TO_BE_LOADED =
      Set.of(
          TableChecks.KIND,
          TableChecks.STREAMED_TYPES,
          TableChecks.PLACES,
          TableChecks.GENERATED,
          TableChecks.PUBLISHED_COLUMNS,
          TableChecks.KEY,
          TableChecks.ORDER,
          ValueChecks.KEYS);

  /** All checks; none where Postgres has no such table. */
  List<Check> checks() throws SQLException {
    return checks(ValueChecks::run);
  }

  /** Which checks are made that read the table's rows. */
  private interface OfValues {
    List<Check> of(ValueChecks values) throws SQLException;
  }

  private List<Check> checks(OfValues wanted) throws SQLException {
    try (Connection connection = postgres.connect()) {
      connection.setReadOnly(true);
      PostgresAddress.waitsForNoLock(connection);
      Optional<SourceTable> found = CatalogueReader.read(connection, table);
      if (found.isEmpty()) {
        return List.of();
      }
      List<FactColumn> schema = FactColumn.ofSchema(clickHouse, mapping.schema());
      TableChecks.Tables tables =
          new TableChecks.Tables(
              found.get(),
              Publication.of(source).name(),
              JsonConverters.isSchemaless(source),
              mapping,
              schema,
              FactStorage.find(clickHouse, factTable).map(FactStorage::order).orElse(null),
              connection.getMetaData().getDatabaseMajorVersion());
      List<Check> checks = new ArrayList<>(new TableChecks(tables).run());
      checks.addAll(
          wanted.of(
              new ValueChecks(
                  connection, found.get(), mapping, schema, Topics.largestRequest(source))));
      return checks;
    }
  }

  /**
   * Before anything is changed.
   *
   * @throws SluiceException naming the columns of the schema that the table has not
   */
  public void refuseOtherShape() {
    try {
      checks(values -> List.of()).stream()
          .filter(check -> check.verdict() == Verdict.FAIL)
          .filter(check -> check.name().equals(TableChecks.COLUMNS))
          .findFirst()
          .ifPresent(
              check -> {
                throw new SluiceException(
                    table
                        + " has another shape than the fact table "
                        + factTable
                        + " wants ("
                        + check.found()
                        + "). Nothing was changed. For a table of another shape write a source, a"
                        + " sink and a fact table of its own: see README.md, Your own Postgres.");
              });
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /**
   * Before a load.
   *
   * @throws SluiceException with what would be wrong after it, and what fixes it
   */
  public void refuseLoss() {
    try {
      String losses =
          checks(ValueChecks::keys).stream()
              .filter(check -> check.verdict() == Verdict.FAIL)
              .filter(check -> NOT_TO_BE_LOADED.contains(check.name()))
              .map(
                  check ->
                      "%n  %s: %s%n    why:  %s%n    fix: %s"
                          .formatted(check.name(), check.found(), check.why(), check.fix()))
              .collect(Collectors.joining());
      if (!losses.isEmpty()) {
        throw new SluiceException(
            table + " is not loaded, because the facts would not stay right:" + losses);
      }
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }
}

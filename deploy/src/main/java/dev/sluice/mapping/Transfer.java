package dev.sluice.mapping;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.mapping.TableMapping.MappedColumn;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The two statements that carry rows straight from the Postgres table into the fact table: a {@code
 * COPY … TO STDOUT}, and an {@code INSERT … SELECT … FROM input(…) FORMAT TSV} that takes its bytes
 * as they are. What ends up in the fact table is what the transform would have made of the same
 * rows, read by a snapshot at {@link Moment}.
 *
 * @param select the expressions of Postgres's SELECT
 * @param into what follows {@code INSERT INTO}, up to {@code FORMAT}
 */
public record Transfer(String select, String into) {

  /**
   * What the rows of a transfer say of the change that they stand for.
   *
   * @param lsn a position in the WAL with no change before it that the rows do not show
   * @param millis the time of reading
   */
  public record Moment(long lsn, long millis) {}

  /**
   * Settings of the INSERT. Floats are read to the last bit, a null never becomes a default behind
   * our back, and one insert may reach as many partitions as there are months in the table.
   */
  public static final Map<String, String> SETTINGS =
      Map.of(
          "precise_float_parsing", "1",
          "input_format_null_as_default", "0",
          "short_circuit_function_evaluation", "force_enable",
          "output_format_decimal_trailing_zeros", "0",
          "max_partitions_per_insert_block", "0",
          "max_query_size", "100000000");

  /**
   * Derives both statements.
   *
   * @throws SluiceException naming the columns that SQL cannot make exactly as the transform does
   */
  public static Transfer of(TableMapping mapping, Moment moment) {
    List<String> select = new ArrayList<>();
    List<String> structure = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<String> checks = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (FactColumn column : mapping.schema()) {
      Optional<MappedColumn> mapped = mapping.column(column.name());
      String value = null;
      if (mapped.isPresent() && mapped.get().copy() != null) {
        CopyForm form = mapped.get().copy();
        select.add(form.inPostgres(mapped.get().source().name()));
        structure.add(Sql.factName(column.name()) + " " + form.inputType());
        value = form.inClickHouse(column.name());
        checks.addAll(form.checks(column.name()));
      } else if (mapped.isEmpty()) {
        value = constant(mapping, column, moment);
      }
      if (value == null) {
        String why =
            mapped
                .map(pair -> pair.source().castType() + " to " + column.type())
                .orElseGet(
                    () ->
                        mapping
                            .unmapped()
                            .getOrDefault(column.name(), mapping.excused().get(column.name())));
        refused.add(column.name() + " (" + why + ")");
      }
      names.add(Sql.factName(column.name()));
      values.add(value);
    }
    if (!refused.isEmpty()) {
      throw new SluiceException(
          "SQL cannot make all values of "
              + mapping.fact()
              + " exactly as the transform does: "
              + String.join(", ", refused));
    }
    return new Transfer(
        String.join(", ", select),
        Sql.factName(mapping.fact())
            + " ("
            + String.join(", ", names)
            + ") SELECT "
            + String.join(", ", values)
            + " FROM input("
            + Sql.factText(String.join(", ", structure))
            + ")"
            + (checks.isEmpty() ? "" : " WHERE " + String.join(" AND ", checks)));
  }

  /** The value of a column that no source column fills; null where only the transform knows it. */
  private static String constant(TableMapping mapping, FactColumn column, Moment moment) {
    String metadata = mapping.settings().metadata().get(column.name());
    String value = null;
    if (metadata != null) {
      value =
          switch (metadata) {
            case "lsn" -> Long.toString(mapping.settings().lsnBase() + moment.lsn());
            case "op" -> "'r'";
            case "snapshot" -> "'true'";
            case "commit_ts" ->
                column.plainType().endsWith("Int64") ? Long.toString(moment.millis()) : null;
            default -> null;
          };
    } else if (column.name().equals(mapping.settings().deleteField())) {
      value = "0";
    } else {
      value =
          mapping.constants().stream()
              .filter(constant -> constant.fact().equals(column))
              .map(constant -> constant.form().back())
              .findFirst()
              .orElse(null);
    }
    return value == null ? null : "CAST(" + value + ", " + Sql.factText(column.type()) + ")";
  }

  /**
   * The COPY of a part of the table.
   *
   * @param from what to read from, in Postgres's SQL
   * @param condition which of its rows
   */
  public String copy(String from, String condition) {
    return "COPY (SELECT " + select + " FROM " + from + " WHERE " + condition + ") TO STDOUT";
  }

  /**
   * Makes a session print every type in the form that the mapping counts on, whatever the role's
   * own settings are, and see all rows: where a policy would hide some, Postgres refuses to read.
   */
  public static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';"
              + " SET bytea_output = 'hex'; SET extra_float_digits = 1; SET lc_monetary = 'C';"
              + " SET xmloption = 'content'; SET standard_conforming_strings = on;"
              + " SET statement_timeout = 0; SET row_security = off");
    }
  }
}

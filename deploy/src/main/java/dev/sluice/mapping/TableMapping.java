package dev.sluice.mapping;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.pipeline.ClickHouse;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Postgres table and its fact table, column by column: the one place that both the comparison and
 * the bulk load take their SQL from.
 *
 * @param schema the fact schema's columns, in its order
 * @param columns those that both sides can say the same text of, in the fact table's order
 * @param key the columns among them that make up the primary key, in its order
 * @param unmapped fact columns that are not among {@code columns}, each with the reason
 * @param settings what the transform was told
 * @param isReplacing whether the fact table keeps versions, of which FINAL picks the newest
 */
public record TableMapping(
    TableName source,
    String fact,
    List<FactColumn> schema,
    List<MappedColumn> columns,
    List<MappedColumn> key,
    Map<String, String> unmapped,
    FactMapping settings,
    boolean isReplacing) {

  /**
   * A fact column and the source column that fills it.
   *
   * @param zero the canonical text of the default that stands for null; null where null stays null
   * @param copy how the values travel in a bulk load; null where SQL cannot make them exactly
   */
  public record MappedColumn(
      SourceColumn source, FactColumn fact, CanonicalForm form, String zero, CopyForm copy) {
    /** The value's text in Postgres's SQL; where the transform puts the default for null, that. */
    public String inPostgres() {
      String text = form.inPostgres(source.name());
      return zero == null ? text : "coalesce(" + text + ", " + Sql.text(zero) + ")";
    }

    /** The value's text in ClickHouse's SQL. */
    public String inClickHouse() {
      return form.inClickHouse(fact.name());
    }
  }

  private static final String NO_SOURCE = "the source table has no column for it";

  /**
   * Reads both tables' columns and pairs them.
   *
   * @throws SluiceException when a table or the primary key is missing, or the key cannot be
   *     compared
   */
  public static TableMapping of(
      FactMapping settings,
      SourceModes modes,
      Connection postgres,
      TableName source,
      ClickHouse clickHouse,
      String fact)
      throws SQLException {
    Map<String, SourceColumn> sourceColumns = SourceColumn.of(postgres, source);
    if (sourceColumns.isEmpty()) {
      throw new SluiceException(
          "Postgres has no table " + source + ", or hides it from this role.");
    }
    List<MappedColumn> columns = new ArrayList<>();
    Map<String, String> unmapped = new LinkedHashMap<>();
    List<FactColumn> schema = FactColumn.ofSchema(clickHouse, settings.schema());
    for (FactColumn column : schema) {
      SourceColumn from = sourceColumns.get(settings.sourceOf(column.name()));
      if (settings.metadata().containsKey(column.name())) {
        unmapped.put(column.name(), "the change event's " + settings.metadata().get(column.name()));
      } else if (from != null) {
        Optional<CanonicalForm> form = CanonicalForm.of(from, column, modes, settings.zone());
        if (form.isPresent()) {
          String zero =
              settings.defaultsForNull() && !column.isNullable()
                  ? zero(clickHouse, column, form.get())
                  : null;
          CopyForm copy = CopyForm.of(from, column, form.get(), settings);
          columns.add(new MappedColumn(from, column, form.get(), zero, copy));
        } else {
          unmapped.put(
              column.name(), from.castType() + " and " + column.type() + " cannot be compared");
        }
      } else if (!column.name().equals(settings.deleteField())) {
        unmapped.put(column.name(), NO_SOURCE);
      }
    }
    return new TableMapping(
        source,
        fact,
        schema,
        columns,
        key(columns, sourceColumns, source),
        unmapped,
        settings,
        isReplacing(clickHouse, fact));
  }

  private static String zero(ClickHouse clickHouse, FactColumn column, CanonicalForm form) {
    String value = "defaultValueOfTypeName(" + Sql.factText(column.type()) + ")";
    return clickHouse.rows("SELECT " + form.clickHouse().replace("{}", value)).get(0).getString(1);
  }

  private static List<MappedColumn> key(
      List<MappedColumn> columns, Map<String, SourceColumn> sourceColumns, TableName source) {
    List<SourceColumn> wanted =
        sourceColumns.values().stream()
            .filter(column -> column.keyPosition() > 0)
            .sorted(Comparator.comparing(SourceColumn::keyPosition))
            .toList();
    if (wanted.isEmpty()) {
      throw new SluiceException(
          source + " has no primary key: its rows cannot be told from one another.");
    }
    List<MappedColumn> key = new ArrayList<>();
    for (SourceColumn part : wanted) {
      key.add(
          columns.stream()
              .filter(column -> column.source().equals(part))
              .findFirst()
              .orElseThrow(
                  () ->
                      new SluiceException(
                          "Column "
                              + part.name()
                              + " of "
                              + source
                              + "'s primary key is not in the fact schema, or cannot be compared.")));
    }
    return key;
  }

  private static boolean isReplacing(ClickHouse clickHouse, String fact) {
    List<GenericRecord> found =
        clickHouse.rows(
            "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = "
                + Sql.factText(fact));
    if (found.isEmpty()) {
      throw new SluiceException(
          "ClickHouse has no table " + fact + ", or hides it from this user.");
    }
    return found.get(0).getString(1).contains("Replacing");
  }

  /** Whether the source table has no column for this one. */
  boolean isWithoutSource(FactColumn column) {
    return NO_SOURCE.equals(unmapped.get(column.name()));
  }

  /** The column of both tables with this fact name. */
  public Optional<MappedColumn> column(String factName) {
    return columns.stream().filter(column -> column.fact().name().equals(factName)).findFirst();
  }
}

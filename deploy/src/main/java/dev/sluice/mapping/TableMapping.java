package dev.sluice.mapping;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.TableName;
import dev.sluice.servers.ClickHouseClient;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Postgres table and its fact table, column by column: the one place that both the comparison and
 * the bulk load take their SQL from.
 *
 * @param schema the fact schema's columns, in its order
 * @param columns those that both sides can say the same text of, in the fact table's order
 * @param constants those that the source has no column for, and that the schema's literal or null
 *     fills
 * @param key the columns among {@code columns} that tell the rows of the source apart, in its order
 * @param excused fact columns that by their nature have no counterpart in the source, each with the
 *     reason
 * @param unmapped fact columns that ought to have one and have none, each with the reason
 * @param sourceOnly source columns that no fact column takes
 * @param ignored fact columns that somebody has asked to leave out of the comparison
 * @param settings what the transform was told
 * @param storage how ClickHouse keeps the fact table
 */
public record TableMapping(
    TableName source,
    String fact,
    List<FactColumn> schema,
    List<MappedColumn> columns,
    List<MappedColumn> constants,
    List<MappedColumn> key,
    Map<String, String> excused,
    Map<String, String> unmapped,
    List<String> sourceOnly,
    Set<String> ignored,
    FactMapping settings,
    FactStorage storage) {

  /**
   * A fact column and what fills it.
   *
   * @param source the source column; null for a constant
   * @param zero the canonical text of the default that stands for null; null where null stays null
   * @param copy how the values travel in a bulk load; null where SQL cannot make them exactly
   */
  public record MappedColumn(
      SourceColumn source, FactColumn fact, CanonicalForm form, String zero, CopyForm copy) {
    /** The value's text in Postgres's SQL; where the transform puts the default for null, that. */
    public String inPostgres() {
      String text = source == null ? form.postgres() : form.inPostgres(source.name());
      return zero == null ? text : "coalesce(" + text + ", " + Sql.text(zero) + ")";
    }

    /** The value's text in ClickHouse's SQL. */
    public String inClickHouse() {
      return form.inClickHouse(fact.name());
    }
  }

  private static final String NO_SOURCE =
      "the source table has no column for it, and the schema no DEFAULT";

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
      ClickHouseClient clickHouse,
      String fact)
      throws SQLException {
    Map<String, SourceColumn> sourceColumns = SourceColumn.of(postgres, source);
    if (sourceColumns.isEmpty()) {
      throw new SluiceException(
          "Postgres has no table " + source + ", or hides it from this role.");
    }
    refuseHiddenRows(postgres, source);
    FactStorage storage = FactStorage.of(clickHouse, fact);
    List<MappedColumn> columns = new ArrayList<>();
    List<MappedColumn> constants = new ArrayList<>();
    Map<String, String> excused = new LinkedHashMap<>();
    Map<String, String> unmapped = new LinkedHashMap<>();
    List<FactColumn> schema = FactColumn.ofSchema(clickHouse, settings.schema());
    for (FactColumn column : schema) {
      SourceColumn from = sourceColumns.get(settings.sourceOf(column.name()));
      if (settings.metadata().containsKey(column.name())) {
        excused.put(column.name(), "the change event's " + settings.metadata().get(column.name()));
      } else if (from != null) {
        Optional<CanonicalForm> form = CanonicalForm.of(from, column, modes, settings.zone());
        if (form.isPresent()) {
          String zero =
              settings.defaultsForNull() && !column.isNullable()
                  ? zero(clickHouse, column, form.get())
                  : null;
          CopyForm copy = CopyForm.of(from, column, form.get(), settings, modes);
          columns.add(new MappedColumn(from, column, form.get(), zero, copy));
        } else {
          unmapped.put(
              column.name(), from.castType() + " and " + column.type() + " cannot be compared");
        }
      } else if (!column.name().equals(settings.deleteField())) {
        String filled = filled(column, settings);
        if (filled == null) {
          unmapped.put(column.name(), NO_SOURCE);
        } else {
          constants.add(constant(clickHouse, column, filled));
        }
      }
    }
    beyondTheSchema(storage, schema, settings, sourceColumns, excused, unmapped);
    List<String> sourceOnly = new ArrayList<>(sourceColumns.keySet());
    schema.forEach(column -> sourceOnly.remove(settings.sourceOf(column.name())));
    return new TableMapping(
        source,
        fact,
        schema,
        columns,
        constants,
        key(columns, sourceColumns, source, settings),
        excused,
        unmapped,
        sourceOnly,
        Set.of(),
        settings,
        storage);
  }

  /** Partitions too, because a load reads each by its own name. */
  private static final String HIDING =
      """
      WITH RECURSIVE tree AS (
        SELECT to_regclass(?)::oid AS oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
      SELECT c.relname, current_user FROM tree JOIN pg_class c ON c.oid = tree.oid
      WHERE row_security_active(c.oid) ORDER BY 1 LIMIT 1""";

  private static void refuseHiddenRows(Connection postgres, TableName source) throws SQLException {
    try (PreparedStatement statement = postgres.prepareStatement(HIDING)) {
      statement.setString(1, source.sql());
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          throw new SluiceException(
              "Row level security of "
                  + row.getString(1)
                  + " ("
                  + source
                  + ") hides rows from the role "
                  + row.getString(2)
                  + ": it needs BYPASSRLS, or to own the table.");
        }
      }
    }
  }

  /** The value of a column that the source has not, in ClickHouse's SQL; null where it is a gap. */
  private static String filled(FactColumn column, FactMapping settings) {
    if (column.defaultLiteral() != null) {
      return column.defaultLiteral();
    } else if (!settings.ignoresMissing()) {
      return null;
    } else if (column.isNullable()) {
      return "NULL";
    }
    return settings.defaultsForNull()
        ? "defaultValueOfTypeName(" + Sql.factText(column.type()) + ")"
        : null;
  }

  private static MappedColumn constant(
      ClickHouseClient clickHouse, FactColumn column, String filled) {
    String value = "CAST(" + filled + ", " + Sql.factText(column.type()) + ")";
    String text = clickHouse.rows("SELECT toString(" + value + ")").get(0).getString(1);
    String postgres = (text == null ? "NULL" : Sql.text(text)) + "::text";
    CanonicalForm form = new CanonicalForm(postgres, "toString({})", filled, true);
    return new MappedColumn(null, column, form, null, null);
  }

  /** Columns that the fact table has and the transform knows nothing of. */
  private static void beyondTheSchema(
      FactStorage storage,
      List<FactColumn> schema,
      FactMapping settings,
      Map<String, SourceColumn> sourceColumns,
      Map<String, String> excused,
      Map<String, String> unmapped) {
    Set<String> known = schema.stream().map(FactColumn::name).collect(Collectors.toSet());
    if (settings.flagsDeletes()) {
      known.add(settings.deleteField());
    }
    for (FactStorage.Column column : storage.columns()) {
      if (known.contains(column.name()) || !column.isWritten()) {
        continue;
      }
      boolean own =
          column.defaultKind().equals("DEFAULT")
              && !sourceColumns.containsKey(settings.sourceOf(column.name()));
      if (own) {
        excused.put(column.name(), "ClickHouse fills it by its own DEFAULT");
      } else {
        unmapped.put(column.name(), "the transform's schema does not name it");
      }
    }
  }

  private static String zero(ClickHouseClient clickHouse, FactColumn column, CanonicalForm form) {
    String value = "defaultValueOfTypeName(" + Sql.factText(column.type()) + ")";
    return clickHouse.rows("SELECT " + form.clickHouse().replace("{}", value)).get(0).getString(1);
  }

  private static List<MappedColumn> key(
      List<MappedColumn> columns,
      Map<String, SourceColumn> sourceColumns,
      TableName source,
      FactMapping settings) {
    List<String> wanted =
        sourceColumns.values().stream()
            .filter(column -> column.keyPosition() > 0)
            .sorted(Comparator.comparing(SourceColumn::keyPosition))
            .map(SourceColumn::name)
            .toList();
    if (wanted.isEmpty()) {
      wanted = settings.keyColumns();
    }
    if (wanted.isEmpty()) {
      throw new SluiceException(
          source
              + " has no primary key: its rows cannot be told from one another. Where other columns"
              + " can tell them, name those in key.columns of the transform.");
    }
    List<MappedColumn> key = new ArrayList<>();
    for (String part : wanted) {
      key.add(
          columns.stream()
              .filter(c -> c.source().name().equals(part) || c.fact().name().equals(part))
              .findFirst()
              .orElseThrow(
                  () ->
                      new SluiceException(
                          "Column "
                              + part
                              + " of "
                              + source
                              + "'s key is not in the fact schema, or cannot be compared.")));
    }
    return key;
  }

  /** The columns that a comparison covers. */
  public List<MappedColumn> compared() {
    return Stream.concat(columns.stream(), constants.stream())
        .filter(column -> !ignored.contains(column.fact().name()))
        .toList();
  }

  /** Columns that a comparison may leave out, each with the reason. */
  public Map<String, String> notCompared() {
    Map<String, String> reasons = new LinkedHashMap<>(excused);
    ignored.forEach(name -> reasons.put(name, "left out by --ignore-column"));
    return reasons;
  }

  /** Columns that a comparison ought to cover and cannot, each with the reason. */
  public Map<String, String> notComparable() {
    Map<String, String> reasons = new LinkedHashMap<>(unmapped);
    reasons.keySet().removeAll(ignored);
    return reasons;
  }

  /**
   * The same without some fact columns in the comparison.
   *
   * @throws SluiceException when the fact table has no such column, or the key needs it
   */
  public TableMapping ignoring(Collection<String> names) {
    for (String name : names) {
      if (!storage.has(name)) {
        throw new SluiceException("--ignore-column " + name + ": " + fact + " has no such column.");
      }
      if (key.stream().anyMatch(part -> part.fact().name().equals(name))) {
        throw new SluiceException(
            "--ignore-column " + name + ": rows are told from one another by it.");
      }
    }
    return new TableMapping(
        source,
        fact,
        schema,
        columns,
        constants,
        key,
        excused,
        unmapped,
        sourceOnly,
        new LinkedHashSet<>(names),
        settings,
        storage);
  }

  /** Whether two rows of the source may have the same canonical key. */
  public boolean mayFoldKeys() {
    boolean isPrimary = key.stream().allMatch(part -> part.source().keyPosition() > 0);
    return !isPrimary || key.stream().anyMatch(part -> !part.source().tellsApartByText());
  }

  /** The column of both tables with this fact name. */
  public Optional<MappedColumn> column(String factName) {
    return columns.stream().filter(column -> column.fact().name().equals(factName)).findFirst();
  }
}

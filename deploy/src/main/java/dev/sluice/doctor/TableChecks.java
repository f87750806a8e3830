package dev.sluice.doctor;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.SourceTable.Published;
import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.StreamedTypes;
import dev.sluice.mapping.FactColumn;
import dev.sluice.mapping.FactMapping;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares Postgres's table, the transform's schema and the fact table with one another. A function
 * of what the three say: nothing is asked and nothing is read here.
 *
 * <p>What can lose or falsify a value is a failure. No advice makes Postgres refuse the
 * application's updates and deletes.
 */
final class TableChecks {

  /**
   * What is compared.
   *
   * @param publication the source's
   * @param schemaless whether the source writes JSON without schemas
   * @param schema the transform's columns
   * @param order the fact table's ORDER BY, column by column; null where there is no fact table yet
   * @param postgresMajor Postgres's major version
   */
  record Tables(
      SourceTable source,
      String publication,
      boolean schemaless,
      FactMapping mapping,
      List<FactColumn> schema,
      List<String> order,
      int postgresMajor) {}

  static final String COLUMNS = "columns of the schema";
  static final String KIND = "kind of table";
  static final String STREAMED_TYPES = "types in the stream";
  static final String PLACES = "places of the columns";
  static final String GENERATED = "generated columns";
  static final String PUBLISHED_COLUMNS = "published columns";
  static final String KEY = "key";
  static final String ORDER = "key and ORDER BY";

  private static final String LEAVE_OUT =
      "leave the column out of schema, and name it in ignored.columns of the transform";

  private final Tables of;
  private final SourceTable source;
  private final Published published;
  private final CheckList findings = new CheckList("Tables");

  TableChecks(Tables tables) {
    this.of = tables;
    this.source = tables.source();
    this.published = source.publishedBy(tables.publication());
  }

  List<Check> run() {
    String refusal = source.refusal();
    if (refusal != null) {
      findings.fail(KIND, refusal, "changes are missing that a SELECT shows", "as it says");
    }
    columns();
    shifted();
    types();
    key();
    publication();
    new IdentityChecks(of, findings).run();
    return findings.checks();
  }

  /** The source column of each fact column that has one. */
  private List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    for (FactColumn column : of.schema()) {
      SourceColumn from = source.columns().get(of.mapping().sourceOf(column.name()));
      if (from != null && !of.mapping().metadata().containsKey(column.name())) {
        pairs.add(new Pair(from, column));
      }
    }
    return pairs;
  }

  private record Pair(SourceColumn from, FactColumn to) {}

  private void columns() {
    Set<String> known = new LinkedHashSet<>(of.mapping().ignoredColumns());
    List<String> missing = new ArrayList<>();
    for (FactColumn column : of.schema()) {
      String name = column.name();
      String from = of.mapping().sourceOf(name);
      boolean filled =
          of.mapping().metadata().containsKey(name)
              || name.equals(of.mapping().deleteField())
              || column.defaultLiteral() != null;
      if (source.columns().containsKey(from)) {
        known.add(from);
      } else if (!filled) {
        missing.add(name + (from.equals(name) ? "" : " (from " + from + ")"));
      }
    }
    boolean asNull = of.mapping().ignoresMissing();
    if (!missing.isEmpty() && asNull) {
      findings.warn(
          COLUMNS,
          "null for ever, because Postgres has no column for them: " + list(missing),
          "missing.columns is ignore",
          "renames, or DEFAULT in the schema of the transform, or leave them out");
    } else {
      findings.require(
          missing.isEmpty(),
          COLUMNS,
          missing.isEmpty() ? "all in " + source.name() : "not in Postgres: " + list(missing),
          "every change becomes a dead letter",
          "renames, or DEFAULT in the schema of the transform, or leave them out of it");
    }
    List<String> unknown =
        source.columns().keySet().stream().filter(column -> !known.contains(column)).toList();
    String found =
        unknown.isEmpty()
            ? known.size() + ", all mapped or ignored"
            : "neither mapped nor ignored: " + list(unknown);
    String fix =
        "add them to the fact table and the transform's schema, or name them in ignored.columns";
    if (of.mapping().failsOnUnknown()) {
      String why = "every change becomes a dead letter (unknown.columns is fail)";
      findings.require(unknown.isEmpty(), "columns of Postgres", found, why, fix);
    } else {
      String why = "their values do not reach ClickHouse";
      findings.advise(unknown.isEmpty(), "columns of Postgres", found, why, fix);
    }
    List<String> computed = new ArrayList<>();
    List<String> unpublished = new ArrayList<>();
    for (Pair pair : pairs()) {
      if (pair.from().traits().isGenerated()) {
        if (published == null || !published.generated()) {
          computed.add(pair.from().name());
        }
      } else if (isOutsideList(pair.from().name())) {
        unpublished.add(pair.from().name());
      }
    }
    findings.require(
        computed.isEmpty(),
        GENERATED,
        computed.isEmpty() ? "none in the schema" : list(computed),
        "Postgres does not publish them: right in a load, and not in any change after it",
        "compute them in ClickHouse (MATERIALIZED or ALIAS), and " + LEAVE_OUT);
    if (!unpublished.isEmpty()) {
      findings.fail(
          PUBLISHED_COLUMNS,
          of.publication() + " has a column list without " + list(unpublished),
          "right in a load, and not in any change after it",
          "ALTER PUBLICATION "
              + Sql.name(of.publication())
              + " with these columns in the list; or "
              + LEAVE_OUT);
    }
  }

  private boolean isOutsideList(String column) {
    return published != null
        && published.columns() != null
        && !published.columns().contains(column);
  }

  /**
   * A domain over an enum makes Debezium read the table's columns from the catalogue anew with each
   * change, and take the values that Postgres has sent by their places. Where the catalogue has
   * columns that the stream has not, every value behind them lands in its neighbour. (Seen with
   * 3.7.)
   */
  private void shifted() {
    List<String> enums =
        source.columns().values().stream()
            .filter(column -> column.traits().isDomain() && column.isEnum())
            .map(SourceColumn::name)
            .toList();
    List<String> hidden =
        source.columns().values().stream()
            .filter(
                column ->
                    column.traits().isGenerated() && (published == null || !published.generated())
                        || isOutsideList(column.name()))
            .map(SourceColumn::name)
            .toList();
    if (!enums.isEmpty() && !hidden.isEmpty()) {
      findings.fail(
          PLACES,
          "domains over enums ("
              + list(enums)
              + ") beside columns that are not published ("
              + list(hidden)
              + ")",
          "Debezium then writes the values of one column into another",
          "ALTER TABLE "
              + source.name().sql()
              + " ALTER COLUMN … TYPE the enum itself instead of the domain, or drop what is not"
              + " published");
    }
  }

  private void types() {
    List<String> lost = new ArrayList<>();
    List<String> narrow = new ArrayList<>();
    List<String> nulls = new ArrayList<>();
    List<String> intervals = new ArrayList<>();
    for (Pair pair : pairs()) {
      if (pair.from().type().equals("interval") && pair.to().plainType().contains("Int")) {
        intervals.add(pair.to().name());
      }
      String refusal = StreamedTypes.refusal(pair.from(), of.schemaless());
      if (refusal != null) {
        lost.add(pair.from().name() + ": " + refusal);
      }
      String tooWide = TypeFit.misfit(pair.from(), pair.to());
      if (tooWide != null) {
        narrow.add(pair.to().name() + ": " + tooWide);
      }
      if (!pair.from().isNotNull()
          && !pair.to().isNullable()
          && !pair.to().type().startsWith("Array(")
          && !of.mapping().defaultsForNull()) {
        nulls.add(pair.to().name());
      }
    }
    findings.require(
        lost.isEmpty(),
        STREAMED_TYPES,
        lost.isEmpty() ? "all arrive" : String.join("; ", lost),
        "right in a snapshot or load, wrong after the first update",
        LEAVE_OUT + "; or ALTER TABLE " + source.name().sql() + " ALTER COLUMN … TYPE text");
    if (!intervals.isEmpty()) {
      findings.warn(
          "intervals",
          "as microseconds: " + list(intervals),
          "Debezium computes them in floating point, and one in fifty that has microseconds loses"
              + " the last one",
          "String in the fact table and in schema of the transform, and"
              + " interval.handling.mode=string in the source");
    }
    findings.require(
        narrow.isEmpty(),
        "types of the fact table",
        narrow.isEmpty() ? "wide enough" : String.join("; ", narrow),
        "what does not fit is a dead letter",
        "ALTER TABLE … MODIFY COLUMN in ClickHouse, and schema of the transform");
    findings.require(
        nulls.isEmpty(),
        "nulls",
        nulls.isEmpty()
            ? "where Postgres has them, the fact table has"
            : "Postgres allows null, the fact table does not: " + list(nulls),
        "a row with null is a dead letter",
        "Nullable(…) in ClickHouse and in schema of the transform; or ALTER TABLE "
            + source.name().sql()
            + " ALTER COLUMN … SET NOT NULL");
  }

  private void key() {
    if (source.key().isEmpty()) {
      return; // The checks of Postgres say so.
    }
    Map<String, String> facts =
        pairs().stream()
            .collect(
                Collectors.toMap(
                    pair -> pair.from().name(), pair -> pair.to().name(), (a, b) -> a));
    Set<String> key = new LinkedHashSet<>();
    List<String> absent = new ArrayList<>();
    for (String column : source.key()) {
      String fact = facts.get(column);
      if (fact == null) {
        absent.add(column);
      } else {
        key.add(fact);
      }
    }
    if (!absent.isEmpty()) {
      findings.fail(
          KEY,
          "the primary key's columns are not in the schema: " + list(absent),
          "rows that differ in nothing else become one",
          "add them to the fact table, its ORDER BY and the schema of the transform");
      return;
    }
    if (of.order() != null) {
      order(key);
    }
    Set<String> named = new LinkedHashSet<>(of.mapping().keyColumns());
    findings.advise(
        named.containsAll(key),
        "key.columns",
        named.isEmpty() ? "not set" : String.join(", ", named),
        "without it an event that lacks the key could be written under a key that is not its own",
        "key.columns of the transform = " + String.join(",", key));
    if (source.isKeyDeferrable()) {
      findings.warn(
          "deferrable key",
          "the primary key of " + source.name() + " is checked at the end of a transaction",
          "rows that exchange their keys in one statement leave some of them marked as deleted, as"
              + " positions cannot tell which comes last",
          "./sluice verify --repair after such a statement; or ALTER TABLE "
              + source.name().sql()
              + " ALTER CONSTRAINT … NOT DEFERRABLE");
    }
  }

  private void order(Set<String> key) {
    Set<String> order = new LinkedHashSet<>(of.order());
    List<String> merged = key.stream().filter(column -> !order.contains(column)).toList();
    List<String> beside = order.stream().filter(column -> !key.contains(column)).toList();
    String found = "ORDER BY " + String.join(", ", order);
    String fix =
        "a new fact table with ORDER BY ("
            + key.stream().map(Sql::factName).collect(Collectors.joining(", "))
            + "): the order of one that is there cannot be changed";
    if (!merged.isEmpty()) {
      findings.fail(
          ORDER,
          found + ", without " + list(merged) + " of the primary key",
          "rows that differ in nothing else of it are merged into one",
          fix);
    } else {
      findings.require(
          beside.isEmpty(),
          ORDER,
          beside.isEmpty()
              ? String.join(", ", order)
              : found + ", with " + list(beside) + " beside the primary key",
          "an update of " + list(beside) + ", and a delete, leave the old row alive",
          fix);
    }
  }

  private void publication() {
    if (published == null) {
      return; // The checks of Postgres say so.
    }
    if (source.isPartitioned()) {
      findings.require(
          published.viaRoot(),
          "partitions in the publication",
          published.viaRoot()
              ? "under the name of " + source.name()
              : "changes go by the names of the partitions",
          "a snapshot and a load are right, and every change after them is lost",
          "ALTER PUBLICATION "
              + Sql.name(of.publication())
              + " SET (publish_via_partition_root = true);");
    }
    if (published.filter() != null) {
      findings.fail(
          "row filter",
          of.publication() + " publishes only rows with a condition",
          "load and verify see all rows, the stream some",
          "ALTER PUBLICATION " + Sql.name(of.publication()) + " without WHERE");
    }
  }

  static String list(Iterable<String> names) {
    return String.join(", ", names);
  }
}

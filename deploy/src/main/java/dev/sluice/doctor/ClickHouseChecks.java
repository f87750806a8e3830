package dev.sluice.doctor;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.mapping.FactColumn;
import dev.sluice.mapping.FactMapping;
import dev.sluice.servers.ClickHouseClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the fact table has to be like for the newest version of a row to win, and to stay. */
final class ClickHouseChecks {

  private static final Pattern VERSION = Pattern.compile("ReplacingMergeTree\\(([^)]*)\\)");

  private final ClickHouseClient clickHouse;
  private final String table;
  private final FactMapping mapping;
  private final CheckList findings = new CheckList("ClickHouse");

  ClickHouseChecks(ClickHouseClient clickHouse, String table, FactMapping mapping) {
    this.clickHouse = clickHouse;
    this.table = table;
    this.mapping = mapping;
  }

  List<Check> run() {
    findings.ok("version", text("SELECT version()"));
    List<GenericRecord> found =
        clickHouse.rows(
            "SELECT engine_full, partition_key, sorting_key FROM system.tables WHERE database ="
                + " currentDatabase() AND name = "
                + Sql.factText(table));
    if (found.isEmpty()) {
      findings.fail(
          "fact table",
          "no table " + table,
          "the sink waits for it",
          "create it: connect-configs/sql has the statement, and --fact-table names another");
      return findings.checks();
    }
    columns();
    String engine = found.get(0).getString(1);
    engine(engine);
    partition(found.get(0).getString(2));
    removal(engine);
    views();
    return findings.checks();
  }

  /** One insert is the table and its views, and they are not one. */
  private void views() {
    String views =
        text(
            "SELECT arrayStringConcat(dependencies_table, ', ') FROM system.tables WHERE database ="
                + " currentDatabase() AND name = "
                + Sql.factText(table));
    findings.advise(
        views.isEmpty(),
        "materialized views",
        views.isEmpty() ? "none" : views,
        "a view gets rows more than once (deliveries are repeated, and an update or a delete is"
            + " another row), and one that throws sets rows aside which the fact table has",
        "views that neither count nor sum such rows: into a ReplacingMergeTree by the same key and"
            + " version, or read from the _current view when asked");
  }

  private void columns() {
    Map<String, String> actual = new LinkedHashMap<>();
    for (GenericRecord row : clickHouse.rows("DESCRIBE TABLE " + Sql.factName(table))) {
      actual.put(row.getString("name"), row.getString("type"));
    }
    List<String> wrong = new ArrayList<>();
    List<String> fixes = new ArrayList<>();
    List<String> changed = new ArrayList<>();
    try {
      for (FactColumn column : FactColumn.ofSchema(clickHouse, mapping.schema())) {
        String name = column.name();
        String type = column.type();
        String is = actual.get(name);
        if (is == null) {
          wrong.add(name + " is missing");
          fixes.add("ADD COLUMN " + Sql.factName(name) + " " + type);
        } else if (!is.equals(type)) {
          wrong.add(name + " is " + is + ", not " + type);
          fixes.add("MODIFY COLUMN " + Sql.factName(name) + " " + type);
          changed.add(name + " " + is);
        }
      }
    } catch (SluiceException e) {
      findings.fail(
          "columns", e.getMessage(), "the schema cannot be read", "schema of the transform");
      return;
    }
    findings.require(
        wrong.isEmpty(),
        "columns",
        wrong.isEmpty()
            ? actual.size() + " columns fit the transform's schema"
            : String.join("; ", wrong),
        "rows that do not fit are not written",
        // Who has changed the table first does not want that undone.
        (changed.isEmpty()
                ? ""
                : "if the table is as it is to be, schema of the transform: "
                    + String.join(", ", changed)
                    + "; if not, ")
            + "ALTER TABLE "
            + Sql.factName(table)
            + " "
            + String.join(", ", fixes));
  }

  private void engine(String engine) {
    Matcher version = VERSION.matcher(engine);
    boolean replacing = version.find();
    // A replicated one begins with its path and its replica's name, in quotes.
    String column =
        replacing
            ? Stream.of(version.group(1).split(","))
                .map(String::strip)
                .filter(argument -> !argument.startsWith("'"))
                .findFirst()
                .orElse("")
            : "";
    findings.require(
        replacing && column.equals(mapping.versionField()),
        "engine",
        replacing ? "ReplacingMergeTree(" + column + ")" : engine.split(" ")[0],
        "the newest version of a row wins only by the column that the transform raises ("
            + mapping.versionField()
            + ")",
        replacing
            ? "version.field of the transform = " + column
            : "create the table with ENGINE = ReplacingMergeTree(" + mapping.versionField() + ")");
  }

  private void partition(String key) {
    boolean moves = key.contains(mapping.versionField());
    boolean view =
        clickHouse.number(
                "SELECT toInt64(count()) FROM system.tables WHERE database = currentDatabase() AND"
                    + " engine = 'View' AND as_select ILIKE '%FINAL%' AND as_select ILIKE "
                    + Sql.factText("%" + table + "%"))
            > 0;
    findings.advise(
        !moves || view,
        "partition key",
        key.isEmpty()
            ? "none"
            : key
                + (moves
                    ? (view ? ", changes with a row; a view reads FINAL" : ", changes with a row")
                    : ""),
        "versions of one row end in several partitions, where merges never meet",
        "read through a view with FINAL (connect-configs/sql has one), or partition by a column that"
            + " does not change");
  }

  private void removal(String engine) {
    findings.require(
        !engine.contains("clean_deleted_rows") && !engine.contains("replacing_merge_with_cleanup"),
        "deleted rows stay",
        engine.contains("clean") ? "cleanup is on" : "no cleanup",
        "cleaning deleted rows away can bring older versions back",
        "ALTER TABLE " + Sql.factName(table) + " RESET SETTING clean_deleted_rows;");
    boolean ttl = engine.contains(" TTL ");
    boolean onDeleted = ttl && engine.contains(mapping.deleteField());
    findings.advise(
        !ttl,
        "TTL",
        ttl ? (onDeleted ? "on " + mapping.deleteField() : "on rows") : "none",
        onDeleted
            ? "a TTL on deleted rows can bring older versions back"
            : "rows that it takes away show as missing in verify",
        "ALTER TABLE " + Sql.factName(table) + " REMOVE TTL;");
  }

  private String text(String sql) {
    return clickHouse.rows(sql).get(0).getString(1);
  }
}

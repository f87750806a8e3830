package dev.sluice.ops;

import dev.sluice.catalogue.Sql;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.servers.Health;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the fact table's engine keeps the newest version of a row, and no other. */
record EngineDiagnosis(DiagnosisContext of) {

  /** Keeps every version of a row as a row of its own. */
  private static final Pattern PLAIN_ENGINE =
      Pattern.compile("(Replicated|Shared)?MergeTree\\b(\\([^)]*\\))?");

  /** Every insert is well, and every update becomes a row beside the old one. */
  Health state(ClickHouseView.Table table) {
    Matcher plain = PLAIN_ENGINE.matcher(table.engineFull());
    if (!plain.lookingAt()) {
      return Health.OK;
    }
    String name = Sql.factName(table.name());
    String other = Sql.factName(table.name() + "_rebuilt");
    String sink = of.pipeline().sink().name();
    Cure cure =
        Cure.of(
            "Make it one that keeps the newest version, and fill it from the old one, which is kept as "
                + table.name()
                + "_rebuilt: drop it when all is well.");
    Optional<String> engine = replacing(table.engineFull());
    return of.findings()
        .problem(
            Health.FAILED,
            "table",
            table.name()
                + " is a "
                + plain.group().replaceAll("\\(.*", "")
                + ": old versions of rows stay beside the new ones.",
            engine.isEmpty()
                ? cure
                : cure.then(Where.CONNECT, "PUT /connectors/" + sink + "/stop")
                    .then(
                        Where.CLICKHOUSE,
                        "CREATE TABLE " + other + " AS " + name + " ENGINE = " + engine.get())
                    .then(Where.CLICKHOUSE, "INSERT INTO " + other + " SELECT * FROM " + name)
                    .then(Where.CLICKHOUSE, "EXCHANGE TABLES " + name + " AND " + other)
                    .then(Where.CONNECT, "PUT /connectors/" + sink + "/resume")
                    .then(Where.SLUICE, "verify --repair --yes"));
  }

  /** The same with the version that the transform raises; empty for a replicated one. */
  private Optional<String> replacing(String engine) {
    return of.pipeline()
        .mapping()
        .filter(mapping -> engine.startsWith("MergeTree"))
        .map(
            mapping ->
                engine.replaceFirst(
                    "MergeTree(\\(\\))?", "ReplacingMergeTree(" + mapping.versionField() + ")"));
  }
}

package dev.sluice.doctor;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.SourceTable.Part;
import dev.sluice.catalogue.SourceTable.Published;
import dev.sluice.doctor.TableChecks.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the old rows of updates and deletes hold: REPLICA IDENTITY, of each partition by itself. No
 * advice makes Postgres refuse the application's updates and deletes, as FULL does beside a column
 * list.
 */
final class IdentityChecks {

  /** From this major version on, REPLICA IDENTITY FULL takes generated columns in. */
  private static final int GENERATED_IN_IDENTITY = 18;

  private final Tables of;
  private final SourceTable source;
  private final CheckList findings;

  /**
   * @param findings to be added to
   */
  IdentityChecks(Tables tables, CheckList findings) {
    this.of = tables;
    this.source = tables.source();
    this.findings = findings;
  }

  void run() {
    List<String> refused = new ArrayList<>();
    List<String> keyless = new ArrayList<>();
    List<String> small = new ArrayList<>();
    for (Part part : source.parts()) {
      if (part.identity() == 'n' || part.identityColumns().isEmpty()) {
        refused.add(part.name().toString());
      } else if (!part.identityColumns().containsAll(source.key())) {
        keyless.add(part.name().toString());
      } else if (part.identity() != 'f') {
        small.add(part.name().toString());
      }
    }
    String name = "REPLICA IDENTITY";
    if (!refused.isEmpty()) {
      findings.fail(
          name,
          "none of " + TableChecks.list(refused),
          "Postgres refuses updates and deletes of a published table without one",
          fix(refused));
    }
    if (!keyless.isEmpty()) {
      findings.fail(
          name,
          "an index without the whole primary key: " + TableChecks.list(keyless),
          "a delete does not say which row it means, and another one is marked as deleted",
          fix(keyless));
    }
    if (refused.isEmpty() && keyless.isEmpty()) {
      List<String> large =
          source.columns().values().stream()
              .filter(column -> column.traits().isLarge())
              .map(SourceColumn::name)
              .toList();
      findings.advise(
          small.isEmpty() || large.isEmpty() && !of.mapping().flagsDeletes(),
          name,
          small.isEmpty() ? "FULL" : "key columns, of " + TableChecks.list(small),
          (large.isEmpty()
                  ? ""
                  : "large values that did not change are left out, and their rows become dead"
                      + " letters ("
                      + TableChecks.list(large)
                      + "); ")
              + "a deleted row keeps nothing but its key",
          fix(small));
      said(small);
    }
    String refusesFull = refusesFull();
    if (refusesFull != null && source.parts().stream().anyMatch(part -> part.identity() == 'f')) {
      findings.fail(
          "writes",
          "REPLICA IDENTITY is FULL, and " + refusesFull,
          "Postgres refuses every update and delete of the table",
          "ALTER TABLE " + source.name().sql() + " REPLICA IDENTITY DEFAULT;");
    }
  }

  /** Whether the transform knows what the old rows hold. */
  private void said(List<String> small) {
    String name = "replica.identity";
    if (small.isEmpty()) {
      findings.advise(
          of.mapping().fullBefore(),
          name,
          of.mapping().fullBefore() ? "full" : "default, and the table is FULL",
          "a row whose key changes may become a dead letter",
          "replica.identity=full in the transform");
    } else {
      findings.require(
          !of.mapping().fullBefore(),
          name,
          of.mapping().fullBefore() ? "full, which the table is not" : "default",
          "a row whose key changes can vanish: its delete is written, and its new row refused",
          "replica.identity=default in the transform; or " + fix(small));
    }
  }

  private String fix(List<String> parts) {
    String refusesFull = refusesFull();
    return refusesFull == null
        ? source.parts().stream()
                .filter(part -> parts.contains(part.name().toString()))
                .map(part -> "ALTER TABLE " + part.name().sql() + " REPLICA IDENTITY FULL;")
                .limit(3)
                .collect(Collectors.joining(" "))
            + (parts.size() > 3 ? " and so on, or ./sluice prepare" : "")
        : "not FULL as long as "
            + refusesFull
            + ": Postgres would refuse every update and delete. Publish the whole table first, or ALTER"
            + " TABLE … REPLICA IDENTITY DEFAULT, where that has the primary key";
  }

  /** Why FULL would make Postgres refuse writes, by any publication; null when it would not. */
  private String refusesFull() {
    boolean stored =
        source.columns().values().stream().anyMatch(column -> column.traits().isGenerated());
    for (Published each : source.publications()) {
      if (each.columns() != null && !each.columns().containsAll(source.columns().keySet())) {
        return "the publication " + each.publication() + " has a column list";
      }
      if (of.postgresMajor() >= GENERATED_IN_IDENTITY && stored && !each.generated()) {
        return "the publication " + each.publication() + " leaves out generated columns";
      }
    }
    return null;
  }
}

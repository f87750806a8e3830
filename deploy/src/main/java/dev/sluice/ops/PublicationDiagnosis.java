package dev.sluice.ops;

import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.TableName;
import dev.sluice.mapping.FactMapping;
import dev.sluice.ops.PostgresView.Table;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.pipeline.Heartbeat;
import dev.sluice.servers.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether all changes of the table are sent, and whole: by the publication, and by the table's
 * REPLICA IDENTITY. What is not sent is lost without a word from anybody.
 */
record PublicationDiagnosis(DiagnosisContext of, PostgresView postgres) {

  private static final String COMPARED = "verify --repair --yes";

  Health state() {
    String table = of.pipeline().sourceTable();
    if (!postgres.has(of.pipeline().publication())) {
      return gone();
    } else if (table == null) {
      return Health.OK;
    } else if (postgres.catalogue().missing().contains(table)) {
      return noTable(table);
    }
    List<Health> states = new ArrayList<>();
    Optional<Table> known = Optional.ofNullable(postgres.catalogue().tables().get(table));
    if (!postgres.publishes(of.pipeline().publication(), table)) {
      states.add(unpublished(table, known));
    } else {
      known.ifPresent(found -> states.add(identity(table, found)));
      states.add(filter(table));
    }
    states.add(operations());
    return Health.worst(states);
  }

  /** Postgres sends nothing of the time without one, also to a slot that is older. */
  private Health gone() {
    String table = of.pipeline().sourceTable();
    Cure cure =
        Cure.of(
            "Make it again. What was written without it never comes by the old slot: a new one is"
                + " made, and what differs is compared and brought.");
    String heartbeat =
        of.pipeline().heartbeat().flatMap(Heartbeat::table).map(each -> ", " + each).orElse("");
    return of.findings()
        .problem(
            Health.FAILED,
            "postgres",
            "Postgres has no publication " + publication() + ": nothing is sent.",
            table == null
                ? cure
                : cure.then(
                        Where.POSTGRES,
                        "CREATE PUBLICATION "
                            + publication()
                            + " FOR TABLE "
                            + sql(table)
                            + heartbeat)
                    .then(Where.SLUICE, "resync --yes"));
  }

  /** Dropped, or renamed: then its changes go to a topic of the new name. */
  private Health noTable(String table) {
    String prefix = of.pipeline().source().config().get("topic.prefix") + ".";
    KafkaView kafka = of.answers().kafka().value();
    List<String> unread =
        postgres.published(of.pipeline().publication()).stream()
            .filter(each -> kafka == null || !kafka.topics().containsKey(prefix + each))
            .filter(
                each ->
                    of.pipeline().heartbeat().filter(h -> h.writesOneOf(List.of(each))).isEmpty())
            .sorted()
            .toList();
    String none = "Postgres has no table " + table;
    if (unread.size() != 1) {
      return of.findings()
          .problem(
              Health.DEGRADED,
              "postgres",
              none + ": there is nothing to follow.",
              "If it was renamed, name it as before; if it was dropped, the facts stay as they are,"
                  + " and the pipeline can be removed.");
    }
    Table found = postgres.catalogue().tables().get(unread.get(0));
    return of.findings()
        .problem(
            Health.DEGRADED,
            "postgres",
            none
                + "; publication "
                + publication()
                + " sends "
                + unread.get(0)
                + ", which no sink reads.",
            Cure.of(
                    "Decide: if it was renamed and the application can do without the new name, name it"
                        + " back; what has changed meanwhile is compared and brought. For the new name"
                        + " make a source, a sink and a fact table of its own.")
                .then(
                    Where.POSTGRES,
                    "ALTER TABLE "
                        + found.sql()
                        + " RENAME TO "
                        + Sql.name(table.substring(table.indexOf('.') + 1)))
                .then(Where.SLUICE, COMPARED));
  }

  /** One that was made anew has lost its rights and its REPLICA IDENTITY too. */
  private Health unpublished(String table, Optional<Table> found) {
    Cure cure = Cure.of("Publish it; what has changed meanwhile is compared and brought.");
    if (found.isPresent() && !found.get().isFull() && !found.get().generates() && wantsFull()) {
      cure = cure.then(Where.POSTGRES, full(table));
    }
    cure =
        cure.then(
            Where.POSTGRES, "ALTER PUBLICATION " + publication() + " ADD TABLE " + sql(table));
    if (found.isPresent() && !found.get().readable()) {
      cure =
          cure.then(
              Where.POSTGRES,
              "GRANT SELECT ON " + found.get().sql() + " TO " + Sql.name(of.role()));
    }
    return of.findings()
        .problem(
            Health.DEGRADED,
            "postgres",
            table + " is not in publication " + publication() + ": its changes are not sent.",
            cure.then(Where.SLUICE, COMPARED));
  }

  private Health operations() {
    String withheld = postgres.withheld(of.pipeline().publication());
    return withheld.isEmpty()
        ? Health.OK
        : of.findings()
            .problem(
                Health.DEGRADED,
                "postgres",
                "Publication " + publication() + " does not send " + withheld + ": they are lost.",
                Cure.of("Have all sent; what has changed meanwhile is compared and brought.")
                    .then(
                        Where.POSTGRES,
                        "ALTER PUBLICATION "
                            + publication()
                            + " SET (publish = 'insert, update, delete, truncate')")
                    .then(Where.SLUICE, COMPARED));
  }

  private Health filter(String table) {
    return !postgres.filters(of.pipeline().publication(), table)
        ? Health.OK
        : of.findings()
            .problem(
                Health.DEGRADED,
                "postgres",
                "Publication "
                    + publication()
                    + " sends only those rows of "
                    + table
                    + " that pass a filter: the others are missing, or stay as they were.",
                whole(table));
  }

  /** Without a moment in which the table is not published. */
  private Cure whole(String table) {
    return Cure.of("Publish the whole table; what has changed meanwhile is compared and brought.")
        .then(
            Where.POSTGRES,
            "ALTER PUBLICATION %1$s DROP TABLE %2$s; ALTER PUBLICATION %1$s ADD TABLE %2$s"
                .formatted(publication(), sql(table)))
        .then(Where.SLUICE, COMPARED);
  }

  private Health identity(String table, Table found) {
    boolean listed = postgres.lists(of.pipeline().publication(), table);
    if (listed && found.isFull()) {
      return of.findings()
          .problem(
              Health.FAILED,
              "postgres",
              "Postgres refuses updates and deletes of "
                  + table
                  + ": its REPLICA IDENTITY is FULL, and publication "
                  + publication()
                  + " has a column list.",
              whole(table));
    } else if (found.lacksIdentity()) {
      return of.findings()
          .problem(
              Health.FAILED,
              "postgres",
              "Postgres refuses updates and deletes of "
                  + table
                  + ": it has no REPLICA IDENTITY, and publication "
                  + publication()
                  + " sends them.",
              listed || found.generates()
                  ? Cure.of("Give it one: DEFAULT where it has a primary key, or an index.")
                  : Cure.of("Give it one; nothing was lost, as nothing could be written.")
                      .then(Where.POSTGRES, full(table)));
    } else if (!found.isFull() && !listed && !found.generates() && wantsFull()) {
      return of.findings()
          .problem(
              Health.DEGRADED,
              "postgres",
              "The REPLICA IDENTITY of "
                  + table
                  + " is not FULL, as "
                  + of.pipeline().sink().name()
                  + "'s replica.identity=full says: a row whose key changes can vanish, and large"
                  + " values that stay become dead letters.",
              Cure.of(
                      "Make it FULL; what was written without it is compared and brought. It waits for"
                          + " all who use the table, and holds up all others: in a quiet moment.")
                  .then(Where.POSTGRES, full(table))
                  .then(Where.SLUICE, COMPARED));
    }
    return Health.OK;
  }

  private boolean wantsFull() {
    return of.pipeline().sink() != null
        && of.pipeline().mapping().map(FactMapping::fullBefore).orElse(false);
  }

  private static String full(String table) {
    return "ALTER TABLE " + sql(table) + " REPLICA IDENTITY FULL";
  }

  private static String sql(String table) {
    return TableName.ofTopic(table).toString();
  }

  private String publication() {
    return of.pipeline().publication().text();
  }
}

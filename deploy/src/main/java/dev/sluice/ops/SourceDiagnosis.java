package dev.sluice.ops;

import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.TableName;
import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.Health;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.pipeline.Heartbeat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The parts before the topic: Postgres with its slot and publication, and the source. */
record SourceDiagnosis(Case of) {

  /** From then on, what stands still does not pass by itself. */
  private static final long LASTING_MILLIS = 60_000;

  private static final String NO_SUCH_TABLE = "42P01";

  /** The one that connect-configs' {@code postgres.sql} makes. */
  private static final String OUR_TABLE = "sluice_heartbeat";

  Part postgres() {
    String name = of.pipeline().sourceTable() == null ? "" : of.pipeline().sourceTable();
    if (of.pipeline().source() == null || !of.pipeline().isPostgres()) {
      return new Part("postgres", name, null, "bytes", null, null, null);
    }
    if (!of.answers().postgres().reachable()) {
      Health state =
          of.findings()
              .away(
                  of.answers().postgres(),
                  "postgres",
                  "Postgres at " + of.options().postgres(),
                  "Start it. The source waits for it and goes on by itself.");
      return new Part("postgres", name, state, "bytes", null, null, "not reachable");
    }
    PostgresView postgres = of.answers().postgres().value();
    Optional<Slot> slot = PipelineTracker.slot(of.pipeline(), postgres);
    if (of.pipeline().isElsewhere(of.options().postgres(), slot.isPresent())) {
      String note = "not the database that is looked at here";
      return new Part("postgres", name, null, "bytes", null, null, note);
    }
    Health state = Health.OK;
    if (slot.isPresent()) {
      state = slotState(slot.get());
    } else if (Health.of(of.pipeline().source()) == Health.OK && longNotStreaming()) {
      state =
          of.findings()
              .problem(
                  Health.DEGRADED,
                  "postgres",
                  "Postgres has no replication slot " + of.pipeline().slot().text() + ".",
                  "The source makes it when it begins; see the worker's log for why it does not.");
    }
    if (!postgres.has(of.pipeline().publication())) {
      state = Health.worst(List.of(state, publicationGone()));
    } else if (of.pipeline().sourceTable() != null
        && !postgres.publishes(of.pipeline().publication(), of.pipeline().sourceTable())) {
      state =
          of.findings()
              .problem(
                  Health.DEGRADED,
                  "postgres",
                  of.pipeline().sourceTable()
                      + " is not in publication "
                      + of.pipeline().publication().text()
                      + ": its changes are not sent.",
                  Cure.of("Publish it; what has changed meanwhile is compared and brought.")
                      .then(
                          Where.POSTGRES,
                          "ALTER PUBLICATION "
                              + of.pipeline().publication().text()
                              + " ADD TABLE "
                              + TableName.ofTopic(of.pipeline().sourceTable()))
                      .then(Where.SLUICE, "verify --repair --yes"));
    }
    state = Health.worst(List.of(state, heartbeatTable(postgres)));
    Double retained = slot.map(s -> (double) s.retainedBytes()).orElse(null);
    String note = slot.map(s -> "WAL kept by slot " + s.name()).orElse("no slot yet");
    return new Part("postgres", name, state, "bytes", retained, null, note);
  }

  /** Postgres sends nothing of the time without one, also to a slot that is older. */
  private Health publicationGone() {
    String publication = of.pipeline().publication().text();
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
            "Postgres has no publication " + publication + ": nothing is sent.",
            table == null
                ? cure
                : cure.then(
                        Where.POSTGRES,
                        "CREATE PUBLICATION "
                            + publication
                            + " FOR TABLE "
                            + TableName.ofTopic(table)
                            + heartbeat)
                    .then(Where.SLUICE, "resync --yes"));
  }

  /** Its table outside the publication, the heartbeat moves no slot. */
  private Health heartbeatTable(PostgresView postgres) {
    Set<String> published = postgres.published(of.pipeline().publication());
    Optional<String> table = of.pipeline().heartbeat().flatMap(Heartbeat::table);
    if (published.isEmpty()
        || table.isEmpty()
        || heartbeatRefusal(postgres).isPresent()
        || of.pipeline().heartbeat().get().writesOneOf(published)) {
      return Health.OK;
    }
    String publication = of.pipeline().publication().text();
    return of.findings()
        .problem(
            Health.DEGRADED,
            "postgres",
            table.get()
                + ", which the heartbeat writes, is not in publication "
                + publication
                + ": while the tables that are in it stay as they are, the slot stands still and WAL"
                + " piles up.",
            Cure.of("Publish it; the slot moves on by itself.")
                .then(
                    Where.POSTGRES,
                    "ALTER PUBLICATION " + publication + " ADD TABLE " + table.get()));
  }

  private Health slotState(Slot slot) {
    if (slot.walStatus().equals("lost")) {
      return of.findings()
          .problem(
              Health.FAILED,
              "postgres",
              "Slot "
                  + slot.name()
                  + " is lost: Postgres removed WAL that the source had not read.",
              KnownFailure.NEW_SLOT);
    }
    if (slot.retainedBytes() > of.options().limits().walBytes()) {
      return of.findings()
          .problem(
              Health.DEGRADED,
              "postgres",
              "Slot "
                  + slot.name()
                  + " holds back "
                  + Words.bytes(slot.retainedBytes())
                  + " of WAL, and the disk of Postgres fills.",
              slot.active()
                  ? "The source reads, but too slowly: look at its tasks and the topic's lag."
                  : "Let the source run, or drop the slot if nobody will read it again.");
    }
    return Health.OK;
  }

  private boolean longNotStreaming() {
    long since = of.tracker().notStreamingSince();
    return since > 0
        && of.at() - since > Findings.GRACE_MILLIS
        && !of.tracker().snapshot().isRunning();
  }

  Part source() {
    Connector source = of.pipeline().source();
    if (source == null) {
      return new Part("source", "not in this cluster", null, "bytes", null, null, null);
    }
    Health state = of.findings().connector(source, "source");
    PostgresView seen =
        of.answers().postgres().reachable() ? of.answers().postgres().value() : null;
    Optional<Slot> slot =
        seen == null ? Optional.empty() : PipelineTracker.slot(of.pipeline(), seen);
    boolean elsewhere = of.pipeline().isElsewhere(of.options().postgres(), slot.isPresent());
    PostgresView postgres = elsewhere ? null : seen;
    if (postgres != null && isAhead(postgres)) {
      state = Health.worst(List.of(state, anotherServer()));
    }
    boolean lost = slot.map(Slot::walStatus).filter("lost"::equals).isPresent();
    long silence = PipelineTracker.silence(of.at(), of.pipeline(), of.answers());
    if (state == Health.OK
        && !lost
        && postgres != null
        && !of.tracker().snapshot().isRunning()
        && (silence > Findings.GRACE_MILLIS || heartbeatRefusal(postgres).isPresent())) {
      state = standingStill(postgres, silence);
    } else if (state == Health.OK
        && !lost
        && slot.isPresent()
        && !slot.get().active()
        && longNotStreaming()) {
      state =
          of.findings()
              .problem(
                  Health.DEGRADED,
                  "source",
                  source.name() + " runs, but nobody reads from slot " + slot.get().name() + ".",
                  "It is connecting or trying again; see the worker's log. Restarting it may help.",
                  source.name(),
                  "restart");
    }
    String note =
        of.tracker().snapshot().isRunning() ? "snapshot under way" : "WAL not yet confirmed";
    Double behind = slot.map(s -> (double) s.lagBytes()).orElse(null);
    return new Part("source", source.name(), state, "bytes", behind, null, note);
  }

  /** Positions of one server only rise. */
  private boolean isAhead(PostgresView postgres) {
    Long position = of.answers().connect().value().positions().get(of.pipeline().source().name());
    return position != null && position > postgres.lsn();
  }

  private Health anotherServer() {
    return of.findings()
        .problem(
            Health.FAILED,
            "source",
            of.pipeline().source().name()
                + " has been further in the WAL than Postgres has written: this is another server than"
                + " before, or one that was restored, and changes are taken for old ones.",
            Cure.of(
                    "Positions of two servers cannot be compared: the stream begins anew, and what"
                        + " differs is compared and brought.")
                .then(Where.SLUICE, "resync --yes"));
  }

  /** Connect calls a source running that meets the same error again and again. */
  private Health standingStill(PostgresView postgres, long silence) {
    Connector source = of.pipeline().source();
    boolean streams = of.tracker().notStreamingSince() == 0 && silence < Findings.GRACE_MILLIS;
    Optional<Refusal> refusal = heartbeatRefusal(postgres);
    if (refusal.isPresent()) {
      String fails = "its heartbeat fails (" + of.findings().clean(refusal.get().message()) + ")";
      return of.findings()
          .problem(
              streams ? Health.DEGRADED : Health.FAILED,
              "source",
              streams
                  ? source.name()
                      + " reads, but "
                      + fails
                      + ": while its tables stay as they are, the slot stands still and WAL piles up."
                  : source.name() + " runs by Connect's word, but stands still: " + fails + ".",
              heartbeatCure(of.pipeline().heartbeat().orElseThrow(), refusal.get()));
    }
    return of.findings()
        .problem(
            silence > LASTING_MILLIS ? Health.FAILED : Health.DEGRADED,
            "source",
            source.name()
                + " runs by Connect's word, but stands still: no heartbeat of it has come for "
                + Words.duration(silence)
                + ".",
            "The worker's log has the error that it meets again and again. Mend it, and the source"
                + " goes on by itself; or restart it.",
            source.name(),
            "restart");
  }

  /** What Postgres says against the heartbeat's statement; rights of another role say nothing. */
  private Optional<Refusal> heartbeatRefusal(PostgresView postgres) {
    String reader = PipelineTracker.slot(of.pipeline(), postgres).map(Slot::reader).orElse(null);
    String here = of.options().postgres().user();
    return of.pipeline()
        .heartbeat()
        .map(heartbeat -> postgres.refusals().get(heartbeat.statement()))
        .filter(refusal -> !refusal.isOfRights() || here.equals(reader));
  }

  private Cure heartbeatCure(Heartbeat heartbeat, Refusal refusal) {
    Cure cure = Cure.of("Mend what Postgres says; the source goes on by itself.");
    String table = heartbeat.table().orElse("");
    Template user = new Template(of.pipeline().source().config().getOrDefault("database.user", ""));
    String role =
        user.isEmpty() || !user.isLiteral() ? of.options().postgres().user() : user.text();
    String grant = "GRANT SELECT, INSERT, UPDATE ON %s TO %s".formatted(table, Sql.name(role));
    if (refusal.isOfRights()) {
      return cure.then(Where.POSTGRES, grant);
    }
    return table.equals(OUR_TABLE) && refusal.state().equals(NO_SUCH_TABLE)
        ? cure.then(
                Where.POSTGRES,
                "CREATE TABLE " + table + " (id int PRIMARY KEY, beat_at timestamptz NOT NULL)")
            .then(
                Where.POSTGRES,
                "ALTER PUBLICATION " + of.pipeline().publication().text() + " ADD TABLE " + table)
            .then(Where.POSTGRES, grant)
        : cure;
  }
}

package dev.sluice.ops;

import dev.sluice.catalogue.Sql;
import dev.sluice.ops.PostgresView.Beats;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.pipeline.Heartbeat;
import dev.sluice.servers.Health;
import java.util.Optional;
import java.util.Set;

/** Whether the source's heartbeat is written to Postgres, and comes back from there. */
record HeartbeatDiagnosis(DiagnosisContext of) {

  private static final String NO_SUCH_TABLE = "42P01";

  /** The one that connect-configs' {@code postgres.sql} makes. */
  private static final String OUR_TABLE = "sluice_heartbeat";

  private static final String STANDS_STILL =
      ": while its tables stay as they are, the slot stands still and WAL piles up.";

  /** What Postgres says against the heartbeat's statement; another role's say nothing. */
  Optional<Refusal> refusal(PostgresView postgres) {
    String reader = PipelineTracker.slot(of.pipeline(), postgres).map(Slot::reader).orElse(null);
    String here = of.options().postgres().user();
    long silence = PipelineTracker.silence(of.at(), of.pipeline(), of.answers());
    return of.pipeline()
        .heartbeat()
        .map(heartbeat -> postgres.refusals().get(heartbeat.statement()))
        .filter(refusal -> !refusal.isOfRole() || here.equals(reader))
        .filter(refusal -> !refusal.isOfLock() || silence > SourceDiagnosis.PASSING_MILLIS);
  }

  /**
   * Says it.
   *
   * @param streams whether the source reads all the same
   */
  Health refused(Refusal refusal, boolean streams) {
    String source = of.pipeline().source().name();
    String fails =
        refusal.isOfLock()
            ? "its heartbeat waits for a lock on "
                + of.pipeline().heartbeat().flatMap(Heartbeat::table).orElse("its table")
                + (refusal.holder() == 0 ? "" : ", which PID " + refusal.holder() + " holds")
            : "its heartbeat fails (" + of.findings().clean(refusal.message()) + ")";
    return of.findings()
        .problem(
            streams ? Health.DEGRADED : Health.FAILED,
            "source",
            streams
                ? source + " reads, but " + fails + STANDS_STILL
                : source + " runs by Connect's word, but stands still: " + fails + ".",
            cure(of.pipeline().heartbeat().orElseThrow(), refusal));
  }

  private Cure cure(Heartbeat heartbeat, Refusal refusal) {
    if (refusal.isOfLock()) {
      Cure cure =
          Cure.of(
              "Let that session commit, or end it, which rolls its transaction back; see"
                  + " pg_stat_activity for what it does. The source goes on by itself.");
      return refusal.holder() == 0
          ? cure
          : cure.then(Where.POSTGRES, "SELECT pg_terminate_backend(" + refusal.holder() + ")");
    }
    if (refusal.state().equals(Refusal.READ_ONLY)) {
      Cure cure =
          Cure.of(
              "If it was not set on purpose, take it back; the source goes on by itself. Else the"
                  + " source waits until it may write.");
      return refusal.message().endsWith("configuration file")
          ? cure.then(Where.POSTGRES, "ALTER SYSTEM SET default_transaction_read_only = off")
              .then(Where.POSTGRES, "SELECT pg_reload_conf()")
          : cure;
    }
    Cure cure = Cure.of("Fix what Postgres says; the source goes on by itself.");
    String table = heartbeat.table().orElse("");
    String grant = "GRANT SELECT, INSERT, UPDATE ON %s TO %s".formatted(table, Sql.name(of.role()));
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

  /** Its table outside the publication, the heartbeat moves no slot. */
  Health notPublished(PostgresView postgres) {
    Set<String> published = postgres.published(of.pipeline().publication());
    Optional<String> table = of.pipeline().heartbeat().flatMap(Heartbeat::table);
    if (published.isEmpty()
        || table.isEmpty()
        || refusal(postgres).isPresent()
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
                + STANDS_STILL,
            Cure.of("Publish it; the slot moves on by itself.")
                .then(
                    Where.POSTGRES,
                    "ALTER PUBLICATION " + publication + " ADD TABLE " + table.get()));
  }

  /** Debezium goes on when the statement fails or does nothing, and beats all the same. */
  Health notWritten(PostgresView postgres) {
    long since = of.tracker().beatsUnwrittenSince();
    Optional<Heartbeat> heartbeat = of.pipeline().heartbeat();
    if (since == 0
        || heartbeat.isEmpty()
        || Health.of(of.pipeline().source()) != Health.OK
        || refusal(postgres).isPresent()
        || of.tracker().snapshot().isRunning()
        || of.at() - since < Findings.GRACE_MILLIS + heartbeat.get().intervalMillis()) {
      return Health.OK;
    }
    Beats beats = postgres.catalogue().beats().get(heartbeat.get().statement());
    String table = heartbeat.get().table().orElse("");
    Cure cure =
        Cure.of(
            "See what its triggers do, and the worker's log for what Postgres says; the source goes on"
                + " by itself.");
    if (table.equals(OUR_TABLE) && beats != null) {
      for (String trigger : beats.triggers()) {
        cure =
            cure.then(
                Where.POSTGRES, "ALTER TABLE " + table + " DISABLE TRIGGER " + Sql.name(trigger));
      }
    }
    return of.findings()
        .problem(
            Health.DEGRADED,
            "source",
            "The heartbeat of "
                + of.pipeline().source().name()
                + " has written nothing to "
                + table
                + " for "
                + Format.duration(of.at() - since)
                + (beats == null || beats.triggers().isEmpty()
                    ? ""
                    : ", which has the trigger " + String.join(", ", beats.triggers()))
                + STANDS_STILL,
            cure);
  }
}

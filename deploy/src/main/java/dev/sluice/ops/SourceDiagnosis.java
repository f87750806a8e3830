package dev.sluice.ops;

import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The parts before the topic: Postgres with its slot and publication, and the source. */
record SourceDiagnosis(DiagnosisContext of) {

  /** From then on, what stands still does not pass by itself. */
  private static final long LASTING_MILLIS = 60_000;

  /** The one of connect-configs' {@code source.json}. */
  private static final String OUR_SLOT = "sluice";

  /** A source that begins, or whose connection was cut, beats again within that. */
  static final long PASSING_MILLIS = 3_000;

  Part postgres() {
    String name = of.pipeline().sourceTable() == null ? "" : of.pipeline().sourceTable();
    if (of.pipeline().source() == null) {
      return new Part("postgres", name, sourceGone(), "bytes", null, null, null);
    }
    if (!of.pipeline().isPostgres()) {
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
    HeartbeatDiagnosis heartbeat = new HeartbeatDiagnosis(of);
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
    state =
        Health.worst(
            List.of(
                state,
                reader(slot),
                new RoleDiagnosis(of).state(postgres, slot),
                new PublicationDiagnosis(of, postgres).state(),
                heartbeat.notPublished(postgres),
                heartbeat.notWritten(postgres)));
    Double retained = slot.map(s -> (double) s.retainedBytes()).orElse(null);
    String note = slot.map(s -> "WAL kept by slot " + s.name()).orElse("no slot yet");
    return new Part("postgres", name, state, "bytes", retained, null, note);
  }

  /**
   * The source may run in another Connect cluster; where nobody reads the slot that is called like
   * the topics, it does not.
   *
   * @return null where nothing is known
   */
  private Health sourceGone() {
    if (!of.answers().connect().reachable() || !of.answers().postgres().reachable()) {
      return null;
    }
    List<Template> read =
        new ObservedTopology(of.answers().connect().value().connectors().values()).slots();
    Optional<Slot> orphan =
        of.answers().postgres().value().slots().values().stream()
            .filter(slot -> !slot.active())
            .filter(slot -> read.stream().noneMatch(template -> template.matches(slot.name())))
            .filter(slot -> isCalledLike(of.pipeline().topic(), slot.name()))
            .findFirst();
    if (orphan.isEmpty()) {
      return null;
    }
    String slot = orphan.get().name();
    Cure cure =
        Cure.of(
            "Register it again under the name that it had, with ./sluice register FILE: it goes on"
                + " where it was. Where it is not wanted any more, drop the slot.");
    return of.findings()
        .problem(
            Health.FAILED,
            "postgres",
            "No source writes topic "
                + of.pipeline().topic()
                + ", and nobody reads from slot "
                + slot
                + ": changes wait there, and the disk of Postgres fills.",
            slot.equals(OUR_SLOT) ? cure.then(Where.SLUICE, "register source.json") : cure);
  }

  /** By the habit that prefix, slot and publication have one name. */
  private static boolean isCalledLike(String topic, String slot) {
    return topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]", "_").startsWith(slot + ".");
  }

  /** Two cannot read from one slot, and what the other has read is not sent again. */
  private Health reader(Optional<Slot> slot) {
    long silence = PipelineTracker.silence(of.at(), of.pipeline(), of.answers());
    if (slot.isEmpty() || !slot.get().isReadByAnother() || silence < PASSING_MILLIS) {
      return Health.OK;
    }
    Slot read = slot.get();
    return of.findings()
        .problem(
            Health.FAILED,
            "postgres",
            "Another session than "
                + of.pipeline().source().name()
                + "'s reads from slot "
                + read.name()
                + ": PID "
                + read.pid()
                + ", role "
                + read.reader()
                + ", application "
                + of.findings().clean(read.application())
                + ".",
            Cure.of(
                    "End it, and see to it that it does not come again; the source goes on within"
                        + " seconds. What the other session has taken is compared and brought.")
                .then(Where.POSTGRES, "SELECT pg_terminate_backend(" + read.pid() + ")")
                .then(Where.SLUICE, "verify --repair --yes"));
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
                  + Format.bytes(slot.retainedBytes())
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
        && (silence > Findings.GRACE_MILLIS
            || new HeartbeatDiagnosis(of).refusal(postgres).isPresent())) {
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
    Optional<Refusal> refusal = new HeartbeatDiagnosis(of).refusal(postgres);
    if (refusal.isPresent()) {
      // The thread that reads is the one that waits for the lock.
      return new HeartbeatDiagnosis(of)
          .refused(refusal.get(), streams && !refusal.get().isOfLock());
    }
    return of.findings()
        .problem(
            silence > LASTING_MILLIS ? Health.FAILED : Health.DEGRADED,
            "source",
            source.name()
                + " runs by Connect's word, but stands still: no heartbeat of it has come for "
                + Format.duration(silence)
                + ".",
            "The worker's log has the error that it meets again and again. Fix it, and the source"
                + " goes on by itself; or restart it.",
            source.name(),
            "restart");
  }
}

package dev.sluice.ops;

import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.Health;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.PostgresView.Slot;
import java.util.Optional;

/** The parts before the topic: Postgres with its slot and publication, and the source. */
record SourceDiagnosis(Case of) {

  Part postgres() {
    String name = of.pipeline().sourceTable() == null ? "" : of.pipeline().sourceTable();
    if (of.pipeline().source() == null || !of.pipeline().isPostgres()) {
      return new Part("postgres", name, null, "bytes", null, null, null);
    }
    if (!of.answers().postgres().reachable()) {
      String why = "Postgres at " + of.options().postgres() + " does not answer: ";
      Health state =
          of.findings()
              .problem(
                  Health.UNREACHABLE,
                  "postgres",
                  why + of.findings().clean(of.answers().postgres().error()),
                  "Start it. The source waits for it and goes on by itself.");
      return new Part("postgres", name, state, "bytes", null, null, "not reachable");
    }
    PostgresView postgres = of.answers().postgres().value();
    Optional<Slot> slot = PipelineTracker.slot(of.pipeline(), postgres);
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
    if (of.pipeline().sourceTable() != null
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
                  "ALTER PUBLICATION " + of.pipeline().publication().text() + " ADD TABLE …;");
    }
    Double retained = slot.map(s -> (double) s.retainedBytes()).orElse(null);
    String note = slot.map(s -> "WAL kept by slot " + s.name()).orElse("no slot yet");
    return new Part("postgres", name, state, "bytes", retained, null, note);
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
              "Drop the slot, stop the source, reset its offsets and resume it: it takes a new"
                  + " snapshot.");
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
    PostgresView postgres =
        of.answers().postgres().reachable() ? of.answers().postgres().value() : null;
    Optional<Slot> slot =
        postgres == null ? Optional.empty() : PipelineTracker.slot(of.pipeline(), postgres);
    if (state == Health.OK && slot.isPresent() && !slot.get().active() && longNotStreaming()) {
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
}

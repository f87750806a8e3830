package dev.sluice.ops;

import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.Health;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.PostgresView.Slot;
import java.util.Optional;

/** The parts before the topic: Postgres with its slot and publication, and the source. */
final class SourceDiagnosis {

  private final Pipeline pipeline;
  private final PipelineTracker tracker;
  private final Answers answers;
  private final OpsOptions options;
  private final Findings findings;
  private final long at;

  SourceDiagnosis(
      long at,
      Pipeline pipeline,
      PipelineTracker tracker,
      Answers answers,
      OpsOptions options,
      Findings findings) {
    this.at = at;
    this.pipeline = pipeline;
    this.tracker = tracker;
    this.answers = answers;
    this.options = options;
    this.findings = findings;
  }

  Part postgres() {
    String name = pipeline.sourceTable() == null ? "" : pipeline.sourceTable();
    if (pipeline.source() == null || !pipeline.isPostgres()) {
      return new Part("postgres", name, null, "bytes", null, null, null);
    }
    if (!answers.postgres().reachable()) {
      String why = "Postgres at " + options.postgres() + " does not answer: ";
      Health state =
          findings.problem(
              Health.UNREACHABLE,
              "postgres",
              why + findings.clean(answers.postgres().error()),
              "Start it. The source waits for it and goes on by itself.");
      return new Part("postgres", name, state, "bytes", null, null, "not reachable");
    }
    PostgresView postgres = answers.postgres().value();
    Optional<Slot> slot = PipelineTracker.slot(pipeline, postgres);
    Health state = Health.OK;
    if (slot.isPresent()) {
      state = slotState(slot.get());
    } else if (Health.of(pipeline.source()) == Health.OK && longNotStreaming()) {
      state =
          findings.problem(
              Health.DEGRADED,
              "postgres",
              "Postgres has no replication slot " + pipeline.slot().text() + ".",
              "The source makes it when it begins; see the worker's log for why it does not.");
    }
    if (pipeline.sourceTable() != null
        && !postgres.publishes(pipeline.publication(), pipeline.sourceTable())) {
      state =
          findings.problem(
              Health.DEGRADED,
              "postgres",
              pipeline.sourceTable()
                  + " is not in publication "
                  + pipeline.publication().text()
                  + ": its changes are not sent.",
              "ALTER PUBLICATION " + pipeline.publication().text() + " ADD TABLE …;");
    }
    Double retained = slot.map(s -> (double) s.retainedBytes()).orElse(null);
    String note = slot.map(s -> "WAL kept by slot " + s.name()).orElse("no slot yet");
    return new Part("postgres", name, state, "bytes", retained, null, note);
  }

  private Health slotState(Slot slot) {
    if (slot.walStatus().equals("lost")) {
      return findings.problem(
          Health.FAILED,
          "postgres",
          "Slot " + slot.name() + " is lost: Postgres removed WAL that the source had not read.",
          "Drop the slot, stop the source, reset its offsets and resume it: it takes a new"
              + " snapshot.");
    }
    if (slot.retainedBytes() > options.limits().walBytes()) {
      return findings.problem(
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
    long since = tracker.notStreamingSince();
    return since > 0 && at - since > Findings.GRACE_MILLIS && !tracker.snapshot().isRunning();
  }

  Part source() {
    Connector source = pipeline.source();
    if (source == null) {
      return new Part("source", "not in this cluster", null, "bytes", null, null, null);
    }
    Health state = findings.connector(source, "source");
    PostgresView postgres = answers.postgres().reachable() ? answers.postgres().value() : null;
    Optional<Slot> slot =
        postgres == null ? Optional.empty() : PipelineTracker.slot(pipeline, postgres);
    if (state == Health.OK && slot.isPresent() && !slot.get().active() && longNotStreaming()) {
      state =
          findings.problem(
              Health.DEGRADED,
              "source",
              source.name() + " runs, but nobody reads from slot " + slot.get().name() + ".",
              "It is connecting or trying again; see the worker's log. Restarting it may help.",
              source.name(),
              "restart");
    }
    String note = tracker.snapshot().isRunning() ? "snapshot under way" : "WAL not yet confirmed";
    Double behind = slot.map(s -> (double) s.lagBytes()).orElse(null);
    return new Part("source", source.name(), state, "bytes", behind, null, note);
  }
}

package dev.sluice.ops;

import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.ConnectClient.Status;
import dev.sluice.connect.Health;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Problem;
import dev.sluice.ops.PostgresView.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Derives the state of one pipeline's parts from what the servers said, and says in whole sentences
 * what is wrong and what mends it. A connector's own RUNNING is never taken for health.
 */
final class Diagnosis {

  private static final long GRACE_MILLIS = 15_000;

  private final Pipeline pipeline;
  private final PipelineTracker tracker;
  private final Answers answers;
  private final OpsOptions options;
  private final Redactor redactor;
  private final long deadLetters;
  private final long at;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * @param deadLetters of the last hour, in the sink's queue, not put back
   */
  Diagnosis(
      long at,
      Pipeline pipeline,
      PipelineTracker tracker,
      Answers answers,
      OpsOptions options,
      Redactor redactor,
      long deadLetters) {
    this.at = at;
    this.pipeline = pipeline;
    this.tracker = tracker;
    this.answers = answers;
    this.options = options;
    this.redactor = redactor;
    this.deadLetters = deadLetters;
  }

  PipelineView view() {
    List<Part> parts = List.of(postgres(), source(), topic(), sink(), table());
    Health worst =
        Health.worst(parts.stream().map(Part::state).filter(java.util.Objects::nonNull).toList());
    return new PipelineView(
        pipeline.id(),
        worst,
        pipeline.sourceTable(),
        pipeline.factTable(),
        parts,
        problems,
        tracker.snapshot().view(pipeline.sourceTable(), at),
        boxed(tracker.freshness().percentile(0.5)),
        boxed(tracker.freshness().percentile(0.99)));
  }

  private Part postgres() {
    String name = pipeline.sourceTable() == null ? "" : pipeline.sourceTable();
    if (pipeline.source() == null || !pipeline.isPostgres()) {
      return new Part("postgres", name, null, "bytes", null, null, null);
    }
    if (!answers.postgres().reachable()) {
      String why = "Postgres at " + options.postgres() + " does not answer: ";
      Health state =
          problem(
              Health.UNREACHABLE,
              "postgres",
              why + redactor.text(answers.postgres().error()),
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
          problem(
              Health.DEGRADED,
              "postgres",
              "Postgres has no replication slot " + pipeline.slot().text() + ".",
              "The source makes it when it begins; see the worker's log for why it does not.");
    }
    if (pipeline.sourceTable() != null
        && !postgres.publishes(pipeline.publication(), pipeline.sourceTable())) {
      state =
          problem(
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
      return problem(
          Health.FAILED,
          "postgres",
          "Slot " + slot.name() + " is lost: Postgres removed WAL that the source had not read.",
          "Drop the slot, stop the source, reset its offsets and resume it: it takes a new"
              + " snapshot.");
    }
    if (slot.retainedBytes() > options.limits().walBytes()) {
      return problem(
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
    return since > 0 && at - since > GRACE_MILLIS && !tracker.snapshot().isRunning();
  }

  private Part source() {
    Connector source = pipeline.source();
    if (source == null) {
      return new Part("source", "not in this cluster", null, "bytes", null, null, null);
    }
    Health state = connector(source, "source");
    PostgresView postgres = answers.postgres().reachable() ? answers.postgres().value() : null;
    Optional<Slot> slot =
        postgres == null ? Optional.empty() : PipelineTracker.slot(pipeline, postgres);
    if (state == Health.OK && slot.isPresent() && !slot.get().active() && longNotStreaming()) {
      state =
          problem(
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

  private Part topic() {
    if (pipeline.topic() == null) {
      return new Part("topic", "read by no sink", null, "records", null, null, null);
    }
    if (!answers.kafka().reachable()) {
      Health state =
          problem(
              Health.UNREACHABLE,
              "topic",
              "Kafka at " + options.kafka() + " does not answer: " + answers.kafka().error(),
              "Start it. Source and sink wait for it and go on by themselves.");
      return new Part("topic", pipeline.topic(), state, "records", null, null, "not reachable");
    }
    if (PipelineTracker.topic(pipeline, answers) == null) {
      return new Part(
          "topic",
          pipeline.topic(),
          Health.OK,
          "records",
          null,
          null,
          "appears with its first row");
    }
    long lag = tracker.lag();
    long quiet = at - tracker.out().changedAt();
    Health state = Health.OK;
    if (lag > 0
        && quiet > GRACE_MILLIS
        && answers.connect().reachable()
        && Health.of(pipeline.sink()) == Health.OK) {
      state =
          problem(
              Health.DEGRADED,
              "topic",
              Words.count(lag, "record waits", "records wait")
                  + ", and "
                  + pipeline.sink().name()
                  + " has brought none to ClickHouse for "
                  + Words.duration(quiet)
                  + ".",
              "It goes on by itself when ClickHouse does; if ClickHouse is well, see the worker's"
                  + " log.");
    }
    return new Part(
        "topic", pipeline.topic(), state, "records", (double) lag, null, "records wait");
  }

  private Part sink() {
    Connector sink = pipeline.sink();
    if (sink == null) {
      return new Part("sink", "none", null, "rows/s", null, null, null);
    }
    Health state = connector(sink, "sink");
    if (deadLetters > 0) {
      Health set =
          problem(
              Health.DEGRADED,
              "sink",
              Words.count(deadLetters, "row was", "rows were")
                  + " set aside as dead letters in the last hour.",
              "See why under Dead letters, mend the cause, and put them back.",
              null,
              "dead-letters");
      state = Health.worst(List.of(state, set));
    }
    boolean known = answers.kafka().reachable();
    return new Part(
        "sink",
        sink.name(),
        state,
        "rows/s",
        known ? rate(tracker.in()) : null,
        known ? rate(tracker.out()) : null,
        deadLetters > 0
            ? Words.count(deadLetters, "dead letter", "dead letters")
            : "rows in → out");
  }

  private Part table() {
    String table = pipeline.factTable();
    if (table == null) {
      return new Part("table", "none", null, "ms", null, null, null);
    }
    OptionalLong behind = tracker.freshness().current(at);
    Double value = behind.isPresent() ? (double) behind.getAsLong() : null;
    if (!answers.clickHouse().reachable()) {
      Health state =
          problem(
              Health.UNREACHABLE,
              "table",
              "ClickHouse at "
                  + options.clickHouse()
                  + " does not answer: "
                  + redactor.text(answers.clickHouse().error()),
              "Start it. The sink waits for it and goes on by itself.");
      return new Part("table", table, state, "ms", value, null, "not reachable");
    }
    ClickHouseView.Table found = answers.clickHouse().value().tables().get(table);
    if (found == null) {
      Health state =
          problem(
              Health.FAILED,
              "table",
              "ClickHouse has no table " + table + ".",
              "Create it (connect-configs/sql). The sink waits for it and goes on by itself.");
      return new Part("table", table, state, "ms", null, null, null);
    }
    String rows = Words.count(found.rows(), "row version", "row versions");
    Health state = Health.OK;
    if (!tracker.snapshot().isRunning()
        && behind.isPresent()
        && behind.getAsLong() > options.limits().freshness().toMillis()) {
      state =
          problem(
              Health.DEGRADED,
              "table",
              "The facts are " + Words.duration(behind.getAsLong()) + " behind Postgres.",
              "They catch up when what stands before them flows again.");
    }
    return new Part("table", table, state, "ms", value, null, rows);
  }

  /** The state of a connector, with the sentence for it. */
  private Health connector(Connector connector, String part) {
    if (!answers.connect().reachable()) {
      return problem(
          Health.UNREACHABLE,
          part,
          "No Connect worker answers at "
              + options.connect()
              + ", so "
              + connector.name()
              + " cannot be looked at.",
          "Start a worker. Connectors and offsets are in Kafka: it goes on where they were.");
    }
    Health health = Health.of(connector);
    String name = connector.name();
    switch (health) {
      case FAILED, DEGRADED -> {
        Optional<Status> failed = connector.firstFailed();
        if (failed.isEmpty()) {
          long run = connector.tasks().stream().filter(t -> t.state().equals("RUNNING")).count();
          return problem(
              health,
              part,
              run
                  + " of "
                  + Words.count(connector.tasks().size(), "task", "tasks")
                  + " of "
                  + name
                  + " run.",
              "Connect hands out tasks again within seconds of losing a worker. If it stays so,"
                  + " restart the connector.",
              name,
              "restart");
        }
        int task = failed.get().task();
        return problem(
            health,
            part,
            (task < 0 ? name : "Task " + task + " of " + name)
                + " failed: "
                + redactor.text(Health.rootCause(failed.get().trace())),
            "Mend the cause, then restart what failed.",
            name,
            "restart-failed");
      }
      case PAUSED -> {
        return problem(
            health, part, name + " is paused: nothing moves.", "Resume it.", name, "resume");
      }
      case STOPPED -> {
        return problem(
            health, part, name + " is stopped: nothing moves.", "Resume it.", name, "resume");
      }
      default -> {
        return health;
      }
    }
  }

  private Health problem(Health state, String part, String text, String remedy) {
    return problem(state, part, text, remedy, null, null);
  }

  private Health problem(
      Health state, String part, String text, String remedy, String connector, String action) {
    problems.add(new Problem(state, part, text, remedy, connector, action));
    return state;
  }

  private static Double rate(Rates rates) {
    double rate = rates.perSecond();
    return Double.isNaN(rate) ? null : rate;
  }

  private static Long boxed(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}

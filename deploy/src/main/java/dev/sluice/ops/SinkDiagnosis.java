package dev.sluice.ops;

import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.Health;
import dev.sluice.ops.Overview.Part;
import java.util.List;
import java.util.OptionalLong;

/** The parts from the topic on: lag, the sink with its dead letters, the fact table. */
final class SinkDiagnosis {

  private final Pipeline pipeline;
  private final PipelineTracker tracker;
  private final Answers answers;
  private final OpsOptions options;
  private final long deadLetters;
  private final Findings findings;
  private final long at;

  SinkDiagnosis(
      long at,
      Pipeline pipeline,
      PipelineTracker tracker,
      Answers answers,
      OpsOptions options,
      long deadLetters,
      Findings findings) {
    this.at = at;
    this.pipeline = pipeline;
    this.tracker = tracker;
    this.answers = answers;
    this.options = options;
    this.deadLetters = deadLetters;
    this.findings = findings;
  }

  Part topic() {
    if (pipeline.topic() == null) {
      return new Part("topic", "read by no sink", null, "records", null, null, null);
    }
    if (!answers.kafka().reachable()) {
      Health state =
          findings.problem(
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
        && quiet > Findings.GRACE_MILLIS
        && answers.connect().reachable()
        && Health.of(pipeline.sink()) == Health.OK) {
      state =
          findings.problem(
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

  Part sink() {
    Connector sink = pipeline.sink();
    if (sink == null) {
      return new Part("sink", "none", null, "rows/s", null, null, null);
    }
    Health state = findings.connector(sink, "sink");
    if (deadLetters > 0) {
      Health set =
          findings.problem(
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

  Part table() {
    String table = pipeline.factTable();
    if (table == null) {
      return new Part("table", "none", null, "ms", null, null, null);
    }
    OptionalLong behind = tracker.freshness().current(at);
    Double value = behind.isPresent() ? (double) behind.getAsLong() : null;
    if (!answers.clickHouse().reachable()) {
      Health state =
          findings.problem(
              Health.UNREACHABLE,
              "table",
              "ClickHouse at "
                  + options.clickHouse()
                  + " does not answer: "
                  + findings.clean(answers.clickHouse().error()),
              "Start it. The sink waits for it and goes on by itself.");
      return new Part("table", table, state, "ms", value, null, "not reachable");
    }
    ClickHouseView.Table found = answers.clickHouse().value().tables().get(table);
    if (found == null) {
      Health state =
          findings.problem(
              Health.FAILED,
              "table",
              "ClickHouse has no table " + table + ".",
              "Create it (connect-configs/sql). The sink waits for it and goes on by itself.");
      return new Part("table", table, state, "ms", null, null, null);
    }
    String rows = Words.count(found.rows(), "version", "versions");
    Health state = Health.OK;
    if (!tracker.snapshot().isRunning()
        && behind.isPresent()
        && behind.getAsLong() > options.limits().freshness().toMillis()) {
      state =
          findings.problem(
              Health.DEGRADED,
              "table",
              "The facts are " + Words.duration(behind.getAsLong()) + " behind Postgres.",
              "They catch up when what stands before them flows again.");
    }
    return new Part("table", table, state, "ms", value, null, rows);
  }

  private static Double rate(Rates rates) {
    double rate = rates.perSecond();
    return Double.isNaN(rate) ? null : rate;
  }
}

package dev.sluice.ops;

import dev.sluice.ops.Overview.Problem;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.pipeline.Heartbeat;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was found wrong with one pipeline, in the order of its finding; and the finding of what is
 * wrong with a connector, source or sink.
 */
final class Findings {

  /** How long something may take that passes by itself. */
  static final long GRACE_MILLIS = 15_000;

  private static final String CONNECT = "connect";

  private final Answers answers;
  private final OpsOptions options;
  private final Redactor redactor;
  private final List<Problem> problems = new ArrayList<>();

  Findings(Answers answers, OpsOptions options, Redactor redactor) {
    this.answers = answers;
    this.options = options;
    this.redactor = redactor;
  }

  List<Problem> problems() {
    return List.copyOf(problems);
  }

  /** A server's error or a trace without secrets. */
  String clean(String text) {
    return redactor.text(text);
  }

  Health problem(Health state, String part, String text, String cure) {
    return problem(state, part, text, Cure.of(cure));
  }

  Health problem(Health state, String part, String text, Cure cure) {
    return problem(state, part, text, cure, null, null);
  }

  Health problem(
      Health state, String part, String text, String cure, String connector, String action) {
    return problem(state, part, text, cure(cure, connector, action), connector, action);
  }

  /**
   * @param action of the page, which is the cure or a part of it
   */
  Health problem(
      Health state, String part, String text, Cure cure, String connector, String action) {
    problems.add(new Problem(state, part, text, cure, connector, action));
    return state;
  }

  /** What a button does, for those who have none. */
  private static Cure cure(String text, String connector, String action) {
    if (connector == null) {
      return Cure.of(text);
    }
    String path = "/connectors/" + connector;
    return switch (action) {
      case "restart" ->
          Cure.of(text).then(Where.CONNECT, "POST " + path + "/restart?includeTasks=true");
      case "restart-failed" ->
          Cure.of(text)
              .then(Where.CONNECT, "POST " + path + "/restart?includeTasks=true&onlyFailed=true");
      case "resume" -> Cure.of(text).then(Where.CONNECT, "PUT " + path + "/resume");
      default -> Cure.of(text);
    };
  }

  /**
   * A server that cannot be looked at. One that says no may be well, and the pipeline with it.
   *
   * @param server its name and address
   * @param cure what to do about one that does not answer
   */
  Health away(Poll.Answer<?> answer, String part, String server, String cure) {
    String error = clean(answer.error());
    return answer.refused()
        ? problem(
            Health.DEGRADED,
            part,
            server + " does not let itself be looked at: " + error,
            "It answers, so it need not be started: give the role that looks what the message names"
                + " (a right, a password).")
        : problem(Health.UNREACHABLE, part, server + " does not answer: " + error, cure);
  }

  /** The table whose changes a source sends, if there is one only; no trace names it. */
  private String tables(Connector source) {
    Optional<Heartbeat> heartbeat = Heartbeat.of(source.config());
    List<String> sent =
        answers.postgres().reachable()
            ? answers
                .postgres()
                .value()
                .published(new Template(source.config().get("publication.name")))
                .stream()
                .filter(table -> heartbeat.filter(h -> h.writesOneOf(List.of(table))).isEmpty())
                .toList()
            : List.of();
    return sent.size() == 1 ? sent.get(0) : "one of its tables";
  }

  /** The state of a connector, with the sentence for it. */
  Health connector(Connector connector, String part) {
    if (!answers.connect().reachable()) {
      if (problems.stream().noneMatch(p -> p.part().equals(CONNECT))) {
        problem(
            Health.UNREACHABLE,
            CONNECT,
            "No Connect worker answers at "
                + options.connect()
                + ": source and sink cannot be looked at.",
            "Start a worker. Connectors and offsets are in Kafka: they go on where they were.");
      }
      return Health.UNREACHABLE;
    }
    Health health = Health.of(connector);
    String name = connector.name();
    switch (health) {
      case FAILED, DEGRADED -> {
        Optional<Status> failed = connector.firstFailed();
        if (failed.isEmpty()) {
          long run = connector.running();
          return problem(
              health,
              part,
              run
                  + " of "
                  + Format.count(connector.tasks().size(), "task", "tasks")
                  + " of "
                  + name
                  + " run.",
              "Connect hands out tasks again within seconds of losing a worker. If it stays so,"
                  + " restart the connector.",
              name,
              "restart");
        }
        int task = failed.get().task();
        String what = task < 0 ? name : "Task " + task + " of " + name;
        String cause = Health.rootCause(failed.get().trace());
        Optional<KnownFailure> known = KnownFailure.of(cause, tables(connector));
        if (known.isPresent()) {
          String text = what + " failed: " + known.get().text() + ".";
          return problem(health, part, text, known.get().cure(), name, null);
        }
        return problem(
            health,
            part,
            what + " failed: " + Format.cause(redactor.text(cause)),
            "Fix the cause, then restart what failed.",
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
}

package dev.sluice.ops;

import dev.sluice.ops.Overview.Part;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The parts from the topic on: lag, the sink with its dead letters, the fact table. */
record SinkDiagnosis(DiagnosisContext of) {

  /** Where the page leads from a problem with them. */
  static final String DEAD_LETTERS = "dead-letters";

  /** Those of connect-configs, with their files. */
  private static final Map<String, String> OUR_SINKS =
      Map.of("sluice-sink", "sink.json", "sluice-sink-official", "sink-official.json");

  Part topic() {
    if (of.pipeline().topic() == null) {
      return new Part("topic", "read by no sink", sinkGone(), "records", null, null, null);
    }
    if (!of.answers().kafka().reachable()) {
      Health state =
          of.findings()
              .away(
                  of.answers().kafka(),
                  "topic",
                  "Kafka at " + of.options().kafka(),
                  "Start it. Source and sink wait for it and go on by themselves.");
      return new Part(
          "topic", of.pipeline().topic(), state, "records", null, null, "not reachable");
    }
    if (PipelineTracker.topic(of.pipeline(), of.answers()) == null) {
      Connector source = of.pipeline().source();
      Set<String> written =
          source == null
              ? Set.of()
              : of.answers().connect().value().written().getOrDefault(source.name(), Set.of());
      if (written.contains(of.pipeline().topic())) {
        return topicGone(source);
      }
      return new Part(
          "topic",
          of.pipeline().topic(),
          Health.OK,
          "records",
          null,
          null,
          "appears with its first row");
    }
    long lag = of.tracker().lag();
    long quiet = of.at() - of.tracker().out().changedAt();
    Health state = removed();
    // What the sink says itself is the better word for it.
    if (lag > 0
        && troubles().isEmpty()
        && quiet > Findings.GRACE_MILLIS
        && of.answers().connect().reachable()
        && Health.of(of.pipeline().sink()) == Health.OK) {
      state =
          of.findings()
              .problem(
                  Health.worst(List.of(state, Health.DEGRADED)),
                  "topic",
                  Format.count(lag, "record waits", "records wait")
                      + ", and "
                      + of.pipeline().sink().name()
                      + " has brought none to ClickHouse for "
                      + Format.duration(quiet)
                      + ".",
                  "It goes on by itself when ClickHouse does; if ClickHouse is well, see the worker's"
                      + " log.");
    }
    return new Part(
        "topic", of.pipeline().topic(), state, "records", (double) lag, null, "records wait");
  }

  /**
   * A source may be there for others; where a sink has read from it before, it is missing.
   *
   * @return null where none has
   */
  private Health sinkGone() {
    KafkaView kafka = of.answers().kafka().value();
    String prefix = of.pipeline().source().config().getOrDefault("topic.prefix", "");
    if (kafka == null || !of.answers().kafka().reachable() || prefix.isEmpty()) {
      return null;
    }
    Optional<String> gone = kafka.goneSink(prefix + ".");
    if (gone.isEmpty()) {
      return null;
    }
    Cure cure =
        Cure.of(
            "Register it again under that name, with ./sluice register FILE: it goes on where it was,"
                + " as long as Kafka keeps the records. Where it is not wanted any more, delete its"
                + " consumer group.");
    return of.findings()
        .problem(
            Health.FAILED,
            "topic",
            "Nobody reads what "
                + of.pipeline().source().name()
                + " writes: the sink "
                + gone.get()
                + " did, and is not registered any more.",
            OUR_SINKS.containsKey(gone.get())
                ? cure.then(Where.SLUICE, "register " + OUR_SINKS.get(gone.get()))
                : cure);
  }

  /** The consumer goes on at what is left, and nobody but this says so. */
  private Health removed() {
    if (of.tracker().removed() == 0) {
      return Health.OK;
    }
    return of.findings()
        .problem(
            of.tracker().isBehindRemoved() ? Health.FAILED : Health.DEGRADED,
            "topic",
            Format.count(of.tracker().removed(), "record was", "records were")
                + " removed from topic "
                + of.pipeline().topic()
                + " before "
                + of.pipeline().sink().name()
                + " had read "
                + (of.tracker().removed() == 1 ? "it" : "them")
                + ": rows are missing.",
            Cure.of(
                    "Let the sink run, and bring what is missing; keep records for longer than the"
                        + " longest outage (retention.ms of the topic). This is said until the page is"
                        + " started again.")
                .then(Where.SLUICE, "verify --repair --yes"));
  }

  /** Its producer asks for the topic for as long as it lives; another one makes it anew. */
  private Part topicGone(Connector source) {
    String topic = of.pipeline().topic();
    Health state =
        of.findings()
            .problem(
                Health.FAILED,
                "topic",
                "Topic " + topic + " is gone, though " + source.name() + " has written to it.",
                Cure.of(
                        "The source makes it anew when it is restarted, and goes on without a loss;"
                            + " what the sink had not read of the old one is compared and brought.")
                    .then(
                        Where.CONNECT,
                        "POST /connectors/" + source.name() + "/restart?includeTasks=true")
                    .then(Where.SLUICE, "verify --repair --yes"),
                source.name(),
                "restart");
    return new Part("topic", topic, state, "records", null, null, "gone");
  }

  Part sink() {
    Connector sink = of.pipeline().sink();
    if (sink == null) {
      return new Part("sink", "none", null, "rows/s", null, null, null);
    }
    Health state = of.findings().connector(sink, "sink");
    boolean known = of.answers().kafka().reachable();
    if (known) {
      for (String said : troubles()) {
        Health held =
            of.findings()
                .problem(
                    Health.DEGRADED,
                    "sink",
                    of.findings().clean(said),
                    "Its rows and those behind them wait, none is lost. Fix it; the sink tries again by"
                        + " itself.");
        state = Health.worst(List.of(state, held));
      }
    }
    if (of.deadLetters() > 0) {
      Health set =
          of.findings()
              .problem(
                  Health.DEGRADED,
                  "sink",
                  Format.count(of.deadLetters(), "row was", "rows were")
                      + " set aside as dead letters in the last hour"
                      + newestReason()
                      + ".",
                  LetterAdvice.of(reason().orElse(""))
                      + " Then put them back (the page of ./sluice ops, Dead letters).",
                  null,
                  DEAD_LETTERS);
      state = Health.worst(List.of(state, set));
    }
    return new Part(
        "sink",
        sink.name(),
        state,
        "rows/s",
        known ? rate(of.tracker().in()) : null,
        known ? rate(of.tracker().out()) : null,
        of.deadLetters() > 0
            ? Format.count(of.deadLetters(), "dead letter", "dead letters")
            : "rows in → out");
  }

  private String newestReason() {
    return reason().map(why -> ", the newest because: " + of.findings().clean(why)).orElse("");
  }

  /** Why the newest dead letter was set aside. */
  private Optional<String> reason() {
    return Optional.ofNullable(of.answers().kafka().value())
        .flatMap(view -> view.reason(of.pipeline().sink().name()));
  }

  private List<String> troubles() {
    return of.answers()
        .kafka()
        .value()
        .troubles(of.pipeline().sink().name(), of.pipeline().topic());
  }

  Part table() {
    String table = of.pipeline().factTable();
    if (table == null) {
      return new Part("table", "none", null, "ms", null, null, null);
    }
    OptionalLong behind = of.tracker().freshness().current(of.at());
    Double value = behind.isPresent() ? (double) behind.getAsLong() : null;
    if (!of.answers().clickHouse().reachable()) {
      Health state =
          of.findings()
              .away(
                  of.answers().clickHouse(),
                  "table",
                  "ClickHouse at " + of.options().clickHouse(),
                  "Start it. The sink waits for it and goes on by itself.");
      return new Part("table", table, state, "ms", value, null, "not reachable");
    }
    ClickHouseView.Table found = of.answers().clickHouse().value().tables().get(table);
    if (found == null) {
      Health state =
          of.findings()
              .problem(
                  Health.FAILED,
                  "table",
                  "ClickHouse has no table " + table + ".",
                  "Create it (connect-configs/sql). The sink waits for it and goes on by itself.");
      return new Part("table", table, state, "ms", null, null, null);
    }
    String rows = Format.count(found.rows(), "version", "versions");
    Health state = new EngineDiagnosis(of).state(found);
    if (!of.tracker().snapshot().isRunning()
        && behind.isPresent()
        && behind.getAsLong() > of.options().limits().freshness().toMillis()) {
      state =
          of.findings()
              .problem(
                  Health.worst(List.of(state, Health.DEGRADED)),
                  "table",
                  "The facts are " + Format.duration(behind.getAsLong()) + " behind Postgres.",
                  "They catch up when what stands before them flows again.");
    }
    return new Part("table", table, state, "ms", value, null, rows);
  }

  private static Double rate(Rates rates) {
    double rate = rates.perSecond();
    return Double.isNaN(rate) ? null : rate;
  }
}

package dev.sluice.ops;

import dev.sluice.ops.Overview.ConnectorView;
import dev.sluice.ops.Overview.DeadLetterQueue;
import dev.sluice.ops.Overview.LetterShare;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Server;
import dev.sluice.ops.Overview.Visible;
import dev.sluice.ops.Poll.Answer;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a {@link StatusSnapshot} of what the four servers said, and remembers from one to the next
 * what takes more than one look. Used by the collector's thread alone.
 */
final class StatusSnapshotBuilder {

  private final OpsOptions options;
  private final DeadLetters deadLetters;
  private final ActionLog actions;
  private final Timeline timeline;
  private final VisibilityProbe probe;
  private final Map<String, PipelineTracker> trackers = new HashMap<>();
  private Doubts doubts = Doubts.NONE;
  private boolean inDoubt;
  private Boolean connectWasReachable;

  StatusSnapshotBuilder(
      OpsOptions options,
      DeadLetters deadLetters,
      ActionLog actions,
      Timeline timeline,
      VisibilityProbe probe) {
    this.options = options;
    this.deadLetters = deadLetters;
    this.actions = actions;
    this.timeline = timeline;
    this.probe = probe;
  }

  /** Whether some pipeline stands still for a reason that has not been found. */
  boolean isInDoubt() {
    return inDoubt;
  }

  /** What the next look has to ask about. */
  Doubts doubts() {
    return doubts;
  }

  StatusSnapshot picture(long at, Answers answers) {
    Map<String, Connector> connectors = answers.connect().value().connectors();
    Redactor redactor = new Redactor(connectors.values());
    remember(at, answers, connectors, redactor);
    ObservedTopology topology = new ObservedTopology(connectors.values());
    List<DeadLetterQueue> queues =
        LetterQueues.of(topology, answers.kafka().value(), deadLetters::putBackSince);
    List<PipelineView> views = new ArrayList<>();
    Set<String> ids = new TreeSet<>();
    Doubts next = new Doubts(new TreeSet<>(), new TreeSet<>());
    List<FactProbe> probes = new ArrayList<>();
    boolean strange = false;
    for (Pipeline pipeline :
        topology.pipelines(answers.kafka().value(), answers.connect().value().written())) {
      ids.add(pipeline.id());
      PipelineTracker tracker =
          trackers.computeIfAbsent(pipeline.id(), id -> new PipelineTracker());
      tracker.see(at, pipeline, answers);
      long waiting = LetterQueues.sum(pipeline.sink(), queues, LetterShare::waiting);
      Visible visible = tracker.visible(at, pipeline.id(), probe);
      PipelineView view =
          Diagnosis.of(at, pipeline, tracker, answers, options, redactor, waiting, visible);
      views.add(view);
      // Letters of the last hour explain nothing of what stands still now.
      strange |=
          view.problems().stream().allMatch(p -> SinkDiagnosis.DEAD_LETTERS.equals(p.action()))
              && tracker.standsStill(at);
      Part first = view.parts().get(0);
      tracker.record(
          at,
          first.value() == null ? null : first.value().longValue(),
          answers.kafka().reachable(),
          visible,
          LetterQueues.sum(pipeline.sink(), queues, LetterShare::lastHour),
          waiting);
      probed(pipeline, tracker, answers).ifPresent(probes::add);
      if (pipeline.isPostgres() && Health.of(pipeline.source()) == Health.OK) {
        doubt(pipeline, tracker, answers, next);
      }
    }
    trackers.keySet().retainAll(ids);
    PostgresView postgresView = answers.postgres().value();
    probe.follow(probes, postgresView == null ? 0 : postgresView.clockAhead());
    doubts = next;
    inDoubt = strange;
    views.sort(Comparator.comparing(PipelineView::state).thenComparing(PipelineView::id));
    Overview overview = overview(at, answers, connectors.values(), redactor, views, queues);
    actions.follow(at, connectors, answers.connect().reachable(), redactor);
    Map<String, History> histories = new HashMap<>();
    trackers.forEach((id, tracker) -> histories.put(id, tracker.history()));
    return new StatusSnapshot(overview, connectors, redactor, histories);
  }

  private static void doubt(
      Pipeline pipeline, PipelineTracker tracker, Answers answers, Doubts doubts) {
    String source = pipeline.source().name();
    if (tracker.notStreamingSince() > 0) {
      doubts.notStreaming().add(source);
    }
    if (answers.kafka().reachable()
        && pipeline.topic() != null
        && PipelineTracker.topic(pipeline, answers) == null) {
      doubts.lackTopics().add(source);
    }
  }

  /** Of a pipeline that streams, how its changes are recognised in ClickHouse. */
  private static Optional<FactProbe> probed(
      Pipeline pipeline, PipelineTracker tracker, Answers answers) {
    ClickHouseView clickHouse = answers.clickHouse().value();
    boolean streams =
        pipeline.isPostgres()
            && tracker.notStreamingSince() == 0
            && !tracker.snapshot().isRunning()
            && clickHouse != null
            && PipelineTracker.topic(pipeline, answers) != null;
    return streams
        ? Optional.ofNullable(clickHouse.tables().get(pipeline.factTable()))
            .flatMap(table -> FactProbe.of(pipeline, table))
        : Optional.empty();
  }

  /** Notes what changed since the last look. */
  private void remember(
      long at, Answers answers, Map<String, Connector> connectors, Redactor redactor) {
    boolean reachable = answers.connect().reachable();
    if (reachable) {
      timeline.see(at, connectors.values(), redactor);
    }
    if (connectWasReachable != null && reachable != connectWasReachable) {
      timeline.note(
          at,
          connectors.keySet(),
          reachable ? "Connect answers" : "Connect does not answer",
          reachable ? "" : redactor.text(answers.connect().error()));
    }
    connectWasReachable = reachable;
  }

  private Overview overview(
      long at,
      Answers answers,
      Collection<Connector> connectors,
      Redactor redactor,
      List<PipelineView> pipelines,
      List<DeadLetterQueue> queues) {
    List<Server> servers =
        List.of(
            server("Postgres", options.postgres().toString(), answers.postgres(), redactor),
            server("Kafka", options.kafka(), answers.kafka(), redactor),
            server("Connect", options.connect().toString(), answers.connect(), redactor),
            server("ClickHouse", options.clickHouse().toString(), answers.clickHouse(), redactor));
    List<ConnectorView> views =
        connectors.stream()
            .map(c -> connector(c, answers.connect().reachable(), redactor))
            .sorted(Comparator.comparing(ConnectorView::state).thenComparing(ConnectorView::name))
            .toList();
    List<Health> states = new ArrayList<>();
    pipelines.forEach(p -> states.add(p.state()));
    views.forEach(c -> states.add(c.state()));
    servers.stream()
        .filter(server -> server.error() != null)
        .forEach(server -> states.add(server.refused() ? Health.DEGRADED : Health.UNREACHABLE));
    if (connectors.isEmpty()) {
      states.add(Health.DEGRADED);
    }
    return new Overview(at, Health.worst(states), servers, pipelines, views, queues);
  }

  private static Server server(String name, String address, Answer<?> answer, Redactor redactor) {
    String error = answer.reachable() ? null : redactor.text(answer.error());
    return new Server(name, address, error, answer.refused(), answer.answeredAt());
  }

  private static ConnectorView connector(
      Connector connector, boolean reachable, Redactor redactor) {
    String plugin = connector.config().getOrDefault("connector.class", "");
    return new ConnectorView(
        connector.name(),
        connector.type(),
        plugin.substring(plugin.lastIndexOf('.') + 1),
        reachable ? Health.of(connector) : Health.UNREACHABLE,
        (int) connector.running(),
        connector.tasks().size(),
        connector
            .firstFailed()
            .map(part -> redactor.text(Health.rootCause(part.trace())))
            .orElse(""));
  }
}

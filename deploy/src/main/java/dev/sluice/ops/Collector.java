package dev.sluice.ops;

import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.Health;
import dev.sluice.ops.Overview.ConnectorView;
import dev.sluice.ops.Overview.DeadLetterQueue;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Server;
import dev.sluice.ops.Poll.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Looks at all four servers once a second and keeps the {@link Picture} of the last look, which is
 * all that the page serves.
 *
 * <p>Failure semantics: each server is asked on a thread of its own; one that does not answer keeps
 * its last answer, is shown as unreachable, and holds up a look by at most a second. What was known
 * of the connectors stays known while Connect is away. A look that throws is a defect; it is said
 * on standard error and the next look is made.
 */
final class Collector implements AutoCloseable {

  private static final long INTERVAL_MILLIS = 1000;
  private static final long PATIENCE_MILLIS = 900;
  private static final long POSTGRES_FIRST_MILLIS = 300;

  private final OpsOptions options;
  private final DeadLetters deadLetters;
  private final ActionLog actions;
  private final Timeline timeline;
  private final ConnectReader connect;
  private final PostgresReader postgres;
  private final KafkaReader kafka;
  private final ClickHouseReader clickHouse;
  private final Poll<ConnectView> connectPoll = new Poll<>("connect");
  private final Poll<PostgresView> postgresPoll = new Poll<>("postgres");
  private final Poll<KafkaView> kafkaPoll = new Poll<>("kafka");
  private final Poll<ClickHouseView> clickHousePoll = new Poll<>("clickhouse");
  private final Map<String, PipelineTracker> trackers = new HashMap<>();
  private final Thread thread = new Thread(this::run, "ops-collector");
  private List<String> notStreaming = List.of();
  private boolean connectWasReachable;
  private volatile Picture picture;
  private volatile boolean stopping;

  Collector(OpsOptions options, DeadLetters deadLetters, ActionLog actions, Timeline timeline) {
    this.options = options;
    this.deadLetters = deadLetters;
    this.actions = actions;
    this.timeline = timeline;
    this.connect =
        new ConnectReader(
            new ConnectClient(options.connect(), Duration.ZERO, Duration.ofSeconds(4)));
    this.postgres = new PostgresReader(options.postgres());
    this.kafka = new KafkaReader(options.kafka());
    this.clickHouse = new ClickHouseReader(options.clickHouse());
    this.picture = Picture.empty(options);
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** The last look. */
  Picture picture() {
    return picture;
  }

  private void run() {
    while (!stopping) {
      long begin = Now.millis();
      try {
        look();
        Thread.sleep(Math.max(0, INTERVAL_MILLIS - (Now.millis() - begin)));
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        e.printStackTrace();
        dev.sluice.Pause.millis(INTERVAL_MILLIS);
      }
    }
  }

  /** One look. */
  private void look() throws InterruptedException {
    Map<String, Connector> known = picture.connectors();
    Topology last = new Topology(known.values());
    long deadline = Now.millis() + PATIENCE_MILLIS;
    List<String> candidates = notStreaming;
    connectPoll.start(() -> connect.read(candidates));
    postgresPoll.start(postgres::read);
    clickHousePoll.start(clickHouse::read);
    // Kafka after Postgres: what the slot has confirmed is in the ends read after it.
    postgresPoll.await(POSTGRES_FIRST_MILLIS);
    kafkaPoll.start(() -> kafka.read(last.sinks(), last::isWanted, last::isDeadLetters));
    Answer<ConnectView> connectAnswer = connectPoll.await(deadline - Now.millis());
    Answers answers =
        new Answers(
            connectAnswer.value() != null
                ? connectAnswer
                : new Answer<>(new ConnectView(Map.of(), Set.of()), 0, 0, connectAnswer.error()),
            postgresPoll.await(deadline - Now.millis()),
            kafkaPoll.await(deadline - Now.millis()),
            clickHousePoll.await(deadline - Now.millis()));
    picture = picture(Now.millis(), answers);
  }

  private Picture picture(long at, Answers answers) {
    Map<String, Connector> connectors = answers.connect().value().connectors();
    Redactor redactor = new Redactor(connectors.values());
    remember(at, answers, connectors, redactor);
    Topology topology = new Topology(connectors.values());
    List<DeadLetterQueue> queues = queues(topology, connectors.values(), answers.kafka().value());
    List<PipelineView> views = new ArrayList<>();
    Set<String> ids = new TreeSet<>();
    List<String> quiet = new ArrayList<>();
    for (Pipeline pipeline : topology.pipelines(answers.kafka().value())) {
      ids.add(pipeline.id());
      PipelineTracker tracker =
          trackers.computeIfAbsent(pipeline.id(), id -> new PipelineTracker());
      tracker.see(at, pipeline, answers);
      long letters = waiting(pipeline.sink(), queues);
      PipelineView view =
          new Diagnosis(at, pipeline, tracker, answers, options, redactor, letters).view();
      views.add(view);
      Part first = view.parts().get(0);
      tracker.record(
          at,
          first.value() == null ? null : first.value().longValue(),
          answers.kafka().reachable(),
          letters);
      if (pipeline.isPostgres()
          && tracker.notStreamingSince() > 0
          && Health.of(pipeline.source()) == Health.OK) {
        quiet.add(pipeline.source().name());
      }
    }
    trackers.keySet().retainAll(ids);
    notStreaming = quiet.stream().distinct().toList();
    views.sort(Comparator.comparing(PipelineView::state).thenComparing(PipelineView::id));
    Overview overview = overview(at, answers, connectors.values(), redactor, views, queues);
    actions.follow(at, connectors, answers.connect().reachable(), redactor);
    Map<String, History> histories = new HashMap<>();
    trackers.forEach((id, tracker) -> histories.put(id, tracker.history()));
    return new Picture(overview, connectors, redactor, histories);
  }

  /** Notes what changed since the last look. */
  private void remember(
      long at, Answers answers, Map<String, Connector> connectors, Redactor redactor) {
    boolean reachable = answers.connect().reachable();
    if (reachable) {
      timeline.see(at, connectors.values(), redactor);
    }
    if (reachable != connectWasReachable && answers.connect().answeredAt() > 0) {
      timeline.note(
          at,
          connectors.keySet(),
          reachable ? "Connect answers" : "Connect does not answer",
          reachable ? "" : redactor.text(answers.connect().error()));
      connectWasReachable = reachable;
    }
  }

  private List<DeadLetterQueue> queues(
      Topology topology, Collection<Connector> connectors, KafkaView kafka) {
    if (kafka == null) {
      return List.of();
    }
    List<DeadLetterQueue> queues = new ArrayList<>();
    kafka.topics().values().stream()
        .filter(topic -> topology.isDeadLetters(topic.name()))
        .sorted(Comparator.comparing(KafkaView.Topic::name))
        .forEach(
            topic -> {
              List<String> writers =
                  connectors.stream()
                      .filter(c -> Topology.deadLettersOf(c).matches(topic.name()))
                      .map(Connector::name)
                      .toList();
              long lastHour = topic.recordsOfLastHour();
              long back = deadLetters.putBackSince(topic.name(), topic.hourAgo());
              queues.add(
                  new DeadLetterQueue(
                      topic.name(), writers, topic.records(), lastHour, lastHour - back));
            });
    return queues;
  }

  private static long waiting(Connector sink, List<DeadLetterQueue> queues) {
    return sink == null
        ? 0
        : queues.stream()
            .filter(q -> q.connectors().contains(sink.name()))
            .mapToLong(DeadLetterQueue::waiting)
            .sum();
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
    servers.stream().filter(s -> s.error() != null).forEach(s -> states.add(Health.UNREACHABLE));
    if (connectors.isEmpty()) {
      states.add(Health.DEGRADED);
    }
    return new Overview(at, Health.worst(states), servers, pipelines, views, queues);
  }

  private static Server server(String name, String address, Answer<?> answer, Redactor redactor) {
    String error = answer.reachable() ? null : redactor.text(answer.error());
    return new Server(name, address, error, answer.answeredAt());
  }

  private static ConnectorView connector(
      Connector connector, boolean reachable, Redactor redactor) {
    String plugin = connector.config().getOrDefault("connector.class", "");
    return new ConnectorView(
        connector.name(),
        connector.type(),
        plugin.substring(plugin.lastIndexOf('.') + 1),
        reachable ? Health.of(connector) : Health.UNREACHABLE,
        (int) connector.tasks().stream().filter(t -> t.state().equals("RUNNING")).count(),
        connector.tasks().size(),
        connector
            .firstFailed()
            .map(part -> redactor.text(Health.rootCause(part.trace())))
            .orElse(""));
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    List.of(connectPoll, postgresPoll, kafkaPoll, clickHousePoll).forEach(Poll::close);
    postgres.close();
    kafka.close();
    clickHouse.close();
  }
}

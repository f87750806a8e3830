package dev.sluice.ops;

import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Poll.Answer;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Looks at all four servers once a second and keeps the {@link StatusSnapshot} of the last look,
 * which is all that the page serves.
 *
 * <p>Failure semantics: each server is asked on a thread of its own; one that does not answer keeps
 * its last answer, is shown as unreachable, and holds up a look by at most a second. What was known
 * of the connectors stays known while Connect is away. A look that throws is a defect; it is said
 * on standard error and the next look is made.
 */
final class Collector implements AutoCloseable {

  static final long INTERVAL_MILLIS = 1000;
  private static final long PATIENCE_MILLIS = 900;
  private static final long POSTGRES_FIRST_MILLIS = 300;

  private final OpsOptions options;
  private final StatusSnapshotBuilder maker;
  private final ConnectReader connect;
  private final PostgresReader postgres;
  private final KafkaReader kafka;
  private final ClickHouseReader clickHouse;
  private final Poll<ConnectView> connectPoll = new Poll<>("connect");
  private final Poll<PostgresView> postgresPoll = new Poll<>("postgres");
  private final Poll<KafkaView> kafkaPoll = new Poll<>("kafka");
  private final Poll<ClickHouseView> clickHousePoll = new Poll<>("clickhouse");
  private final VisibilityProbe probe;
  private final Thread thread = new Thread(this::run, "ops-collector");
  private volatile StatusSnapshot picture;
  private volatile boolean stopping;

  Collector(OpsOptions options, DeadLetters deadLetters, ActionLog actions, Timeline timeline) {
    this.options = options;
    this.connect =
        new ConnectReader(
            new ConnectClient(options.connect(), Duration.ZERO, Duration.ofSeconds(5)));
    this.postgres = new PostgresReader(options.postgres());
    this.kafka = new KafkaReader(options.kafka());
    this.clickHouse = new ClickHouseReader(options.clickHouse());
    this.probe = new VisibilityProbe(options);
    this.maker = new StatusSnapshotBuilder(options, deadLetters, actions, timeline, probe);
    this.picture = StatusSnapshot.empty(options);
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
    probe.start();
  }

  /** The last look. */
  StatusSnapshot picture() {
    return picture;
  }

  private void run() {
    try {
      while (!stopping) {
        long begin = Now.millis();
        try {
          look();
        } catch (RuntimeException e) {
          e.printStackTrace();
        }
        Thread.sleep(Math.max(0, INTERVAL_MILLIS - (Now.millis() - begin)));
      }
    } catch (InterruptedException e) {
      // close() wants the thread to end.
    }
  }

  /** Whether another look may show more: something stands still, and has not been named. */
  boolean isInDoubt() {
    return maker.isInDoubt();
  }

  /** One look. */
  void look() throws InterruptedException {
    Map<String, Connector> known = picture.connectors();
    ObservedTopology last = new ObservedTopology(known.values());
    long deadline = Now.millis() + PATIENCE_MILLIS;
    Doubts doubts = maker.doubts();
    connectPoll.start(() -> connect.read(doubts.notStreaming(), doubts.lackTopics()));
    Set<String> tables =
        picture.overview().pipelines().stream()
            .filter(each -> each.source() != null && each.sourceTable() != null)
            .map(PipelineView::sourceTable)
            .collect(Collectors.toSet());
    postgresPoll.start(() -> postgres.read(last.writingHeartbeats(), tables));
    clickHousePoll.start(clickHouse::read);
    // Kafka after Postgres: what the slot has confirmed is in the ends read after it.
    postgresPoll.await(POSTGRES_FIRST_MILLIS);
    kafkaPoll.start(() -> kafka.read(last));
    Answer<ConnectView> connectAnswer = connectPoll.await(deadline - Now.millis());
    Answers answers =
        new Answers(
            connectAnswer.value() != null
                ? connectAnswer
                : new Answer<>(ConnectView.NOTHING, 0, 0, connectAnswer.error()),
            postgresPoll.await(deadline - Now.millis()),
            kafkaPoll.await(deadline - Now.millis()),
            clickHousePoll.await(deadline - Now.millis()));
    picture = maker.picture(Now.millis(), answers);
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List.of(connectPoll, postgresPoll, kafkaPoll, clickHousePoll).forEach(Poll::close);
    probe.close();
    postgres.close();
    kafka.close();
    clickHouse.close();
  }
}

package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Problem;
import dev.sluice.ops.Poll.Answer;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.UnreadRecords.Gap;
import dev.sluice.pipeline.UnreadRecords.Unread;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.Health;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What cannot easily be made for real: each state from what the servers would say. */
final class DiagnosisTest {

  private static final String TABLE = "public.t";
  private static final String TOPIC = "p." + TABLE;
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
  private static final String BEATS = "__debezium-heartbeat.p";
  private static final String BEAT = "INSERT INTO sluice_heartbeat VALUES (1, now())";
  private static final long GB = 1L << 30;

  private final PipelineTracker tracker = new PipelineTracker();
  private Connector source =
      ObservedTopologyTest.connector(
          "source",
          "source",
          Map.of(
              "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
              "slot.name", "slot",
              "publication.name", "pub",
              "topic.prefix", "p",
              "heartbeat.interval.ms", "1000",
              "heartbeat.action.query", BEAT));
  private Connector sink = ObservedTopologyTest.connector("sink", "sink", Map.of("topics", TOPIC));
  private String reader = "me";
  private String application = "Debezium Streaming";
  private PostgresView.Catalogue catalogue = PostgresView.Catalogue.NONE;
  private Map<String, Slot> slots = Map.of("slot", slot(true, "reserved", 100));
  private String publication = "pub";
  private Set<String> published = Set.of(TABLE, "public.sluice_heartbeat");
  private Map<String, ClickHouseView.Table> tables =
      Map.of(
          "facts",
          new ClickHouseView.Table("facts", "ReplacingMergeTree(v) ORDER BY id", "id", 10, 10, 1));
  private long start;
  private long end = 5;
  private long committed = 5;
  private String said = "";
  private Map<TopicPartition, OffsetAndMetadata> alsoCommitted = Map.of();
  private Map<Gap, Unread> unread = Map.of();
  private long at = 1_000_000;
  private long beatAt = at;
  private Answer<ClickHouseView> clickHouse;
  private boolean topicIsThere = true;
  private Map<String, Set<String>> written = Map.of();
  private Map<String, Long> positions = Map.of();
  private Map<String, PostgresView.Refusal> refusals = Map.of();

  @Test
  void allIsWell() {
    PipelineView view = look();
    assertThat(view.state()).isEqualTo(Health.OK);
    assertThat(view.problems()).isEmpty();
    assertThat(view.parts())
        .extracting(Overview.Part::kind)
        .containsExactly("postgres", "source", "topic", "sink", "table");
  }

  @Test
  void lostSlotNeedsANewSnapshot() {
    slots = Map.of("slot", slot(true, "lost", 100));
    Problem problem = only(look(), Health.FAILED, "postgres");
    assertThat(problem.text()).contains("Slot slot is lost");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly("./sluice resync --yes");
  }

  @Test
  void slotThatHoldsBackTooMuchIsADanger() {
    slots = Map.of("slot", slot(false, "extended", 2 * GB));
    assertThat(only(look(), Health.DEGRADED, "postgres").text())
        .contains("holds back 2.0 GB of WAL");
  }

  @Test
  void anEngineThatKeepsOldVersionsIsReplaced() {
    sink =
        ObservedTopologyTest.connector(
            "sink",
            "sink",
            Map.of(
                "topics", TOPIC,
                "transforms", "fact",
                "transforms.fact.type", "dev.sluice.smt.ExtractFactRow",
                "transforms.fact.schema", "id String, updated_at Int64"));
    tables =
        Map.of(
            "facts",
            new ClickHouseView.Table(
                "facts", "MergeTree ORDER BY id SETTINGS index_granularity = 1", "id", 10, 10, 1));
    Problem problem = only(look(), Health.FAILED, "table");
    assertThat(problem.text())
        .isEqualTo("facts is a MergeTree: old versions of rows stay beside the new ones.");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly(
            "Connect: PUT /connectors/sink/stop",
            "ClickHouse: CREATE TABLE `facts_rebuilt` AS `facts` ENGINE ="
                + " ReplacingMergeTree(updated_at) ORDER BY id SETTINGS index_granularity = 1",
            "ClickHouse: INSERT INTO `facts_rebuilt` SELECT * FROM `facts`",
            "ClickHouse: EXCHANGE TABLES `facts` AND `facts_rebuilt`",
            "Connect: PUT /connectors/sink/resume",
            "./sluice verify --repair --yes");
  }

  @Test
  void tableOutsideThePublicationIsNotSent() {
    published = Set.of("public.other", "x.sluice_heartbeat");
    Problem problem = only(look(), Health.DEGRADED, "postgres");
    assertThat(problem.text()).contains("public.t is not in publication pub");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly(
            "psql: ALTER PUBLICATION pub ADD TABLE public.t", "./sluice verify --repair --yes");
  }

  @Test
  void aPublicationThatIsGoneSendsNothing() {
    publication = "another";
    Problem problem = only(look(), Health.FAILED, "postgres");
    assertThat(problem.text()).isEqualTo("Postgres has no publication pub: nothing is sent.");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly(
            "psql: CREATE PUBLICATION pub FOR TABLE public.t, sluice_heartbeat",
            "./sluice resync --yes");
  }

  @Test
  void sourceThatRunsWithoutStreamingIsNotTakenForWellAfterAWhile() {
    slots = Map.of("slot", slot(false, "reserved", 100));
    assertThat(look().state()).isEqualTo(Health.OK);
    at += 20_000;
    beatAt = at;
    assertThat(only(look(), Health.DEGRADED, "source").action()).isEqualTo("restart");
  }

  @Test
  void recordsThatNobodyTakesAreSaid() {
    committed = 2;
    assertThat(look().state()).isEqualTo(Health.OK);
    at += 20_000;
    beatAt = at;
    assertThat(only(look(), Health.DEGRADED, "topic").text())
        .contains("3 records wait", "sink has brought none");
  }

  @Test
  void aMarkerAtTheEndIsNoRecordThatWaitsAndHoldsNoFreshnessBack() {
    committed = 4;
    unread = Map.of(new Gap(PARTITION, 4, 5), new Unread(5, 0));
    look();
    at += 90_000;
    beatAt = at;
    PipelineView view = look();
    assertThat(view.problems()).isEmpty();
    assertThat(view.parts().get(2).value()).isZero();
    assertThat(tracker.standsStill(at)).isFalse();
  }

  @Test
  void aTransactionThatIsNotEndedIsNoLagButItsRowsAreNotFresh() {
    committed = 3;
    unread = Map.of(new Gap(PARTITION, 3, 5), new Unread(4, 0));
    look();
    at += 90_000;
    beatAt = at;
    PipelineView view = look();
    assertThat(view.parts().get(2).value()).isZero();
    assertThat(only(view, Health.DEGRADED, "table").text()).contains("90 s behind");
  }

  @Test
  void missingTableIsAFailure() {
    tables = Map.of();
    assertThat(only(look(), Health.FAILED, "table").text()).contains("no table facts");
  }

  @Test
  void factsThatAreBehindAreNotFresh() {
    look();
    at += 90_000;
    committed = 4;
    assertThat(look().problems())
        .anySatisfy(
            problem -> assertThat(problem.text()).contains("The facts are 90 s behind Postgres."));
  }

  @Test
  void failedTaskComesWithItsCauseAndItsButton() {
    sink =
        new Connector(
            "sink",
            "sink",
            sink.config(),
            sink.connector(),
            List.of(
                new Status(0, "RUNNING", "w", ""),
                new Status(1, "FAILED", "w", "a.B: x\n\tat c\nCaused by: d.E: why\n\tat f")));
    Problem problem = only(look(), Health.DEGRADED, "sink");
    assertThat(problem.text()).isEqualTo("Task 1 of sink failed: why");
    assertThat(problem.action()).isEqualTo("restart-failed");
  }

  @Test
  void workerThatIsAwayIsSaidOnceThoughTwoPartsNeedIt() {
    PipelineView view = look("gone");
    assertThat(view.state()).isEqualTo(Health.UNREACHABLE);
    assertThat(view.problems()).hasSize(1);
    assertThat(view.parts().get(0).state()).isEqualTo(Health.OK);
  }

  @Test
  void whatTheSinkSaysWithItsOffsetsIsShown() {
    said = "Setting aside the first of 3 records does not work: the queue is away";
    alsoCommitted =
        Map.of(
            new TopicPartition("another.topic", 0),
            new OffsetAndMetadata(5, "Inserting into table other does not work: no answer"));
    Problem problem = only(look(), Health.DEGRADED, "sink");
    assertThat(problem.text())
        .isEqualTo("Setting aside the first of 3 records does not work: the queue is away");
  }

  @Test
  void aSourceWhoseHeartbeatPostgresRefusesStandsStillForThatReason() {
    beatAt = at - 16_500;
    refusals = Map.of(BEAT, new PostgresView.Refusal("42P01", "ERROR: there is no such table"));
    Problem problem = only(look(), Health.FAILED, "source");
    assertThat(problem.text())
        .isEqualTo(
            "source runs by Connect's word, but stands still: its heartbeat fails"
                + " (ERROR: there is no such table).");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::run)
        .containsExactly(
            "CREATE TABLE sluice_heartbeat (id int PRIMARY KEY, beat_at timestamptz NOT NULL)",
            "ALTER PUBLICATION pub ADD TABLE sluice_heartbeat",
            "GRANT SELECT, INSERT, UPDATE ON sluice_heartbeat TO \"me\"");
  }

  @Test
  void aHeartbeatThatTheSourceMayNotWriteIsSaidWhileTheSourceReads() {
    refusals = Map.of(BEAT, new PostgresView.Refusal("42501", "ERROR: you may not"));
    Problem problem = only(look(), Health.DEGRADED, "source");
    assertThat(problem.text())
        .startsWith("source reads, but its heartbeat fails (ERROR: you may not)");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::run)
        .containsExactly("GRANT SELECT, INSERT, UPDATE ON sluice_heartbeat TO \"me\"");
  }

  @Test
  void aHeartbeatThatOnlyWeMayNotWriteIsWell() {
    reader = "another";
    slots = Map.of("slot", slot(true, "reserved", 100));
    refusals = Map.of(BEAT, new PostgresView.Refusal("42501", "ERROR: you may not"));
    assertThat(look().problems()).isEmpty();
  }

  @Test
  void aSourceThatDoesNotBeatIsDegradedAndAfterAMinuteFailed() {
    beatAt = at - 16_500;
    assertThat(only(look(), Health.DEGRADED, "source").action()).isEqualTo("restart");
    beatAt = at - 90_000;
    assertThat(only(look(), Health.FAILED, "source").text())
        .isEqualTo(
            "source runs by Connect's word, but stands still: no heartbeat of it has come for 89 s.");
  }

  @Test
  void aLostSlotIsTheReasonThatTheSourceDoesNotBeat() {
    slots = Map.of("slot", slot(false, "lost", 100));
    beatAt = at - 90_000;
    only(look(), Health.FAILED, "postgres");
  }

  @Test
  void aHeartbeatIntoATableThatIsNotPublishedMovesNoSlot() {
    published = Set.of(TABLE);
    Problem problem = only(look(), Health.DEGRADED, "postgres");
    assertThat(problem.text())
        .startsWith("sluice_heartbeat, which the heartbeat writes, is not in publication pub:");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::run)
        .containsExactly("ALTER PUBLICATION pub ADD TABLE sluice_heartbeat");
  }

  @Test
  void aTopicThatTheSourceHasWrittenAndThatIsGoneIsMadeAnewByARestart() {
    topicIsThere = false;
    written = Map.of("source", Set.of(TOPIC));
    Problem problem = only(look(), Health.FAILED, "topic");
    assertThat(problem.text())
        .isEqualTo("Topic p.public.t is gone, though source has written to it.");
    assertThat(problem.connector()).isEqualTo("source");
    assertThat(problem.action()).isEqualTo("restart");
  }

  @Test
  void aServerThatSaysNoIsNotToBeStarted() {
    clickHouse = new Answer<>(null, at, at, "Not enough privileges: SHOW TABLES", true);
    Problem problem = only(look(), Health.DEGRADED, "table");
    assertThat(problem.text())
        .contains("does not let itself be looked at: Not enough privileges: SHOW TABLES");
    assertThat(problem.cure().text()).contains("need not be started");
  }

  @Test
  void aServerThatDoesNotAnswerIsToBeStarted() {
    clickHouse = new Answer<>(null, at, at, "connection refused", false);
    Problem problem = only(look(), Health.UNREACHABLE, "table");
    assertThat(problem.text()).contains("does not answer: connection refused");
    assertThat(problem.cure().text()).startsWith("Start it.");
  }

  @Test
  void aSourceThatWasFurtherThanPostgresIsHasMetAnotherServer() {
    positions = Map.of("source", 8L);
    Problem problem = only(look(), Health.FAILED, "source");
    assertThat(problem.text()).startsWith("source has been further in the WAL than Postgres");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly("./sluice resync --yes");
  }

  @Test
  void aSourceThatIsWherePostgresIsIsWell() {
    positions = Map.of("source", 7L);
    assertThat(look().problems()).isEmpty();
  }

  @Test
  void recordsThatWereRemovedUnreadAreSaidAndNotForgotten() {
    start = 4;
    committed = 1;
    Problem problem = only(look(), Health.FAILED, "topic");
    assertThat(problem.text())
        .isEqualTo(
            "3 records were removed from topic p.public.t before sink had read them: rows are missing.");
    assertThat(problem.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly("./sluice verify --repair --yes");
    committed = 5;
    at += 1_000;
    only(look(), Health.DEGRADED, "topic");
    end = 9;
    at += 1_000;
    only(look(), Health.DEGRADED, "topic");
    start = 7;
    at += 1_000;
    assertThat(only(look(), Health.FAILED, "topic").text()).startsWith("5 records were removed");
  }

  @Test
  void aMarkerThatWasRemovedWhenAllRecordsHadBeenReadIsNoLoss() {
    assertThat(look().problems()).isEmpty();
    end = 6;
    start = 6;
    at += 1_000;
    assertThat(look().problems()).isEmpty();
  }

  @Test
  void recordsThatWereRemovedWhenTheyHadBeenReadAreNoLoss() {
    start = 4;
    committed = 4;
    assertThat(look().problems()).isEmpty();
  }

  @Test
  void aTopicThatNothingWasWrittenToYetIsWell() {
    topicIsThere = false;
    written = Map.of("source", Set.of("p.public.other"));
    assertThat(look().state()).isEqualTo(Health.OK);
  }

  @Test
  void ofASourceOfAnotherDatabaseNothingIsSaidOfSlotAndPublication() {
    slots = Map.of();
    published = Set.of();
    source =
        ObservedTopologyTest.connector(
            "source",
            "source",
            Map.of(
                "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
                "database.dbname", "another"));
    look();
    at += 20_000;
    assertThat(look().problems()).isEmpty();
  }

  private PipelineView look() {
    return look(null);
  }

  private PipelineView look(String connectError) {
    Pipeline pipeline = new Pipeline(source, TOPIC, sink, TABLE, "facts");
    Map<String, KafkaView.Topic> topics = new HashMap<>();
    if (topicIsThere) {
      topics.put(
          TOPIC,
          new KafkaView.Topic(TOPIC, Map.of(PARTITION, start), Map.of(PARTITION, end), Map.of()));
    }
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(alsoCommitted);
    offsets.put(PARTITION, new OffsetAndMetadata(committed, said));
    Answers answers =
        new Answers(
            new Answer<>(
                new ConnectView(Map.of(), Set.of(), positions, written), at, at, connectError),
            new Answer<>(
                new PostgresView(
                    7, 0, slots, Map.of(publication, published), Map.of(), refusals, catalogue),
                at,
                at,
                null),
            new Answer<>(
                new KafkaView(
                    topics, Map.of("sink", offsets), Map.of(BEATS, beatAt), unread, Map.of()),
                at,
                at,
                null),
            clickHouse == null
                ? new Answer<>(new ClickHouseView(tables), at, at, null)
                : clickHouse);
    tracker.see(at, pipeline, answers);
    return Diagnosis.of(
        at,
        pipeline,
        tracker,
        answers,
        ManyConnectorsTest.options(URI.create("http://127.0.0.1:1")),
        new Redactor(List.of()),
        0,
        null);
  }

  private static Problem only(PipelineView view, Health state, String part) {
    assertThat(view.problems()).hasSize(1);
    Problem problem = view.problems().get(0);
    assertThat(problem.part()).isEqualTo(part);
    assertThat(problem.state()).isEqualTo(state);
    assertThat(view.state()).isEqualTo(state);
    return problem;
  }

  private Slot slot(boolean active, String status, long retained) {
    return new Slot(
        "slot",
        active,
        active ? reader : null,
        active ? 42 : 0,
        active ? application : "",
        status,
        retained,
        10,
        8);
  }
}

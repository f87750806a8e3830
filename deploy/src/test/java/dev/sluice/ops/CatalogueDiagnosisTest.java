package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ops.Overview.Problem;
import dev.sluice.ops.Poll.Answer;
import dev.sluice.ops.PostgresView.Beats;
import dev.sluice.ops.PostgresView.Catalogue;
import dev.sluice.ops.PostgresView.Member;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.ops.PostgresView.Role;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.ops.PostgresView.Table;
import dev.sluice.pipeline.Cure;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What Postgres's catalogue and what is missing among connectors say, with its cure. */
final class CatalogueDiagnosisTest {

  private static final String TABLE = "public.t";
  private static final String BEAT = "INSERT INTO sluice_heartbeat VALUES (1, now())";
  private static final Table FULL = new Table("public.t", "f", true, true, false);

  private final PipelineTracker tracker = new PipelineTracker();
  private Connector source =
      ObservedTopologyTest.connector(
          "source",
          "source",
          Map.of(
              "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
              "slot.name", "p",
              "publication.name", "pub",
              "topic.prefix", "p",
              "heartbeat.interval.ms", "1000",
              "heartbeat.action.query", BEAT));
  private Connector sink =
      ObservedTopologyTest.connector(
          "sink",
          "sink",
          Map.of(
              "topics", "p.public.t",
              "transforms", "fact",
              "transforms.fact.type", "dev.sluice.smt.ExtractFactRow",
              "transforms.fact.schema", "id String",
              "transforms.fact.replica.identity", "full"));
  private Slot slot = slot("Debezium Streaming");
  private Set<String> published = Set.of(TABLE, "public.sluice_heartbeat");
  private Map<String, Table> tables = Map.of(TABLE, FULL);
  private String withheld = "";
  private Set<Member> filtered = Set.of();
  private Set<Member> listed = Set.of();
  private Set<String> missing = Set.of();
  private Map<String, Refusal> refusals = Map.of();
  private Map<String, Beats> beats = Map.of();
  private Role role = new Role("me", true, true);
  private Map<String, Map<TopicPartition, OffsetAndMetadata>> gone = Map.of();
  private long at = 1_000_000;
  private long beatAt = at;
  private Findings findings;

  @Test
  void nothingIsWrong() {
    assertThat(publication()).isEmpty();
    assertThat(role()).isEmpty();
  }

  @Test
  void operationsThatAreNotSentAreLost() {
    withheld = "updates, deletes";
    says(
        publication(),
        Health.DEGRADED,
        "Publication pub does not send updates, deletes: they are lost.",
        "psql: ALTER PUBLICATION pub SET (publish = 'insert, update, delete, truncate')",
        "./sluice verify --repair --yes");
  }

  @Test
  void aRowFilterKeepsRowsBack() {
    filtered = Set.of(new Member("pub", TABLE), new Member("another", "public.x"));
    says(
        publication(),
        Health.DEGRADED,
        "Publication pub sends only those rows of public.t that pass a filter: the others are"
            + " missing, or stay as they were.",
        "psql: ALTER PUBLICATION pub DROP TABLE public.t; ALTER PUBLICATION pub ADD TABLE public.t",
        "./sluice verify --repair --yes");
  }

  @Test
  void fullBesideAColumnListHurtsTheApplication() {
    listed = Set.of(new Member("pub", TABLE));
    says(
        publication(),
        Health.FAILED,
        "Postgres refuses updates and deletes of public.t: its REPLICA IDENTITY is FULL, and"
            + " publication pub has a column list.",
        "psql: ALTER PUBLICATION pub DROP TABLE public.t; ALTER PUBLICATION pub ADD TABLE public.t",
        "./sluice verify --repair --yes");
  }

  @Test
  void fullIsNotAdvisedBesideAColumnList() {
    listed = Set.of(new Member("pub", TABLE));
    tables = Map.of(TABLE, new Table("public.t", "n", true, true, false));
    says(
        publication(),
        Health.FAILED,
        "Postgres refuses updates and deletes of public.t: it has no REPLICA IDENTITY, and"
            + " publication pub sends them.");
    tables = Map.of(TABLE, new Table("public.t", "d", true, true, false));
    assertThat(publication()).isEmpty();
  }

  @Test
  void aTableWithoutKeyHasNoIdentityByDefault() {
    tables = Map.of(TABLE, new Table("public.t", "d", false, true, false));
    says(
        publication(),
        Health.FAILED,
        "Postgres refuses updates and deletes of public.t: it has no REPLICA IDENTITY, and"
            + " publication pub sends them.",
        "psql: ALTER TABLE public.t REPLICA IDENTITY FULL");
  }

  @Test
  void onePartitionOfAnotherIdentityIsFound() {
    tables = Map.of(TABLE, new Table("public.t", "df", true, true, false));
    assertThat(publication().get(0).text())
        .startsWith("The REPLICA IDENTITY of public.t is not FULL, as sink's");
  }

  /** Postgres 18 refuses updates and deletes of a table that is FULL and generates a column. */
  @Test
  void noStepMakesATableFullThatGeneratesAColumn() {
    tables = Map.of(TABLE, new Table("public.t", "d", true, true, true));
    assertThat(publication()).isEmpty();
    tables = Map.of(TABLE, new Table("public.t", "n", true, true, true));
    says(
        publication(),
        Health.FAILED,
        "Postgres refuses updates and deletes of public.t: it has no REPLICA IDENTITY, and"
            + " publication pub sends them.");
    published = Set.of("public.sluice_heartbeat");
    says(
        publication(),
        Health.DEGRADED,
        "public.t is not in publication pub: its changes are not sent.",
        "psql: ALTER PUBLICATION pub ADD TABLE public.t",
        "./sluice verify --repair --yes");
  }

  @Test
  void aTableThatWasMadeAnewLacksMoreThanThePublication() {
    published = Set.of("public.sluice_heartbeat");
    tables = Map.of(TABLE, new Table("public.t", "d", true, false, false));
    says(
        publication(),
        Health.DEGRADED,
        "public.t is not in publication pub: its changes are not sent.",
        "psql: ALTER TABLE public.t REPLICA IDENTITY FULL",
        "psql: ALTER PUBLICATION pub ADD TABLE public.t",
        "psql: GRANT SELECT ON public.t TO \"me\"",
        "./sluice verify --repair --yes");
  }

  @Test
  void aRenamedTableIsTheOneThatNobodyReads() {
    missing = Set.of(TABLE);
    published = Set.of("public.u", "public.sluice_heartbeat");
    tables = Map.of("public.u", new Table("public.u", "f", true, true, false));
    says(
        publication(),
        Health.DEGRADED,
        "Postgres has no table public.t; publication pub sends public.u, which no sink reads.",
        "psql: ALTER TABLE public.u RENAME TO \"t\"",
        "./sluice verify --repair --yes");
  }

  @Test
  void whichOfTwoTablesWasRenamedIsNotGuessed() {
    missing = Set.of(TABLE);
    published = Set.of("public.u", "public.v");
    says(
        publication(),
        Health.DEGRADED,
        "Postgres has no table public.t: there is nothing to follow.");
  }

  @Test
  void aRoleThatLostItsRightsIsSaidWhileItsConnectionLives() {
    role = new Role("me", true, false);
    says(
        role(),
        Health.DEGRADED,
        "When its connection ends, source cannot go on: role \"me\" may not replicate.",
        "psql: ALTER ROLE \"me\" REPLICATION");
    slot = new Slot("p", false, null, 0, "", "reserved", 1, 1, 1);
    role = new Role("me", false, true);
    says(
        role(),
        Health.FAILED,
        "source cannot read: role \"me\" is not permitted to log in.",
        "psql: ALTER ROLE \"me\" LOGIN");
    role = new Role("somebody", false, false);
    assertThat(role()).isEmpty();
  }

  @Test
  void whoeverHoldsTheHeartbeatsLockIsNamed() {
    refusals = Map.of(BEAT, new Refusal("55P03", "ERROR: canceling statement", 4711));
    assertThat(new HeartbeatDiagnosis(look()).refusal(view())).isEmpty();
    at += 5_000;
    HeartbeatDiagnosis diagnosis = new HeartbeatDiagnosis(look());
    diagnosis.refused(diagnosis.refusal(view()).orElseThrow(), false);
    says(
        findings.problems(),
        Health.FAILED,
        "source runs by Connect's word, but stands still: its heartbeat waits for a lock on"
            + " sluice_heartbeat, which PID 4711 holds.",
        "psql: SELECT pg_terminate_backend(4711)");
  }

  @Test
  void readOnlyIsMendedWhereItWasSet() {
    refusals = Map.of(BEAT, new Refusal("25006", "it is on, by configuration file"));
    HeartbeatDiagnosis diagnosis = new HeartbeatDiagnosis(look());
    diagnosis.refused(diagnosis.refusal(view()).orElseThrow(), true);
    assertThat(findings.problems().get(0).cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly(
            "psql: ALTER SYSTEM SET default_transaction_read_only = off",
            "psql: SELECT pg_reload_conf()");
  }

  @Test
  void aHeartbeatThatWritesNothingIsSaidWithItsTrigger() {
    beats = Map.of(BEAT, new Beats(7, List.of("refuse")));
    look();
    assertThat(tracker.standsStill(at)).isTrue();
    beats = Map.of(BEAT, new Beats(8, List.of("refuse")));
    at += 1_000;
    look();
    assertThat(tracker.standsStill(at)).isFalse();
    at += 17_000;
    new HeartbeatDiagnosis(look()).notWritten(view());
    says(
        findings.problems(),
        Health.DEGRADED,
        "The heartbeat of source has written nothing to sluice_heartbeat for 17 s, which has the"
            + " trigger refuse: while its tables stay as they are, the slot stands still and WAL"
            + " piles up.",
        "psql: ALTER TABLE sluice_heartbeat DISABLE TRIGGER \"refuse\"");
  }

  @Test
  void anotherReaderOfTheSlotIsOneOnlyWhileTheSourceIsSilent() {
    slot = slot("psql");
    new SourceDiagnosis(look()).postgres();
    assertThat(findings.problems()).isEmpty();
    at += 5_000;
    new SourceDiagnosis(look()).postgres();
    says(
        findings.problems(),
        Health.FAILED,
        "Another session than source's reads from slot p: PID 42, role me, application psql.",
        "psql: SELECT pg_terminate_backend(42)",
        "./sluice verify --repair --yes");
  }

  @Test
  void aSinkThatHasReadBeforeIsMissed() {
    sink = null;
    new SinkDiagnosis(look()).topic();
    assertThat(findings.problems()).isEmpty();
    gone =
        Map.of(
            "sluice-sink",
            Map.of(new TopicPartition("p.public.t", 0), new OffsetAndMetadata(1)),
            "another",
            Map.of(new TopicPartition("q.public.t", 0), new OffsetAndMetadata(1)));
    new SinkDiagnosis(look()).topic();
    says(
        findings.problems(),
        Health.FAILED,
        "Nobody reads what source writes: the sink sluice-sink did, and is not registered any more.",
        "./sluice register sink.json");
  }

  @Test
  void aSourceIsMissedWhereNobodyReadsTheSlotOfItsName() {
    source = null;
    new SourceDiagnosis(look()).postgres();
    assertThat(findings.problems()).isEmpty();
    slot = new Slot("p", false, null, 0, "", "reserved", 1, 1, 1);
    new SourceDiagnosis(look()).postgres();
    says(
        findings.problems(),
        Health.FAILED,
        "No source writes topic p.public.t, and nobody reads from slot p: changes wait there, and the"
            + " disk of Postgres fills.");
  }

  private List<Problem> publication() {
    DiagnosisContext of = look();
    new PublicationDiagnosis(of, view()).state();
    return findings.problems();
  }

  private List<Problem> role() {
    new RoleDiagnosis(look()).state(view(), Optional.of(slot));
    return findings.problems();
  }

  private PostgresView view() {
    return new PostgresView(
        7,
        0,
        Map.of("p", slot),
        Map.of("pub", published),
        Map.of(),
        refusals,
        new Catalogue(
            true, Map.of("pub", withheld), filtered, listed, tables, missing, beats, role));
  }

  private DiagnosisContext look() {
    Answers answers =
        new Answers(
            new Answer<>(ConnectView.NOTHING, at, at, null),
            new Answer<>(view(), at, at, null),
            new Answer<>(
                new KafkaView(
                    Map.of(),
                    Map.of(),
                    Map.of("__debezium-heartbeat.p", beatAt),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    gone),
                at,
                at,
                null),
            new Answer<>(new ClickHouseView(Map.of()), at, at, null));
    OpsOptions options = ManyConnectorsTest.options(URI.create("http://127.0.0.1:1"));
    findings = new Findings(answers, options, new Redactor(List.of()));
    Pipeline pipeline =
        new Pipeline(
            source, sink == null ? null : "p.public.t", sink, TABLE, sink == null ? null : "t");
    tracker.see(at, pipeline, answers);
    return new DiagnosisContext(at, pipeline, tracker, answers, options, 0, findings);
  }

  private static Slot slot(String application) {
    return new Slot("p", true, "me", 42, application, "reserved", 100, 10, 8);
  }

  private static void says(List<Problem> problems, Health state, String text, String... steps) {
    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).state()).isEqualTo(state);
    assertThat(problems.get(0).text()).isEqualTo(text);
    assertThat(problems.get(0).cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly(steps);
  }
}

package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.TestPipeline;
import dev.sluice.ops.OpsOptions;
import dev.sluice.ops.OpsServer;
import dev.sluice.pipeline.FactTable;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * States that a pipeline can break into: each is caused on real servers; status, doctor and the
 * page have to name its cause in their first line; what they print as its cure is run as it stands
 * there, and then both tables have to be identical.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class BrokenStatesIT {

  private static final int ROWS = 2_000;
  private static final Duration NAMED_WITHIN = Duration.ofSeconds(30);
  private static final Duration HEALED_WITHIN = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path dataDir;
  private static TestPipeline pipeline;
  private static OpsServer page;
  private static boolean well = true;

  private final Commands commands = new Commands(dataDir);
  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    pipeline =
        new TestPipeline(
            LocalOptions.embedded(dataDir)
                .with(ROWS, FactTable.DEFAULT)
                .with(
                    Map.of("heartbeat.interval.ms", "500"),
                    Map.of("retry.backoff.max.ms", "200"),
                    Map.of("offset.flush.interval.ms", "200")));
    pipeline.start();
    page =
        new OpsServer(
                new OpsOptions(
                    pipeline.it().stack().connect(),
                    pipeline.it().stack().kafka(),
                    pipeline.it().stack().role(),
                    pipeline.it().stack().clickHouse(),
                    "127.0.0.1",
                    0,
                    false,
                    null,
                    OpsOptions.Limits.DEFAULT))
            .start();
  }

  @AfterAll
  static void stop() {
    if (page != null) {
      page.close();
    }
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @BeforeEach
  void nothingIsBrokenYet() {
    assumeTrue(well, "an earlier state was not healed");
    well = false;
  }

  @Test
  void theHeartbeatsTableIsGone() throws Exception {
    pipeline.postgres("DROP TABLE sluice_heartbeat");
    changeRows("dropped heartbeat");
    named("FAILED", "its heartbeat fails (ERROR: relation \"sluice_heartbeat\" does not exist");
    cured();
  }

  @Test
  void theSourceMayNotWriteItsHeartbeat() throws Exception {
    pipeline.postgres("REVOKE INSERT ON sluice_heartbeat FROM sluice");
    changeRows("revoked heartbeat");
    named("DEGRADED", "its heartbeat fails (ERROR: permission denied for table sluice_heartbeat");
    cured();
  }

  @Test
  void theHeartbeatsTableIsNotPublished() throws Exception {
    pipeline.postgres("ALTER PUBLICATION sluice DROP TABLE sluice_heartbeat");
    named("DEGRADED", "sluice_heartbeat, which the heartbeat writes, is not in publication sluice");
    changeRows("unpublished heartbeat");
    cured();
  }

  @Test
  void theTableIsNotPublished() throws Exception {
    pipeline.postgres("ALTER PUBLICATION sluice DROP TABLE app_user_visits");
    changeRows("unpublished table");
    named("DEGRADED", "public.app_user_visits is not in publication sluice");
    cured();
  }

  @Test
  void theSlotIsLost() throws Exception {
    pipeline.it().connect().stop("sluice-source");
    awaitInactiveSlot();
    pipeline.postgres("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    pipeline.postgres("SELECT pg_reload_conf()");
    try {
      pipeline.postgres(
          "DELETE FROM app_user_visits WHERE id IN (SELECT id FROM app_user_visits LIMIT 7)");
      changeRows("lost slot");
      loseWal();
      pipeline.it().connect().resume("sluice-source");
      named("FAILED", "Slot sluice is lost: Postgres removed WAL that the source had not read");
    } finally {
      pipeline.postgres("ALTER SYSTEM RESET max_slot_wal_keep_size");
      pipeline.postgres("SELECT pg_reload_conf()");
    }
    cured();
  }

  @Test
  void theTopicIsDeletedUnderTheStream() throws Exception {
    changeRows("before the topic is gone");
    pipeline.synced();
    pipeline.deleteTopic("sluice.public.app_user_visits");
    changeRows("while the topic is gone");
    named(
        "FAILED",
        "Topic sluice.public.app_user_visits is gone, though sluice-source has written to it.");
    cured();
  }

  @Test
  void theFactTableIsRenamed() throws Exception {
    pipeline.clickHouse("RENAME TABLE app_user_visits_fact TO elsewhere");
    changeRows("renamed fact table");
    named("FAILED", "ClickHouse has no table app_user_visits_fact.");
    pipeline.clickHouse("RENAME TABLE elsewhere TO app_user_visits_fact");
    identical();
  }

  @Test
  void aColumnOfTheFactTableIsGone() throws Exception {
    pipeline.clickHouse("ALTER TABLE app_user_visits_fact RENAME COLUMN points TO scores");
    changeRows("renamed column");
    named("DEGRADED", "field points has no column");
    pipeline.clickHouse("ALTER TABLE app_user_visits_fact RENAME COLUMN scores TO points");
    identical();
  }

  /** An event of 24 MB: the row before the update, and the row after it. */
  @Test
  void aRowOfTwelveMegabytesBreaksNothing() throws Exception {
    resizeOneRow(12_000_000);
    resizeOneRow(12_000_001);
    resizeOneRow(3);
    identical();
  }

  @Test
  void aRowIsLargerThanAnEventMayBe() throws Exception {
    resizeOneRow(40_000_000);
    named("FAILED", "and 33554432 are the limit (producer.override.max.request.size)");
    pipeline.topicSetting("sluice.public.app_user_visits", "max.message.bytes", "134217728");
    ConnectorSpec source =
        new ConnectorSpec(
            "sluice-source", pipeline.it().connect().connectors().get("sluice-source").config());
    pipeline
        .it()
        .connect()
        .put(
            source.with(
                Map.of(
                    "producer.override.max.request.size", "134217728",
                    "producer.override.buffer.memory", "134217728")));
    resizeOneRow(3);
    identical();
    pipeline.it().connect().put(source);
    changeRows("after the large one");
    identical();
  }

  @Test
  void thePublicationIsDropped() throws Exception {
    pipeline.postgres("DROP PUBLICATION sluice");
    changeRows("no publication");
    named("FAILED", "Postgres has no publication sluice: nothing is sent.");
    cured();
  }

  @Test
  void aColumnOfTheFactTableIsNarrower() throws Exception {
    pipeline.clickHouse(
        "ALTER TABLE app_user_visits_fact MODIFY COLUMN created_at Int32 SETTINGS mutations_sync = 1");
    changeRows("narrow column");
    named("DEGRADED", "column created_at (Int32): the field is made for Int64");
    pipeline.clickHouse(
        "ALTER TABLE app_user_visits_fact MODIFY COLUMN created_at Int64 SETTINGS mutations_sync = 1");
    repaired();
  }

  @Test
  void aColumnOfTheFactTableWasDropped() throws Exception {
    pipeline.clickHouse("ALTER TABLE app_user_visits_fact DROP COLUMN receipt");
    changeRows("dropped column");
    named("DEGRADED", "field receipt has no column");
    pipeline.clickHouse(
        "ALTER TABLE app_user_visits_fact ADD COLUMN receipt Nullable(Float64) AFTER points");
    repaired();
  }

  @Test
  void theSourceIsStopped() throws Exception {
    pipeline.it().connect().stop("sluice-source");
    changeRows("stopped source");
    named("STOPPED", "sluice-source is stopped: nothing moves.");
    cured();
  }

  @Test
  void theSinkIsPaused() throws Exception {
    pipeline.it().connect().pause("sluice-sink");
    changeRows("paused sink");
    named("PAUSED", "sluice-sink is paused: nothing moves.");
    cured();
  }

  @Test
  void theSlotIsDroppedBySomebody() throws Exception {
    pipeline.it().connect().stop("sluice-source");
    awaitInactiveSlot();
    pipeline.postgres("SELECT pg_drop_replication_slot('sluice')");
    changeRows("dropped slot");
    pipeline.it().connect().resume("sluice-source");
    named("FAILED", "Postgres no longer has the WAL that it would go on from");
    cured();
  }

  /** As after a restore: the offsets are of a server that was further. */
  @Test
  void postgresIsAnotherServerThanBefore() throws Exception {
    pipeline.it().connect().stop("sluice-source");
    awaitInactiveSlot();
    JsonNode offsets = pipeline.it().connect().offsets("sluice-source");
    ObjectNode offset = (ObjectNode) offsets.path("offsets").path(0).path("offset");
    for (String position : List.of("lsn", "lsn_proc", "lsn_commit")) {
      offset.put(position, 1L << 50);
    }
    request("PATCH", "/connectors/sluice-source/offsets", offsets.toString());
    pipeline.it().connect().resume("sluice-source");
    changeRows("another server");
    named("FAILED", "sluice-source has been further in the WAL than Postgres has written");
    cured();
  }

  /** The last one: the page remembers it. */
  @Test
  @Order(Integer.MAX_VALUE)
  void recordsAreRemovedBeforeTheSinkHasReadThem() throws Exception {
    pipeline.it().connect().stop("sluice-sink");
    changeRows("removed records");
    await()
        .atMost(NAMED_WITHIN)
        .until(() -> seen().path("parts").path(2).path("value").asLong() == 40);
    pipeline.removeRecords();
    named("FAILED", "40 records were removed from topic sluice.public.app_user_visits");
    pipeline.it().connect().resume("sluice-sink");
    JsonNode step = problems().path(0).path("cure").path("steps").path(0);
    run(step.path("on").asText(), step.path("run").asText());
    verified();
  }

  @Test
  void theSourceIsPaused() throws Exception {
    pipeline.it().connect().pause("sluice-source");
    changeRows("paused source");
    named("PAUSED", "sluice-source is paused: nothing moves.");
    cured();
  }

  @Test
  void theSinkIsStopped() throws Exception {
    pipeline.it().connect().stop("sluice-sink");
    changeRows("stopped sink");
    named("STOPPED", "sluice-sink is stopped: nothing moves.");
    cured();
  }

  private static void resizeOneRow(int characters) throws Exception {
    pipeline.postgres(
        "UPDATE app_user_visits SET phone_number = repeat('x', "
            + characters
            + ") WHERE id = (SELECT id FROM app_user_visits ORDER BY id LIMIT 1)");
  }

  private static void changeRows(String why) throws Exception {
    pipeline.postgres(
        "UPDATE app_user_visits SET phone_number = '"
            + why
            + "' WHERE id IN (SELECT id FROM app_user_visits ORDER BY id LIMIT 40)");
  }

  private static void awaitInactiveSlot() {
    await()
        .atMost(NAMED_WITHIN)
        .until(
            () ->
                pipeline
                    .postgresText(
                        "SELECT active FROM pg_replication_slots WHERE slot_name = 'sluice'")
                    .equals("f"));
  }

  /** More WAL than the slot may hold back, and a checkpoint that removes it. */
  private static void loseWal() {
    await()
        .atMost(HEALED_WITHIN)
        .until(
            () -> {
              pipeline.postgres(
                  "CREATE TABLE filler AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000)");
              pipeline.postgres("DROP TABLE filler");
              pipeline.postgres("SELECT pg_switch_wal()");
              pipeline.postgres("CHECKPOINT");
              return pipeline
                  .postgresText(
                      "SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'sluice'")
                  .equals("lost");
            });
  }

  /** Status, doctor and the page say the same, the worst first. */
  private void named(String state, String cause) {
    await()
        .atMost(NAMED_WITHIN)
        .untilAsserted(
            () -> {
              JsonNode problem = problems().path(0);
              assertThat(problem.path("text").asText()).contains(cause);
              assertThat(problem.path("state").asText()).isEqualTo(state);
            });
    await()
        .atMost(NAMED_WITHIN)
        .untilAsserted(
            () -> {
              assertThat(commands.run("status")).isEqualTo(1);
              assertThat(commands.output().lines().findFirst().orElse(""))
                  .startsWith(state + ": ")
                  .contains(cause);
            });
    commands.run("doctor");
    assertThat(commands.output().lines().skip(1).findFirst().orElse("")).contains(cause);
  }

  private JsonNode problems() throws Exception {
    return seen().path("problems");
  }

  /** The pipeline, as the page sees it. */
  private JsonNode seen() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(page.address().resolve("/api/overview")).build();
    return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body())
        .path("pipelines")
        .path(0);
  }

  /** Runs what the first problem's cure says, and waits until it has helped. */
  private void cured() throws Exception {
    JsonNode steps = problems().path(0).path("cure").path("steps");
    assertThat(steps).isNotEmpty();
    for (JsonNode step : steps) {
      run(step.path("on").asText(), step.path("run").asText());
    }
    identical();
  }

  private void run(String on, String run) throws Exception {
    switch (on) {
      case "POSTGRES" -> pipeline.postgres(run);
      case "CLICKHOUSE" -> pipeline.clickHouse(run);
      case "CONNECT" -> {
        String[] words = run.split(" ");
        request(words[0], words[1], "");
      }
      case "SLUICE" -> {
        List<String> words = new ArrayList<>(List.of(run.split(" ")));
        String command = words.remove(0);
        assertThat(commands.run(command, words.toArray(String[]::new)))
            .as("%s: %s", run, commands.output())
            .isZero();
      }
      default -> throw new AssertionError("nobody has run this yet: " + on + " " + run);
    }
  }

  private void request(String method, String path, String body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(pipeline.it().stack().connect().resolve(path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
  }

  private void identical() {
    await().atMost(HEALED_WITHIN).untilAsserted(() -> assertThat(problems()).isEmpty());
    verified();
  }

  /** Where the fact table itself has lost values. */
  private void repaired() {
    await().atMost(HEALED_WITHIN).untilAsserted(() -> assertThat(problems()).isEmpty());
    assertThat(commands.run("verify", "--repair", "--yes", "--limit", "5000"))
        .as(commands.output())
        .isZero();
    verified();
  }

  private void verified() {
    assertThat(commands.run("verify", "--timeout", "60")).as(commands.output()).isZero();
    assertThat(commands.output()).startsWith("Identical:");
    well = true;
  }
}

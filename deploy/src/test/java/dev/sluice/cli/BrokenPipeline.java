package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.TestPipeline;
import dev.sluice.ops.OpsOptions;
import dev.sluice.ops.OpsServer;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** A pipeline that is broken and cured again, with all that looks at it: the page, and commands. */
final class BrokenPipeline implements AutoCloseable {

  static final String SOURCE = "sluice-source";
  static final String SINK = "sluice-sink";
  static final String TOPIC = "sluice.public.app_user_visits";
  static final Duration NAMED_WITHIN = Duration.ofSeconds(30);
  static final Duration HEALED_WITHIN = Duration.ofSeconds(60);

  private static final int ROWS = 500;
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path dataDir;
  private final TestPipeline pipeline;
  private final OpsServer page;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Commands commands;
  private boolean well = true;

  /** Starts all of it. */
  BrokenPipeline(Path dataDir) {
    this.dataDir = dataDir;
    commands = new Commands(dataDir);
    pipeline =
        new TestPipeline(
            LocalOptions.embedded(dataDir)
                .with(ROWS, FactTable.DEFAULT)
                .with(
                    Map.of("heartbeat.interval.ms", "500", "slot.retry.delay.ms", "1000"),
                    Map.of("retry.backoff.max.ms", "200"),
                    Map.of(
                        "offset.flush.interval.ms", "200",
                        "scheduled.rebalance.max.delay.ms", "0")));
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
                    true,
                    null,
                    OpsOptions.Limits.DEFAULT))
            .start();
  }

  TestPipeline it() {
    return pipeline;
  }

  ConnectClient connect() {
    return pipeline.it().connect();
  }

  /** Whether the last state was healed; from now on the pipeline is not well until it is again. */
  boolean breaks() {
    boolean was = well;
    well = false;
    return was;
  }

  void postgres(String... statements) throws Exception {
    for (String each : statements) {
      pipeline.postgres(each);
    }
  }

  void clickHouse(String sql) {
    pipeline.clickHouse(sql);
  }

  /** Changes forty rows. */
  void changeRows(String why) throws Exception {
    postgres(
        "UPDATE app_user_visits SET phone_number = '"
            + why
            + "' WHERE id IN (SELECT id FROM app_user_visits ORDER BY id LIMIT 40)");
  }

  void changeOneRow(String set) throws Exception {
    postgres(
        "UPDATE app_user_visits SET "
            + set
            + " WHERE id = (SELECT id FROM app_user_visits ORDER BY id LIMIT 1)");
  }

  /** Has a connector run with one setting changed; what it had before is returned. */
  ConnectorSpec reconfigure(String connector, String setting, UnaryOperator<String> change) {
    Map<String, String> config = connect().connectors().get(connector).config();
    ConnectorSpec before = new ConnectorSpec(connector, config);
    connect().put(before.with(Map.of(setting, change.apply(config.get(setting)))));
    return before;
  }

  void stopSource() {
    connect().stop(SOURCE);
    await().pollInterval(LOOK).atMost(NAMED_WITHIN).until(() -> slot("active").equals("f"));
  }

  /** A column of the slot's. */
  String slot(String column) throws Exception {
    return pipeline.postgresText(
        "SELECT " + column + " FROM pg_replication_slots WHERE slot_name = 'sluice'");
  }

  /** Status, doctor and the page say the same, the worst first. */
  void named(String state, String cause) {
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> namedByPage(state, cause)),
            CompletableFuture.runAsync(() -> namedByStatus(state, cause)),
            CompletableFuture.runAsync(() -> namedByDoctor(cause)))
        .join();
  }

  private void namedByPage(String state, String cause) {
    await()
        .pollInterval(LOOK)
        .atMost(NAMED_WITHIN)
        .untilAsserted(
            () -> {
              JsonNode problem = problems().path(0);
              assertThat(problem.path("text").asText()).contains(cause);
              assertThat(problem.path("state").asText()).isEqualTo(state);
            });
  }

  private void namedByStatus(String state, String cause) {
    Commands status = new Commands(dataDir);
    await()
        .pollInterval(LOOK)
        .atMost(NAMED_WITHIN)
        .untilAsserted(
            () -> {
              assertThat(status.run("status")).isEqualTo(1);
              assertThat(status.output().lines().findFirst().orElse(""))
                  .startsWith(state + ": ")
                  .contains(cause);
            });
  }

  private void namedByDoctor(String cause) {
    Commands doctor = new Commands(dataDir);
    await()
        .pollInterval(LOOK)
        .atMost(NAMED_WITHIN)
        .untilAsserted(
            () -> {
              doctor.run("doctor");
              assertThat(doctor.output().lines().skip(1).findFirst().orElse("")).contains(cause);
            });
  }

  JsonNode problems() throws Exception {
    return seen().path("problems");
  }

  /** The pipeline, as the page sees it. */
  JsonNode seen() throws Exception {
    return get("/api/overview").path("pipelines").path(0);
  }

  private JsonNode get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(page.address().resolve(path)).build();
    return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  /** Runs what the first problem's cure says, and waits until it has helped. */
  void cured() throws Exception {
    runCure();
    identical();
  }

  /** Runs what the first problem's cure says. */
  void runCure() throws Exception {
    JsonNode steps = problems().path(0).path("cure").path("steps");
    assertThat(steps).isNotEmpty();
    for (JsonNode step : steps) {
      run(step.path("on").asText(), step.path("run").asText());
    }
  }

  private void run(String on, String run) throws Exception {
    switch (on) {
      case "POSTGRES" -> pipeline.postgres(run);
      case "CLICKHOUSE" -> pipeline.clickHouse(run);
      case "CONNECT" -> {
        String[] words = run.split(" ");
        connect(words[0], words[1], "");
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

  /** A request to Connect. */
  void connect(String method, String path, String body) throws Exception {
    send(
        HttpRequest.newBuilder(pipeline.it().stack().connect().resolve(path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  /** All dead letters go to where they came from, as the page's button does it. */
  void putBackLetters() throws Exception {
    String token = get("/api/session").path("token").asText();
    send(
        HttpRequest.newBuilder(page.address().resolve("/api/dead-letters/put-back-all"))
            .header("Content-Type", "application/json")
            .header("X-Sluice-Token", token)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"topic\": \"sluice.dead-letters\", \"confirm\": \"sluice.dead-letters\"}"))
            .build());
  }

  private void send(HttpRequest request) throws Exception {
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
  }

  /** Nothing is wrong any more, and both tables have the same rows. */
  void identical() {
    noProblems();
    verified();
  }

  /** The same where the fact table itself has lost values. */
  void repaired() {
    noProblems();
    assertThat(commands.run("verify", "--repair", "--yes")).as(commands.output()).isZero();
    verified();
  }

  private void noProblems() {
    await()
        .pollInterval(LOOK)
        .atMost(HEALED_WITHIN)
        .untilAsserted(() -> assertThat(problems()).isEmpty());
  }

  void verified() {
    assertThat(commands.run("verify", "--timeout", "60")).as(commands.output()).isZero();
    assertThat(commands.output()).startsWith("Identical:");
    well = true;
  }

  @Override
  public void close() {
    page.close();
    pipeline.close();
  }
}

package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Narrator;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** {@code register} and {@code status} against a real worker, as an operator goes about it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RegisterAndStatusIT {

  private static LocalPipeline pipeline;

  private String output;

  @BeforeAll
  static void startServers(@TempDir Path dataDir) {
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir).with(10, FactTable.DEFAULT),
            Home.locate(),
            Narrator.SILENT);
    pipeline.start();
  }

  @AfterAll
  static void stopServers() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @Test
  @Order(1)
  void statusOfAnEmptyWorkerIsNotWell() {
    assertThat(run("status")).isEqualTo(1);
    assertThat(output).contains("No connectors are registered");
  }

  @Test
  @Order(2)
  void dryRunShowsAndChangesNothing() {
    assertThat(run("register", "--dry-run")).isZero();
    assertThat(output).contains("sluice-source: create", "sluice-sink: create");
    assertThat(pipeline.connect().connectors()).isEmpty();
  }

  @Test
  @Order(3)
  void refusedSettingStandsBesideItsErrorAndNothingIsApplied() {
    assertThat(run("register", "--set", "max.batch.size=many")).isEqualTo(1);
    assertThat(output)
        .contains(
            "sluice-source: max.batch.size = many", "    The 'max.batch.size' value is invalid");
    assertThat(pipeline.connect().connectors()).isEmpty();
  }

  @Test
  @Order(4)
  void settingThatStandsInNoFileIsNamed() {
    assertThat(run("register", "--set", "max.bach.size=1")).isEqualTo(1);
    assertThat(output).contains("--set max.bach.size");
  }

  @Test
  @Order(5)
  void unknownPluginIsNamedWithThoseThereAre(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("other.json");
    Files.writeString(
        file, "{\"name\": \"other\", \"config\": {\"connector.class\": \"no.such.Sink\"}}");
    assertThat(run("register", file.toString())).isEqualTo(1);
    assertThat(output)
        .contains("no.such.Sink", "io.debezium.connector.postgresql.PostgresConnector");
  }

  @Test
  @Order(6)
  void registerWaitsUntilAllTasksRun() throws IOException {
    assertThat(run("register")).isZero();
    assertThat(output).contains("sluice-source: all tasks run", "sluice-sink: all tasks run");
    assertThat(run("status")).isZero();
    assertThat(output).containsPattern("sluice-sink +sink +OK +2 of 2 run");
    assertThat(run("status", "--json")).isZero();
    JsonNode status = new ObjectMapper().readTree(output);
    assertThat(status.path("state").asText()).isEqualTo("OK");
    assertThat(status.path("connectors")).hasSize(2);
  }

  @Test
  @Order(7)
  void secondTimeChangesNothing() {
    assertThat(run("register")).isZero();
    assertThat(output).contains("sluice-source: unchanged", "sluice-sink: unchanged");
  }

  @Test
  @Order(8)
  void updateShowsTheSettingsThatChange() {
    assertThat(run("register", "--set", "tasks.max=1")).isZero();
    assertThat(output)
        .contains("sluice-source: unchanged", "sluice-sink: update", "    tasks.max: 2 -> 1");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> pipeline.connect().connectors().get("sluice-sink").tasks().size() == 1);
  }

  @Test
  @Order(9)
  void secretsAreNotShown() {
    assertThat(run("register", "--dry-run", "--set", "database.password=hunter2")).isZero();
    assertThat(output)
        .contains("database.password: ${env:SLUICE_POSTGRES_PASSWORD} -> ****")
        .doesNotContain("hunter2");
  }

  @Test
  @Order(10)
  void pausedIsNotWellAndSaidSo() {
    pipeline.connect().pause("sluice-sink");
    await().atMost(Duration.ofSeconds(30)).until(() -> run("status") == 1);
    assertThat(output).containsPattern("sluice-sink +sink +PAUSED");
    pipeline.connect().resume("sluice-sink");
    await().atMost(Duration.ofSeconds(30)).until(() -> run("status") == 0);
  }

  @Test
  @Order(11)
  void taskThatFailsIsShownWithItsCause() {
    // The column list is valid by itself; only with the other settings it is not.
    assertThat(run("register", "--set", "transforms.fact.schema=id String")).isEqualTo(1);
    assertThat(output).contains("sluice-sink task 0 failed:", "countryCode", "ConfigException");
    assertThat(run("status")).isEqualTo(1);
    assertThat(output).containsPattern("sluice-sink +sink +FAILED .*countryCode");
    assertThat(run("register")).isZero();
    assertThat(run("status")).isZero();
  }

  @Test
  @Order(12)
  void sinkThatTheWorkerDoesNotHaveReplacesNone() {
    assertThat(run("register", "--sink", "official")).isEqualTo(1);
    assertThat(output).contains("sluice-sink: remove", "com.clickhouse.kafka.connect");
    assertThat(pipeline.connect().connectors()).containsKey("sluice-sink");
  }

  @Test
  @Order(13)
  void chosenSinkReplacesTheOther(@TempDir Path folder) throws IOException {
    // The worker has no official sink; what counts is the connector's name.
    Path other = folder.resolve("other.json");
    String bundled = Files.readString(Home.locate().configs().resolve("sink.json"));
    Files.writeString(other, bundled.replace("\"sluice-sink\"", "\"sluice-sink-official\""));
    assertThat(run("register", other.toString())).isZero();

    assertThat(run("register", "--sink", "bundled", "--dry-run")).isZero();
    assertThat(output).contains("sluice-sink-official: remove");
    assertThat(pipeline.connect().connectors()).containsKey("sluice-sink-official");

    assertThat(run("register", "--sink", "bundled")).isZero();
    assertThat(pipeline.connect().connectors()).containsOnlyKeys("sluice-source", "sluice-sink");
  }

  @Test
  @Order(14)
  void prepareMakesWhatIsMissingAndLeavesTheRest() throws SQLException {
    String postgres = pipeline.stack().postgres().url();
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER PUBLICATION sluice DROP TABLE public.app_user_visits");
      String[] options = {
        "--postgres",
        postgres,
        "--clickhouse",
        pipeline.stack().clickHouse().urlOfDatabase(),
        "--visits",
        "20",
        "--strict"
      };
      assertThat(run("prepare", options)).isZero();
      assertThat(run("prepare", options)).isZero();
      assertThat(output)
          .contains("publishes public.app_user_visits", "has app_user_visits_fact_strict")
          .doesNotContain("Created");
      try (ResultSet published =
          statement.executeQuery(
              "SELECT count(*) FROM pg_publication_tables WHERE pubname = 'sluice'"
                  + " AND tablename = 'app_user_visits'")) {
        published.next();
        assertThat(published.getInt(1)).isEqualTo(1);
      }
    }
    assertThat(pipeline.clickHouse().number("SELECT count() FROM app_user_visits_fact_strict"))
        .isZero();
  }

  @Test
  @Order(15)
  void prepareNamesATableThatIsNotThere() {
    assertThat(
            run(
                "prepare",
                "--postgres",
                pipeline.stack().postgres().url(),
                "--table",
                "public.no_such_table"))
        .isEqualTo(1);
    assertThat(output).contains("no table public.no_such_table");
  }

  private int run(String command, String... arguments) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text, true);
    List<String> words = new ArrayList<>(List.of(command, "--connect"));
    words.add(pipeline.stack().connect().toString());
    words.addAll(List.of(arguments));
    int code =
        Sluice.commandLine().setOut(writer).setErr(writer).execute(words.toArray(String[]::new));
    output = text.toString();
    return code;
  }
}

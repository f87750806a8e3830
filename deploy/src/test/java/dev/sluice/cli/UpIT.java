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
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./sluice up} as a process, the way a user runs it. */
final class UpIT {

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final List<String> SERVERS = List.of("postgres", "kafka", "connect", "clickhouse");

  @TempDir private Path folder;
  private Process up;

  @AfterEach
  void stop() throws Exception {
    if (up != null && up.isAlive()) {
      interrupt();
    }
  }

  @Test
  void secondRunResumesWithoutASnapshotAndLosesNothing() throws Exception {
    JsonNode first = untilSynced("--rows", "3000");
    assertThat(first.path("identical").asBoolean()).isTrue();
    assertThat(first.path("loadedRows").asLong()).isEqualTo(3000);
    assertThat(first.path("freshnessP99Ms").asLong()).isPositive();
    assertThat(first.path("residentBytes").fieldNames())
        .toIterable()
        .contains("Postgres", "Kafka", "Connect", "ClickHouse");

    JsonNode second = untilSynced("--rows", "3000");
    assertThat(second.path("identical").asBoolean()).isTrue();
    assertThat(second.path("loadedRows").asLong()).isZero();
    assertThat(second.path("sourceRows").asLong())
        .isGreaterThanOrEqualTo(first.path("sourceRows").asLong() - 100);
    assertThat(run("--strict")).isEqualTo(1);
    assertThat(log("up")).contains("made for another pipeline", "--fresh");
  }

  @Test
  void ctrlCStopsEveryProcessAndWhatAKilledRunLeavesIsCleanedUpByTheNext() throws Exception {
    halfWrittenServerFolders();
    start("--rows", "500");
    await().atMost(LIMIT).until(() -> log("up").contains("Streaming:"));
    assertThat(log("up")).contains("Postgres", "127.0.0.1:", "Ctrl-C stops everything");
    List<ProcessHandle> abandoned = servers();
    assertThat(abandoned).hasSize(SERVERS.size());

    up.destroyForcibly().waitFor();
    assertThat(abandoned).allMatch(ProcessHandle::isAlive);

    start("--rows", "500");
    await().atMost(LIMIT).until(() -> log("up").contains("Streaming:"));
    assertThat(log("up")).contains("that an earlier run left behind", "Resumed");
    assertThat(abandoned).noneMatch(ProcessHandle::isAlive);

    List<ProcessHandle> running = servers();
    interrupt();
    assertThat(log("up")).contains("Stopping every process");
    assertThat(running).noneMatch(ProcessHandle::isAlive);
  }

  @Test
  void portAskedForThatIsTakenEndsBeforeAnythingStarts() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(run("--kafka-port", port)).isEqualTo(1);
      assertThat(log("up")).contains(port, "Kafka", "--kafka-port");
    }
  }

  /** As they are when the first run was killed while it made them. */
  private void halfWrittenServerFolders() throws IOException {
    Files.createDirectories(dataDir().resolve("postgres/base"));
    Files.writeString(dataDir().resolve("postgres/PG_VERSION"), "15\n");
    Files.createDirectories(dataDir().resolve("kafka"));
  }

  @Test
  void usesServersThatAlreadyRun() throws Exception {
    LocalOptions options =
        LocalOptions.embedded(folder.resolve("servers")).with(10, FactTable.DEFAULT);
    try (LocalPipeline servers = new LocalPipeline(options, Home.locate(), Narrator.SILENT)) {
      servers.start();
      PostgresAddress postgres = servers.stack().postgres();
      try (Connection connection = postgres.connect();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE SCHEMA shop; CREATE TABLE shop.visits (LIKE app_user_visits INCLUDING ALL);"
                + " INSERT INTO shop.visits SELECT * FROM app_user_visits LIMIT 7");
      }
      JsonNode summary =
          untilSynced(
              "--postgres",
              "postgresql://postgres@127.0.0.1:" + postgres.port() + "/postgres",
              "--table",
              "shop.visits",
              "--clickhouse",
              servers.stack().clickHouse().url());
      assertThat(summary.path("identical").asBoolean()).isTrue();
      assertThat(summary.path("loadedRows").asLong()).isEqualTo(7);
      assertThat(summary.path("changes").asLong()).isZero();
      assertThat(log("up")).doesNotContain("Postgres   is ready", "ClickHouse is ready");

      assertThat(run("--fresh", "--postgres", "postgresql://127.0.0.1:1/x")).isEqualTo(1);
      assertThat(log("up")).contains("127.0.0.1:1/x", "--postgres");
      assertThat(run("--fresh", "--clickhouse", "http://127.0.0.1:1")).isEqualTo(1);
      assertThat(log("up")).contains("127.0.0.1:1/default", "--clickhouse");
      assertThat(
              run(
                  "--fresh",
                  "--table",
                  "shop.absent",
                  "--postgres",
                  "postgresql://postgres@127.0.0.1:" + postgres.port() + "/postgres"))
          .isEqualTo(1);
      assertThat(log("up")).contains("shop.absent", "--table");

      try (Connection connection = postgres.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE shop.orders (number int PRIMARY KEY, total numeric)");
        assertThat(
                run(
                    "--fresh",
                    "--table",
                    "shop.orders",
                    "--postgres",
                    "postgresql://postgres@127.0.0.1:" + postgres.port() + "/postgres",
                    "--clickhouse",
                    servers.stack().clickHouse().url()))
            .isEqualTo(1);
        assertThat(log("up"))
            .contains("shop.orders has another shape", "customer_id", "Nothing was changed");
        try (ResultSet row =
            statement.executeQuery(
                "SELECT relreplident, (SELECT count(*) FROM pg_publication_tables WHERE tablename ="
                    + " 'orders') FROM pg_class WHERE oid = 'shop.orders'::regclass")) {
          row.next();
          assertThat(row.getString(1)).isEqualTo("d");
          assertThat(row.getLong(2)).isZero();
        }
      }
    }
  }

  private JsonNode untilSynced(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("--until-synced", "--json"));
    all.addAll(List.of(arguments));
    int code = run(all.toArray(String[]::new));
    assertThat(code).as(log("up")).isZero();
    return new ObjectMapper().readTree(Files.readString(folder.resolve("out")));
  }

  private int run(String... arguments) throws Exception {
    start(arguments);
    assertThat(up.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return up.exitValue();
  }

  private void start(String... arguments) throws IOException {
    String home = System.getProperty("sluice.home");
    List<String> command =
        new ArrayList<>(
            List.of(
                // A build in the background ignores Ctrl-C, and so would what it starts.
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                home + "/lib/*",
                Sluice.class.getName(),
                "up",
                "--data-dir",
                dataDir().toString()));
    command.addAll(List.of(arguments));
    up =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("up.log").toFile())
            .start();
  }

  /** What Ctrl-C sends. */
  private void interrupt() throws Exception {
    new ProcessBuilder("kill", "-INT", Long.toString(up.pid())).start().waitFor();
    assertThat(up.waitFor(1, TimeUnit.MINUTES)).isTrue();
  }

  private List<ProcessHandle> servers() throws IOException {
    List<ProcessHandle> servers = new ArrayList<>();
    for (String server : SERVERS) {
      String pid =
          Files.readString(dataDir().resolve("run").resolve(server + ".pid")).split(" ")[0];
      servers.add(ProcessHandle.of(Long.parseLong(pid)).orElseThrow());
    }
    return servers;
  }

  private Path dataDir() {
    return folder.resolve("data");
  }

  private String log(String name) {
    Path file =
        name.equals("up") ? folder.resolve("up.log") : dataDir().resolve("logs/" + name + ".log");
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}

package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Narrator;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.Registration;
import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code verify} and {@code doctor} on a running pipeline: what they find, and what they fix. */
final class VerifyAndDoctorIT {

  private static final int ROWS = 20_000;
  private static final String FACTS = FactTable.DEFAULT.tableName();

  @TempDir private static Path dataDir;
  private static LocalPipeline pipeline;

  private final Commands commands = new Commands(dataDir);

  @BeforeAll
  static void startPipeline() throws SQLException {
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir)
                .with(ROWS, FactTable.DEFAULT)
                // The sooner offsets are known, the less a test waits; nothing else depends on it.
                .with(
                    Map.of("heartbeat.interval.ms", "200"),
                    Map.of(),
                    Map.of("offset.flush.interval.ms", "200")),
            Home.locate(),
            Narrator.SILENT);
    pipeline.start();
    execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO sluice");
    pipeline.register();
  }

  @AfterAll
  static void stopPipeline() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @BeforeEach
  void arrive() {
    pipeline.awaitSynced(progress -> {});
  }

  @Test
  void tablesAtRestAreIdentical() {
    assertThat(verify()).isZero();
    assertThat(commands.output()).startsWith("Identical:").contains("21 columns");
    assertThat(verify("--sample", "5")).isZero();
    assertThat(commands.output()).contains("a sample of 5.0 % of the keys");
  }

  @Test
  void everyKindOfDifferenceIsFoundByKeyAndFixed() throws Exception {
    List<String> ids = ids(6);
    execute("UPDATE app_user_visits SET state = 5 WHERE id = '" + ids.get(1) + "'");
    pipeline.awaitSynced(progress -> {});
    Map<String, String> planted = new HashMap<>();
    plant(ids.get(0), "countryCode = 'ZZ'", "'ZZ' AS countryCode", planted, "different");
    replaceByOlder(ids.get(1), planted);
    plant(ids.get(2), "is_deleted = 1", "1 AS is_deleted", planted, "wrongly_deleted");
    pipeline.clickHouse().execute("DELETE FROM " + FACTS + " WHERE id = '" + ids.get(3) + "'");
    planted.put(ids.get(3), "missing");
    String extra = "00000000-0000-0000-0000-0000000e74a0";
    pipeline
        .clickHouse()
        .execute(
            ("INSERT INTO %1$s SELECT * REPLACE ('%2$s' AS id) FROM (SELECT * FROM %1$s FINAL"
                    + " WHERE id = '%3$s')")
                .formatted(FACTS, extra, ids.get(4)));
    planted.put(extra, "extra");
    execute("UPDATE app_user_visits SET is_deleted = true WHERE id = '" + ids.get(5) + "'");
    pipeline.awaitSynced(progress -> {});
    plant(ids.get(5), "is_deleted = 0", "0 AS is_deleted", planted, "wrongly_alive");

    assertThat(verify("--json")).isEqualTo(1);
    JsonNode found = new ObjectMapper().readTree(commands.output());
    Map<String, String> kinds = new HashMap<>();
    for (JsonNode difference : found.path(0).path("differences")) {
      kinds.put(difference.path("key").path(0).asText(), difference.path("kind").asText());
    }
    assertThat(kinds).isEqualTo(planted);
    assertThat(commands.output()).doesNotContain("ZZ");

    assertThat(verify("--show-values")).isEqualTo(1);
    assertThat(commands.output()).contains("countryCode:", "ZZ in ClickHouse");

    assertThat(verify("--repair")).isEqualTo(2);
    assertThat(commands.output()).contains("--yes");

    assertThat(verify("--repair", "--yes")).isZero();
    assertThat(commands.output()).contains("Repaired: both tables are identical.");
  }

  @Test
  void whatNoInsertCanMendIsNamedAndLeftAlone() throws Exception {
    String id = ids(1).get(0);
    String forge =
        "INSERT INTO %1$s SELECT * REPLACE ('%3$s' AS countryCode, updated_at + %4$s AS updated_at)"
            + " FROM %1$s FINAL WHERE id = '%2$s'";
    pipeline.clickHouse().execute(forge.formatted(FACTS, id, "ZZ", 3_600_000));

    assertThat(verify("--repair", "--yes")).isEqualTo(1);
    assertThat(commands.output())
        .contains("not repaired: " + id + ", because its version in ClickHouse is newer")
        .contains("Nothing was written.");

    pipeline
        .clickHouse()
        .execute("DELETE FROM " + FACTS + " WHERE id = '" + id + "' AND countryCode = 'ZZ'");
    assertThat(verify()).isZero();
  }

  @Test
  void verdictIsRightUnderAThousandChangesASecond() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("Workload with seed " + seed);
    try (Changes changes = new Changes(seed)) {
      for (int i = 0; i < 3; i++) {
        assertThat(verify()).as(() -> commands.output()).isZero();
      }
      String id = ids(1).get(0);
      changes.leaveAlone(id);
      // Its last change is there, and brings nothing back.
      assertThat(verify()).as(() -> commands.output()).isZero();
      pipeline
          .clickHouse()
          .execute(
              "ALTER TABLE "
                  + FACTS
                  + " DELETE WHERE id = '"
                  + id
                  + "' SETTINGS mutations_sync = 1");
      assertThat(verify()).as(() -> commands.output()).isEqualTo(1);
      assertThat(commands.output()).contains(id + " is missing in ClickHouse");
    }
    pipeline.awaitSynced(progress -> {});
    assertThat(verify("--repair", "--yes")).isZero();
  }

  @Test
  void rowsThatAreReadOnceMoreReplaceWhatWasLost() throws Exception {
    List<String> ids = ids(2);
    execute("UPDATE app_user_visits SET state = 7 WHERE id = '" + ids.get(0) + "'");
    execute("UPDATE app_user_visits SET country_code = 'QQ' WHERE id = '" + ids.get(1) + "'");
    pipeline.awaitSynced(progress -> {});
    for (String id : ids) {
      pipeline.clickHouse().execute("DELETE FROM " + FACTS + " WHERE id = '" + id + "'");
    }
    assertThat(verify()).isEqualTo(1);

    assertThat(run("load", "--where", "country_code = 'QQ'")).isZero();
    assertThat(verify()).isEqualTo(1);
    assertThat(commands.output()).contains(ids.get(0)).doesNotContain(ids.get(1));

    assertThat(run("load", "--since", "10m", "--column", "updated_at")).isZero();
    assertThat(verify()).isZero();

    assertThat(run("load")).isEqualTo(1);
    assertThat(commands.output()).contains("its stream has begun", "--where or --since");
    assertThat(run("load", "--since", "10 minutes", "--column", "updated_at")).isEqualTo(2);
    assertThat(run("load", "--since", "10m")).isEqualTo(2);
  }

  @Test
  void aPartitionedTableWithAKeyOfTwoColumnsIsLoadedVerifiedAndRepaired(@TempDir Path folder)
      throws Exception {
    execute(
        "CREATE TABLE shops (region text, number int, name text, updated_at timestamptz NOT NULL,"
            + " PRIMARY KEY (region, number)) PARTITION BY LIST (region);"
            + " CREATE TABLE shops_a PARTITION OF shops FOR VALUES IN ('a');"
            + " CREATE TABLE shops_b PARTITION OF shops FOR VALUES IN ('b', 'c''\\');"
            + " INSERT INTO shops SELECT r, n, r || n, now() FROM unnest(ARRAY['a', 'b', 'c''\\'])"
            + " AS r, generate_series(1, 100) AS n;"
            + " CREATE PUBLICATION shops FOR TABLE shops WITH (publish_via_partition_root)");
    String schema =
        "region String, number Int32, name Nullable(String), updated_at Int64, is_deleted Int8";
    pipeline
        .clickHouse()
        .execute(
            "CREATE TABLE shops ("
                + schema
                + ") ENGINE = ReplacingMergeTree(updated_at) ORDER BY (region, number)");
    Path source = folder.resolve("source.json");
    Files.writeString(
        source,
        """
        {"name": "shops-source", "config": {"topic.prefix": "shops", "slot.name": "shops",
          "publication.name": "shops"}}""");
    Path sink = folder.resolve("sink.json");
    Files.writeString(
        sink,
        """
        {"name": "shops-sink", "config": {"topics": "shops.public.shops",
          "topic2TableMap": "shops.public.shops=shops", "transforms": "fact",
          "transforms.fact.type": "dev.sluice.smt.ExtractFactRow",
          "transforms.fact.schema": "%s"}}"""
            .formatted(schema));
    List<String> files = List.of("--source", source.toString(), "--sink", sink.toString());
    try {
      assertThat(run("load", with(files, "--no-register"))).as(commands::output).isZero();
      assertThat(verify(with(files, "--no-wait"))).as(commands::output).isZero();
      assertThat(commands.output()).contains("Identical: 300 rows");

      // Each part of the keys that are too many is also a part of keys that are right.
      pipeline
          .clickHouse()
          .execute("INSERT INTO shops VALUES ('a', 1001, 'x', 1, 0), ('d', 1, 'x', 1, 0)");
      pipeline.clickHouse().execute("DELETE FROM shops WHERE region = 'c\\'\\\\' AND number = 7");
      assertThat(verify(with(files, "--no-wait"))).isEqualTo(1);
      assertThat(commands.output()).contains("public.shops and shops, 300 and 301 rows");
      assertThat(verify(with(files, "--no-wait", "--repair", "--yes")))
          .as(commands::output)
          .isZero();
      assertThat(
              pipeline.clickHouse().number("SELECT count() FROM shops FINAL WHERE is_deleted = 1"))
          .isEqualTo(2);
    } finally {
      execute(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name ="
              + " 'shops'");
    }
  }

  private static String[] with(List<String> options, String... more) {
    return Stream.concat(options.stream(), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void aPipelineThatStandsStillCannotTell() throws Exception {
    String sink = "sluice-sink";
    pipeline.connect().pause(sink);
    try {
      execute("UPDATE app_user_visits SET state = 6 WHERE id = '" + ids(1).get(0) + "'");
      assertThat(verify("--timeout", "3")).isEqualTo(3);
      assertThat(commands.output()).contains("does not catch up: sluice-sink is paused");
    } finally {
      pipeline.connect().resume(sink);
    }
  }

  @Test
  void anUnknownSinkIsRefusedWithThoseThereAre() {
    assertThat(verify("--sink", "nobody")).isEqualTo(2);
    assertThat(commands.output()).contains("--sink nobody", "sluice-sink");
  }

  @Test
  void aPipelineIsHealthyUntilUpdatesDoNotRaiseTheVersion() throws Exception {
    assertThat(run("doctor")).as(() -> commands.output()).isZero();
    assertThat(commands.output())
        .contains("REPLICA IDENTITY", "ReplacingMergeTree(updated_at)", "ExtractFactRow")
        .doesNotContain("FAIL");

    execute(
        "SET session_replication_role = replica; UPDATE app_user_visits SET state = 77 WHERE id = '"
            + ids(1).get(0)
            + "'");
    pipeline.awaitSynced(progress -> {});
    assertThat(doctor()).containsEntry("updated_at rises", "FAIL");
  }

  @Test
  void doctorFindsWhatIsWrongWithATable() throws Exception {
    execute(
        "CREATE TABLE IF NOT EXISTS ill (id int, note text, updated_at timestamptz); TRUNCATE ill;"
            + " INSERT INTO ill VALUES (1, 'x', NULL), (2, 'y', now() + interval '1 day')");

    Map<String, String> verdicts = doctor("--table", "public.ill");

    assertThat(verdicts)
        .containsEntry("primary key", "FAIL")
        .containsEntry("REPLICA IDENTITY", "FAIL")
        .containsEntry("publication covers the table", "FAIL")
        .containsEntry("values of updated_at", "FAIL");
    assertThat(commands.output()).contains("1 are null, 1 are in the future");
    assertThat(commands.output())
        .contains("ALTER PUBLICATION \\\"sluice\\\" ADD TABLE \\\"public\\\".\\\"ill\\\";");
  }

  @Test
  void doctorFindsWhatIsWrongWithAFactTable() throws Exception {
    pipeline
        .clickHouse()
        .execute(
            "CREATE OR REPLACE TABLE ill (id String, state Nullable(Int64), updated_at Int64,"
                + " is_deleted UInt8) ENGINE = ReplacingMergeTree(updated_at, is_deleted) PARTITION"
                + " BY intDiv(updated_at, 1000000000) ORDER BY id TTL"
                + " toDateTime(intDiv(updated_at, 1000)) + INTERVAL 99 YEAR DELETE WHERE is_deleted"
                + " = 1 SETTINGS allow_experimental_replacing_merge_with_cleanup = 1");

    Map<String, String> verdicts = doctor("--fact-table", "ill");

    assertThat(verdicts)
        .containsEntry("columns", "FAIL")
        .containsEntry("partition key", "WARN")
        .containsEntry("deleted rows stay", "FAIL")
        .containsEntry("TTL", "WARN")
        .containsEntry("engine", "OK");
    assertThat(commands.output()).contains("state is Nullable(Int64), not Nullable(Int32)");
  }

  @Test
  void doctorFindsAPausedSinkAndAServerThatIsAway() throws Exception {
    pipeline.connect().pause("sluice-sink");
    try {
      await("paused")
          .atMost(Duration.ofSeconds(30))
          .until(() -> "FAIL".equals(doctor().get("sluice-sink")));
    } finally {
      pipeline.connect().resume("sluice-sink");
    }
    Map<String, String> verdicts = doctor("--clickhouse", "http://127.0.0.1:1/default");
    assertThat(verdicts).containsEntry("answers", "FAIL").containsEntry("wal_level", "OK");
    assertThat(commands.output()).contains("--clickhouse");
    await("running again")
        .atMost(Duration.ofSeconds(30))
        .until(() -> "OK".equals(doctor().get("sluice-sink")));
  }

  @Test
  void doctorWarnsOfADatabaseThatKeepsAnyBytes() throws Exception {
    execute(
        "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    String url = pipeline.stack().role().url();
    assertThat(doctor()).containsEntry("encoding", "OK");
    assertThat(doctor("--postgres", url.substring(0, url.lastIndexOf('/')) + "/bytes"))
        .containsEntry("encoding", "WARN");
  }

  @Test
  void doctorFindsAConverterThatPutsDefaultsInPlaceOfNulls() throws Exception {
    ConnectorSpec source = connector("sluice-source");
    apply(source.with(Map.of("value.converter", JsonConverters.KAFKAS)));
    try {
      assertThat(doctor())
          .containsEntry("nulls of sluice-source", "WARN")
          .containsEntry("converters", "FAIL");
    } finally {
      apply(source);
    }
    assertThat(doctor())
        .doesNotContainKey("nulls of sluice-source")
        .containsEntry("converters", "OK");
  }

  private static ConnectorSpec connector(String name) {
    return new ConnectorSpec(name, pipeline.connect().connectors().get(name).config());
  }

  private static void apply(ConnectorSpec connector) {
    Registration registration = new Registration(pipeline.connect());
    registration.apply(
        registration.changes(List.of(connector)), Duration.ofSeconds(60), running -> {});
  }

  private Map<String, String> doctor(String... options) throws IOException {
    return commands.doctor(options);
  }

  private int verify(String... options) {
    return run("verify", options);
  }

  private int run(String command, String... options) {
    return commands.run(command, options);
  }

  /** Changes a fact behind the pipeline's back, at the row's own version. */
  private static void plant(
      String id, String what, String replacement, Map<String, String> planted, String kind) {
    pipeline
        .clickHouse()
        .execute(
            "INSERT INTO %1$s SELECT * REPLACE (%3$s) FROM %1$s FINAL WHERE id = '%2$s'"
                .formatted(FACTS, id, replacement));
    assertThat(
            pipeline
                .clickHouse()
                .number(
                    "SELECT count() FROM %s FINAL WHERE id = '%s' AND %s"
                        .formatted(FACTS, id, what)))
        .isOne();
    planted.put(id, kind);
  }

  private static void replaceByOlder(String id, Map<String, String> planted) {
    String older =
        "INSERT INTO %1$s SELECT * REPLACE (0 AS state, updated_at - 1 AS updated_at) FROM %1$s"
            + " FINAL WHERE id = '%2$s'";
    pipeline.clickHouse().execute(older.formatted(FACTS, id));
    pipeline
        .clickHouse()
        .execute("DELETE FROM %s WHERE id = '%s' AND state = 5".formatted(FACTS, id));
    planted.put(id, "stale");
  }

  private static List<String> ids(int count) throws SQLException {
    List<String> ids = new ArrayList<>();
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT id FROM app_user_visits WHERE NOT is_deleted ORDER BY random() LIMIT "
                    + count)) {
      while (rows.next()) {
        ids.add(rows.getString(1));
      }
    }
    return ids;
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Twenty updates every twenty milliseconds. */
  private static final class Changes implements AutoCloseable {
    private final Random random;
    private final Thread thread = new Thread(this::run, "changes");
    private volatile String leftAlone = "00000000-0000-0000-0000-000000000000";
    private volatile boolean stopping;
    private volatile SQLException failure;

    Changes(long seed) {
      random = new Random(seed);
      thread.start();
    }

    void leaveAlone(String id) {
      leftAlone = id;
    }

    private void run() {
      try (Connection connection = pipeline.stack().postgres().connect();
          Statement statement = connection.createStatement()) {
        while (!stopping) {
          statement.execute(
              "UPDATE app_user_visits SET state = coalesce(state, 0) + 1 WHERE abs(hashtext(id::text)) % "
                  + ROWS / 20
                  + " = "
                  + random.nextInt(ROWS / 20)
                  + " AND id <> '"
                  + leftAlone
                  + "'");
          Thread.sleep(20);
        }
      } catch (SQLException e) {
        failure = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      stopping = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      assertThat((Throwable) failure).isNull();
    }
  }
}

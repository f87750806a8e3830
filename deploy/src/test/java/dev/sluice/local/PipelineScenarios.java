package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.pipeline.FactTable;
import dev.sluice.verify.Difference;
import dev.sluice.verify.TableComparison;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What happens to a row in Postgres, seen in ClickHouse: real servers, the packaged plugin folders.
 * Every scenario ends with a comparison of all values of all rows, and looks at its own rows
 * besides.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PipelineScenarios {

  private static final int ROWS = 2_000;
  private static final String REQUIRED =
      "customer_id, branch_id, store_id, cashier_id, created_at, updated_at";
  private static final String REQUIRED_VALUES =
      "gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), now()";

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "O'Brien said \"no\"",
          "back\\slash \\N \\t",
          "line one\nline two\r\n\ttabbed",
          "Zürich, Ελλάδα, Україна, 東京, हिन्दी, العربية",
          "\uD83D\uDE80 \uD83D\uDC69\u200D\uD83D\uDC69\u200D\uD83D\uDC67 e\u0301 \uFEFF\u200B",
          "\u0001\u001f\u007f\u0085\u2028",
          "__debezium_unavailable_value_but_longer",
          "null",
          "{\"json\": [1, 2]}");

  private static final List<String> EXTREMES =
      List.of(
          "state = -2147483648",
          "state = 2147483647",
          "points = 1.7976931348623157e308, receipt = -1.7976931348623157e308",
          "points = 4.9e-324, receipt = 2.2250738585072014e-308",
          "points = 'NaN', receipt = 'Infinity', remaining = '-Infinity'",
          "points = 0.1, receipt = 123456789012345678901234567890.123456789, remaining = 1e-20",
          "points = 9007199254740993, receipt = -0.000, remaining = 100000000000000000000.50",
          "expires_at = '1969-12-31 23:59:59.999999+00'",
          "expires_at = '0001-01-01 00:00:00+00'",
          "expires_at = '9999-12-31 23:59:59.999999+00'",
          "expires_at = '1883-11-18 12:03:57.5+00'",
          "expires_at = '2026-03-29 02:30:00+05:45'",
          "expires_at = 'infinity'",
          "expires_at = '-infinity'",
          "seen = true, expired = false, is_bulk_points = true, is_fraud = true",
          "seen = false, expired = true, is_bulk_points = false");

  private final FactTable factTable;
  private long factRowsAfterSnapshot;
  private LocalPipeline pipeline;
  private Connection connection;

  PipelineScenarios(FactTable factTable) {
    this.factTable = factTable;
  }

  @BeforeAll
  void startPipeline(@TempDir Path dataDir) throws SQLException {
    LocalOptions options =
        LocalOptions.embedded(dataDir)
            .with(ROWS, factTable)
            .with(
                // The sooner offsets are known, the less a test waits; nothing else depends on it.
                Map.of("heartbeat.interval.ms", "200"),
                Map.of(),
                Map.of("plugin.discovery", "hybrid_fail", "offset.flush.interval.ms", "200"));
    pipeline = new LocalPipeline(changed(options), Home.locate(), new TestNarrator());
    pipeline.start();
    pipeline.register();
    pipeline.awaitSynced(progress -> {});
    factRowsAfterSnapshot = pipeline.factRows();
    connection = pipeline.stack().postgres().connect();
  }

  /** The options with what these scenarios are for: another sink, other servers. */
  LocalOptions changed(LocalOptions options) {
    return options;
  }

  @AfterAll
  void stopPipeline() throws SQLException {
    if (connection != null) {
      connection.close();
    }
    if (pipeline != null) {
      pipeline.close();
    }
  }

  LocalPipeline pipeline() {
    return pipeline;
  }

  @Test
  void snapshotBringsEveryVisitOnce() {
    assertThat(factRowsAfterSnapshot).isEqualTo(ROWS);
  }

  @Test
  void insertUpdateAndDelete() throws SQLException {
    String id = insert();
    synced();
    assertThat(current(id)).hasSize(1);

    execute("UPDATE app_user_visits SET points = 12.5, country_code = 'IT' WHERE id = '%s'", id);
    synced();
    assertThat(current(id).get(0).getDouble("points")).isEqualTo(12.5);
    assertThat(current(id).get(0).getString("countryCode")).isEqualTo("IT");

    execute("DELETE FROM app_user_visits WHERE id = '%s'", id);
    synced();
    assertThat(current(id)).isEmpty();
  }

  @Test
  void deleteAndReinsertOfOneKey() throws SQLException {
    String id = insert();
    execute("DELETE FROM app_user_visits WHERE id = '%s'", id);
    execute(
        "INSERT INTO app_user_visits (id, state, %s) VALUES ('%s', 77, %s)",
        REQUIRED, id, REQUIRED_VALUES);
    synced();
    assertThat(current(id)).hasSize(1);
    assertThat(current(id).get(0).getInteger("state")).isEqualTo(77);
  }

  @Test
  void primaryKeyChangeMovesTheRow() throws SQLException {
    String before = insert();
    String after = UUID.randomUUID().toString();
    execute("UPDATE app_user_visits SET id = '%s' WHERE id = '%s'", after, before);
    synced();
    assertThat(current(before)).isEmpty();
    assertThat(current(after)).hasSize(1);
  }

  @Test
  void transactionThatCommitsLateWithAnOldUpdatedAt() throws SQLException {
    String early = UUID.randomUUID().toString();
    try (Connection slow = pipeline.stack().postgres().connect();
        Statement statement = slow.createStatement()) {
      slow.setAutoCommit(false);
      statement.execute(
          "INSERT INTO app_user_visits (id, "
              + REQUIRED
              + ") VALUES ('"
              + early
              + "', "
              + REQUIRED_VALUES.replace("now(), now()", "now(), now() - interval '2 hours'")
              + ")");
      String late = insert();
      synced();
      assertThat(current(late)).hasSize(1);
      assertThat(current(early)).isEmpty();
      slow.commit();
    }
    synced();
    assertThat(current(early)).hasSize(1);
  }

  @Test
  void rolledBackTransactionLeavesNothing() throws SQLException {
    String id = UUID.randomUUID().toString();
    try (Connection other = pipeline.stack().postgres().connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute(
          "INSERT INTO app_user_visits (id, %s) VALUES ('%s', %s)"
              .formatted(REQUIRED, id, REQUIRED_VALUES));
      other.rollback();
    }
    synced();
    assertThat(versions(id)).isZero();
  }

  @Test
  void twoUpdatesOfOneRowInOneTransaction() throws SQLException {
    String id = insert();
    execute(
        "BEGIN; UPDATE app_user_visits SET state = 1, updated_at = now() WHERE id = '%1$s';"
            + " UPDATE app_user_visits SET state = 2, updated_at = now() WHERE id = '%1$s'; COMMIT",
        id);
    synced();
    assertThat(current(id).get(0).getInteger("state")).isEqualTo(2);
  }

  @Test
  void updateThatDoesNotSayItsTime() throws SQLException {
    String id = insert();
    execute("ALTER TABLE app_user_visits DISABLE TRIGGER touch_updated_at");
    try {
      execute("UPDATE app_user_visits SET state = 9 WHERE id = '%s'", id);
    } finally {
      execute("ALTER TABLE app_user_visits ENABLE TRIGGER touch_updated_at");
    }
    synced();
    assertThat(current(id).get(0).getInteger("state")).isEqualTo(9);
  }

  @Test
  void textArrivesToTheLetter() throws SQLException {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String text : TEXTS) {
      String id = insert();
      texts.put(id, text);
      try (var update =
          connection.prepareStatement(
              "UPDATE app_user_visits SET phone_number = ?, order_id = ? WHERE id = ?::uuid")) {
        update.setString(1, text);
        update.setString(2, text.repeat(1000));
        update.setString(3, id);
        update.executeUpdate();
      }
    }
    synced();
    texts.forEach(
        (id, text) -> {
          assertThat(current(id).get(0).getString("phone_number")).isEqualTo(text);
          assertThat(current(id).get(0).getString("order_id")).isEqualTo(text.repeat(1000));
        });
  }

  @Test
  void nullsInEveryNullableColumn() throws SQLException {
    String id = insert();
    String nullable =
        "phone_number, seen, state, points, receipt, country_code, remaining, expired, expires_at,"
            + " order_id, sync_mechanism, is_bulk_points";
    execute(
        "UPDATE app_user_visits SET (%s) = (%s) WHERE id = '%s'",
        nullable, nullable.replaceAll("\\w+", "NULL"), id);
    synced();
    GenericRecord row = current(id).get(0);
    for (String column : nullable.replace("country_code", "countryCode").split(", ")) {
      assertThat(row.hasValue(column)).as(column).isFalse();
    }
  }

  @Test
  void extremesOfEachType() throws SQLException {
    List<String> ids = new ArrayList<>();
    for (String assignment : EXTREMES) {
      String id = insert();
      ids.add(id);
      execute("UPDATE app_user_visits SET %s WHERE id = '%s'", assignment, id);
    }
    synced();
    assertThat(ids).allSatisfy(id -> assertThat(current(id)).hasSize(1));
  }

  @Test
  void softDeletedRowLeavesTheView() throws SQLException {
    String id = insert();
    execute("UPDATE app_user_visits SET is_deleted = true WHERE id = '%s'", id);
    synced();
    assertThat(current(id)).isEmpty();
    execute("UPDATE app_user_visits SET is_deleted = false WHERE id = '%s'", id);
    synced();
    assertThat(current(id)).hasSize(1);
  }

  @Test
  void rowThatDoesNotFitBecomesADeadLetterAndTheOthersLand() throws SQLException {
    String bad = UUID.randomUUID().toString();
    long before = deadLetters().size();
    execute(
        "INSERT INTO app_user_visits (id, receipt, %s) SELECT CASE n WHEN 500 THEN '%s'::uuid ELSE"
            + " gen_random_uuid() END, CASE n WHEN 500 THEN 1e400 ELSE n END, %s FROM"
            + " generate_series(1, 1000) AS n",
        REQUIRED, bad, REQUIRED_VALUES);
    pipeline.awaitSynced(progress -> {});
    assertThat(versions(bad)).isZero();
    List<String> reasons = deadLetters();
    assertThat(reasons).hasSize((int) before + 1);
    assertThat(reasons.get(reasons.size() - 1))
        .contains("receipt", "Float64", "sluice.public.app_user_visits-")
        .doesNotContain("00000000");
    // Postgres itself cannot say what 1e400 would be as a double: the row has to go first.
    execute("DELETE FROM app_user_visits WHERE id = '%s'", bad);
    synced();
  }

  @Test
  void oneTransactionOfManyRows() throws SQLException {
    execute(
        "INSERT INTO app_user_visits (id, %s) SELECT gen_random_uuid(), %s FROM generate_series(1,"
            + " 20000)",
        REQUIRED, REQUIRED_VALUES);
    synced();
    execute("UPDATE app_user_visits SET state = 5 WHERE country_code IS NULL");
    execute("DELETE FROM app_user_visits WHERE country_code IS NULL AND state = 5");
    synced();
  }

  @Test
  void comparisonFindsEveryKindOfDifference() throws SQLException {
    String changed = insert();
    String missing = insert();
    String extra = UUID.randomUUID().toString();
    synced();
    String table = factTable.tableName();
    String version = factTable == FactTable.STRICT ? "_version" : "updated_at";
    String forged =
        "INSERT INTO %s SELECT * REPLACE (%s, %s + 1 AS %s) FROM (SELECT * FROM %s FINAL WHERE id ="
            + " '%s')";
    pipeline
        .clickHouse()
        .execute(forged.formatted(table, "'DE ' AS countryCode", version, version, table, changed));
    pipeline
        .clickHouse()
        .execute(
            forged.formatted(table, "'" + extra + "' AS id", version, version, table, changed));
    delete(missing);

    List<String> differences =
        pipeline.compare().differences().stream().map(Difference::toString).toList();
    assertThat(differences)
        .hasSize(3)
        .anyMatch(found -> found.startsWith(changed + " differs in countryCode"))
        .contains(missing + " is missing in ClickHouse", extra + " is in ClickHouse only");
    assertThat(String.join("", differences)).doesNotContain("DE");

    delete(extra);
    execute("UPDATE app_user_visits SET state = 8 WHERE id IN ('%s', '%s')", changed, missing);
    synced();
  }

  private void delete(String id) {
    pipeline
        .clickHouse()
        .execute(
            "ALTER TABLE "
                + factTable.tableName()
                + " DELETE WHERE id = '"
                + id
                + "' SETTINGS mutations_sync = 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Postgres", "Kafka", "Connect", "ClickHouse"})
  void killedServerComesBackAndNothingIsLost(String name) throws SQLException {
    try (Workload workload = new Workload(pipeline.stack().postgres(), change -> {})) {
      workload.start();
      await().until(() -> workload.changes() > 10);
      killAndAwait(name);
      long changes = workload.changes();
      await().atMost(Duration.ofMinutes(1)).until(() -> workload.changes() > changes + 10);
    }
    if (name.equals("Postgres")) {
      connection = pipeline.stack().postgres().connect();
    }
    synced();
    assertThat(pipeline.connect().connectors().values())
        .allSatisfy(connector -> assertThat(connector.firstFailed()).isEmpty());
  }

  /** Kills the server of that name and returns when it is there again. */
  void killAndAwait(String name) {
    Supervisor server =
        pipeline.stack().servers().stream().filter(s -> s.name().equals(name)).findFirst().get();
    long pid = server.pid().orElseThrow();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> server.isUp() && server.pid().orElseThrow() != pid);
  }

  private String insert() throws SQLException {
    String id = UUID.randomUUID().toString();
    execute(
        "INSERT INTO app_user_visits (id, state, points, country_code, phone_number, %s) VALUES"
            + " ('%s', 3, 1.25, 'DE', '+49 30 1234', %s)",
        REQUIRED, id, REQUIRED_VALUES);
    return id;
  }

  void execute(String sql, Object... arguments) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql.formatted(arguments));
    }
  }

  /** The reason of each dead letter. */
  private List<String> deadLetters() {
    return DeadLetters.read(pipeline.stack().kafka()).stream()
        .map(letter -> DeadLetters.about(letter, "exception.message"))
        .toList();
  }

  /** Waits until all is visible, compares all values of all rows, and says what was compared. */
  TableComparison.Result synced() {
    pipeline.awaitSynced(progress -> {});
    TableComparison.Result result = pipeline.compare();
    assertThat(result.differences()).isEmpty();
    assertThat(result.factRows()).isEqualTo(result.sourceRows());
    return result;
  }

  private List<GenericRecord> current(String id) {
    return pipeline
        .clickHouse()
        .rows("SELECT * FROM " + factTable.currentView() + " WHERE id = '" + id + "'");
  }

  private long versions(String id) {
    return pipeline
        .clickHouse()
        .number("SELECT count() FROM " + factTable.tableName() + " WHERE id = '" + id + "'");
  }
}

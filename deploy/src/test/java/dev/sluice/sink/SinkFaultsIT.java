package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.SettingError;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.Narrator;
import dev.sluice.local.Supervisor;
import dev.sluice.pipeline.FactTable;
import dev.sluice.sink.FaultProxy.Fault;
import dev.sluice.verify.TableComparison;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packaged sink under faults of network, server, table and rows, with changes going on: after
 * each, no task has failed and all values of all rows are equal.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SinkFaultsIT {
  private static final int ROWS = 20_000;
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final String FACTS = FactTable.DEFAULT.tableName();
  private static final String DEAD_LETTERS = "sluice.dead-letters";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private FaultProxy proxy;
  private LocalPipeline pipeline;
  private ConnectorSpec sink;

  @BeforeAll
  void start(@TempDir Path dataDir) throws Exception {
    proxy = new FaultProxy();
    Map<String, String> settings =
        Map.of(
            "hostname", "127.0.0.1",
            "port", Integer.toString(proxy.port()),
            "clickhouseClientInsertTimeoutMs", "2000",
            "retry.backoff.max.ms", "300");
    sink = ConnectorSpec.read(Home.locate().configs().resolve("sink.json")).with(settings);
    LocalOptions options =
        LocalOptions.embedded(dataDir)
            .with(ROWS, FactTable.DEFAULT)
            .with(Map.of(), settings, Map.of("plugin.discovery", "hybrid_fail"));
    pipeline = new LocalPipeline(options, Home.locate(), new Saying());
    proxy.upstream(pipeline.stack().clickHouse().port());
    pipeline.start();
    pipeline.register();
    await().atMost(LIMIT).until(() -> pipeline.factRows() >= ROWS);
    synced();
  }

  @AfterAll
  void stop() throws Exception {
    if (pipeline != null) {
      pipeline.close();
    }
    proxy.close();
  }

  @AfterEach
  void heal() throws Exception {
    proxy.set(Fault.NONE);
  }

  @ParameterizedTest
  @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aFaultOfTheNetworkUnderLoad(Fault fault) throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      proxy.set(fault);
      touchAllVisits();
      traffic.awaitMore(50);
      int wanted = fault == Fault.CLICKHOUSE_CODES ? FaultProxy.CODES.length : 2;
      await()
          .atMost(LIMIT)
          .until(() -> fault == Fault.CONNECTION_REFUSED || proxy.hits() >= wanted);
      proxy.set(Fault.NONE);
      traffic.awaitMore(20);
    }
    synced();
  }

  @Test
  void clickHouseIsFrozenForLongerThanAnInsertMayTake() throws Exception {
    long pid = server("ClickHouse").pid().orElseThrow();
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      signal("STOP", pid);
      touchAllVisits();
      traffic.awaitMore(150);
      signal("CONT", pid);
      traffic.awaitMore(20);
    } finally {
      signal("CONT", pid);
    }
    synced();
  }

  @Test
  void clickHouseIsKilledInMidLoad() throws Exception {
    Supervisor server = server("ClickHouse");
    long pid = server.pid().orElseThrow();
    try (Traffic traffic = traffic()) {
      touchAllVisits();
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      await().atMost(LIMIT).until(() -> server.isUp() && server.pid().orElseThrow() != pid);
      traffic.awaitMore(20);
    }
    synced();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "3", "2"})
  void tasksAreRedistributedInMidLoad(String tasks) throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      touchAllVisits();
      pipeline.connect().put(sink.with(Map.of("tasks.max", tasks)));
      traffic.awaitMore(100);
    }
    synced();
  }

  @Test
  void theTableIsAwayForAWhile() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      clickHouse("RENAME TABLE " + FACTS + " TO elsewhere");
      traffic.awaitMore(50);
      clickHouse("RENAME TABLE elsewhere TO " + FACTS);
    }
    synced();
  }

  @Test
  void aColumnHasAnotherTypeForAWhile() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      clickHouse("ALTER TABLE " + FACTS + " MODIFY COLUMN seen Nullable(Int64)");
      traffic.awaitMore(50);
      clickHouse("ALTER TABLE " + FACTS + " MODIFY COLUMN seen Nullable(Int32)");
    }
    synced();
  }

  @Test
  void aColumnWithADefaultIsAdded() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      clickHouse("ALTER TABLE " + FACTS + " ADD COLUMN loaded_at DateTime DEFAULT now()");
      traffic.awaitMore(50);
      clickHouse("ALTER TABLE " + FACTS + " DROP COLUMN loaded_at");
    }
    synced();
  }

  @Test
  void rowsThatAConstraintRefusesAreOneDeadLetterEach() throws Exception {
    synced();
    long before = deadLetters();
    clickHouse(
        "ALTER TABLE " + FACTS + " ADD CONSTRAINT not_bad CHECK ifNull(phone_number, '') != 'bad'");
    try {
      postgres(
          "UPDATE app_user_visits SET state = 1, phone_number = CASE WHEN id IN (SELECT id FROM"
              + " app_user_visits ORDER BY id LIMIT 10) THEN 'bad' ELSE phone_number END");
      pipeline.awaitSynced(progress -> {});
      assertThat(deadLetters() - before).isEqualTo(10);
      assertThat(pipeline.compare().differences()).isNotEmpty();
    } finally {
      clickHouse("ALTER TABLE " + FACTS + " DROP CONSTRAINT not_bad");
    }
    postgres("UPDATE app_user_visits SET phone_number = 'good' WHERE phone_number = 'bad'");
    synced();
  }

  @Test
  void rowsThatDoNotFitTheirTableFailTheTaskNamingTheColumns() throws Exception {
    clickHouse(
        "CREATE OR REPLACE TABLE misfit (id Int64, points Nullable(Float64), needed Int32)"
            + " ENGINE = MergeTree ORDER BY id");
    Map<String, String> changes = new HashMap<>();
    changes.put("name", "misfit");
    changes.put("topic2TableMap", sink.config().get("topics") + "=misfit");
    ConnectorSpec misfit = new ConnectorSpec("misfit", sink.with(changes).config());
    pipeline.connect().put(misfit);
    try {
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(traceOf("misfit"))
                      .contains("Rows do not fit table misfit")
                      .contains("column id (Int64)")
                      .contains("column needed (Int32) has no default and no field")
                      .contains("field customer_id has no column"));
    } finally {
      pipeline.connect().delete("misfit");
    }
    synced();
  }

  @Test
  void validateNamesTheSettingThatIsWrong() {
    assertThat(errors(Map.of("port", "1"))).containsOnlyKeys("hostname");
    assertThat(errors(Map.of("username", "nobody", "password", "secret")))
        .containsOnlyKeys("password");
    assertThat(errors(Map.of("database", "nowhere"))).containsOnlyKeys("database");
    assertThat(errors(Map.of("topic2TableMap", ""))).containsOnlyKeys("topic2TableMap");
    assertThat(errors(Map.of("clickhouseSettings", "nonsense=1")))
        .containsOnlyKeys("clickhouseSettings");
    assertThat(errors(Map.of())).isEmpty();
  }

  private String traceOf(String connector) {
    return pipeline
        .connect()
        .connectors()
        .get(connector)
        .firstFailed()
        .map(ConnectClient.Status::trace)
        .orElse("");
  }

  private Map<String, String> errors(Map<String, String> changes) {
    return pipeline.connect().validate(sink.with(changes)).stream()
        .collect(Collectors.toMap(SettingError::setting, error -> error.errors().toString()));
  }

  private Traffic traffic() {
    return new Traffic(pipeline.stack().postgres(), SEED);
  }

  private void touchAllVisits() throws SQLException {
    postgres("UPDATE app_user_visits SET points = coalesce(points, 0) + 0.25");
  }

  private void synced() {
    pipeline.awaitSynced(progress -> {});
    TableComparison.Result result = pipeline.compare();
    assertThat(result.differences()).isEmpty();
    assertThat(result.factRows()).isEqualTo(result.sourceRows());
    pipeline.refuseFailed();
  }

  private Supervisor server(String name) {
    return pipeline.stack().servers().stream()
        .filter(server -> server.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  private static void signal(String signal, long pid) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).inheritIO().start().waitFor();
  }

  private void clickHouse(String sql) {
    pipeline.clickHouse().execute(sql);
  }

  private void postgres(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long deadLetters() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", pipeline.stack().kafka()))) {
      if (!admin.listTopics().names().get().contains(DEAD_LETTERS)) {
        return 0;
      }
      TopicPartition partition = new TopicPartition(DEAD_LETTERS, 0);
      return admin
          .listOffsets(Map.of(partition, OffsetSpec.latest()))
          .partitionResult(partition)
          .get()
          .offset();
    }
  }

  /** Shows in the test's output what the pipeline says. */
  private static final class Saying implements Narrator {
    @Override
    public void say(String sentence) {
      System.out.println(sentence);
    }

    @Override
    public void progress(String line) {}
  }
}

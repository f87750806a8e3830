package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.SettingError;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.Supervisor;
import dev.sluice.local.TestPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.sink.FaultProxy.Fault;
import java.nio.file.Path;
import java.sql.SQLException;
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
  private TestPipeline pipeline;
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
    pipeline = new TestPipeline(options);
    proxy.upstream(pipeline.it().stack().clickHouse().port());
    pipeline.start();
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
    pipeline.synced();
  }

  @Test
  void clickHouseIsFrozenForLongerThanAnInsertMayTake() throws Exception {
    long pid = pipeline.server("ClickHouse").pid().orElseThrow();
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
    pipeline.synced();
  }

  @Test
  void clickHouseIsKilledInMidLoad() throws Exception {
    Supervisor server = pipeline.server("ClickHouse");
    long pid = server.pid().orElseThrow();
    try (Traffic traffic = traffic()) {
      touchAllVisits();
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      await().atMost(LIMIT).until(() -> server.isUp() && server.pid().orElseThrow() != pid);
      traffic.awaitMore(20);
    }
    pipeline.synced();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "3", "2"})
  void tasksAreRedistributedInMidLoad(String tasks) throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      touchAllVisits();
      pipeline.it().connect().put(sink.with(Map.of("tasks.max", tasks)));
      traffic.awaitMore(100);
    }
    pipeline.synced();
  }

  @Test
  void theTableIsAwayForAWhile() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      pipeline.clickHouse("RENAME TABLE " + FACTS + " TO elsewhere");
      traffic.awaitMore(50);
      pipeline.clickHouse("RENAME TABLE elsewhere TO " + FACTS);
    }
    pipeline.synced();
  }

  @Test
  void aColumnHasAnotherTypeForAWhile() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      pipeline.clickHouse("ALTER TABLE " + FACTS + " MODIFY COLUMN seen Nullable(Int64)");
      traffic.awaitMore(50);
      pipeline.clickHouse("ALTER TABLE " + FACTS + " MODIFY COLUMN seen Nullable(Int32)");
    }
    pipeline.synced();
  }

  @Test
  void aColumnWithADefaultIsAdded() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      pipeline.clickHouse("ALTER TABLE " + FACTS + " ADD COLUMN loaded_at DateTime DEFAULT now()");
      traffic.awaitMore(50);
      pipeline.clickHouse("ALTER TABLE " + FACTS + " DROP COLUMN loaded_at");
    }
    pipeline.synced();
  }

  @Test
  void rowsThatAConstraintRefusesAreOneDeadLetterEach() throws Exception {
    pipeline.synced();
    long before = deadLetters();
    pipeline.clickHouse(
        "ALTER TABLE " + FACTS + " ADD CONSTRAINT not_bad CHECK ifNull(phone_number, '') != 'bad'");
    try {
      pipeline.postgres(
          "UPDATE app_user_visits SET state = 1, phone_number = CASE WHEN id IN (SELECT id FROM"
              + " app_user_visits ORDER BY id LIMIT 10) THEN 'bad' ELSE phone_number END");
      pipeline.it().awaitSynced(progress -> {});
      assertThat(deadLetters() - before).isEqualTo(10);
      assertThat(pipeline.it().compare().differences()).isNotEmpty();
    } finally {
      pipeline.clickHouse("ALTER TABLE " + FACTS + " DROP CONSTRAINT not_bad");
    }
    pipeline.postgres(
        "UPDATE app_user_visits SET phone_number = 'good' WHERE phone_number = 'bad'");
    pipeline.synced();
  }

  @Test
  void rowsThatDoNotFitTheirTableFailTheTaskNamingTheColumns() throws Exception {
    pipeline.clickHouse(
        "CREATE OR REPLACE TABLE misfit (id Int64, points Nullable(Float64), needed Int32)"
            + " ENGINE = MergeTree ORDER BY id");
    Map<String, String> changes = new HashMap<>();
    changes.put("name", "misfit");
    changes.put("topic2TableMap", sink.config().get("topics") + "=misfit");
    ConnectorSpec misfit = new ConnectorSpec("misfit", sink.with(changes).config());
    pipeline.it().connect().put(misfit);
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
      pipeline.it().connect().delete("misfit");
    }
    pipeline.synced();
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
        .it()
        .connect()
        .connectors()
        .get(connector)
        .firstFailed()
        .map(ConnectClient.Status::trace)
        .orElse("");
  }

  private Map<String, String> errors(Map<String, String> changes) {
    return pipeline.it().connect().validate(sink.with(changes)).stream()
        .collect(Collectors.toMap(SettingError::setting, error -> error.errors().toString()));
  }

  private Traffic traffic() {
    return new Traffic(pipeline.it().stack().postgres(), SEED);
  }

  private void touchAllVisits() throws SQLException {
    pipeline.postgres("UPDATE app_user_visits SET points = coalesce(points, 0) + 0.25");
  }

  private static void signal(String signal, long pid) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).inheritIO().start().waitFor();
  }

  private long deadLetters() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", pipeline.it().stack().kafka()))) {
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
}

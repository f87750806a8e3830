package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.lab.chaos.FaultProxy;
import dev.sluice.lab.chaos.NetworkFault;
import dev.sluice.local.DeadLetters;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.Supervisor;
import dev.sluice.local.TestPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.SettingError;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.verify.TableComparison;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packaged sink under faults of network, server, table and rows, with changes going on: after
 * each, no task has failed and all values of all rows are equal.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SinkFaultsIT {
  private static final int ROWS = 5_000;

  /** Of the many faults that speak HTTP, so many a run; -Dfaults=all takes them all. */
  private static final int OF_HTTP = 12;

  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final String FACTS = FactTable.DEFAULT.tableName();
  private static final Duration INSERT_TIMEOUT = Duration.ofMillis(1_500);

  /** Some commits of the worker, which come every 200 ms. */
  private static final Duration LONG_ENOUGH_TO_COMMIT = Duration.ofMillis(500);

  private static final Duration FAULT_LIMIT = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private FaultProxy proxy;
  private TestPipeline pipeline;
  private ConnectorSpec sink;
  private CommittedOffsets offsets;

  @BeforeAll
  void start(@TempDir Path dataDir) throws Exception {
    proxy = FaultProxy.ofHttp(INSERT_TIMEOUT);
    Map<String, String> settings =
        Map.of(
            "hostname",
            "127.0.0.1",
            "port",
            Integer.toString(proxy.port()),
            "clickhouseClientInsertTimeoutMs",
            Long.toString(INSERT_TIMEOUT.toMillis()),
            "retry.backoff.max.ms",
            "200");
    sink = ConnectorSpec.read(Home.locate().configs().resolve("sink.json")).with(settings);
    LocalOptions options =
        LocalOptions.embedded(dataDir)
            .with(ROWS, FactTable.DEFAULT)
            .with(
                // The sooner offsets are known, the less a test waits; nothing else depends on it.
                Map.of("heartbeat.interval.ms", "200"),
                settings,
                Map.of("plugin.discovery", "hybrid_fail", "offset.flush.interval.ms", "200"));
    pipeline = new TestPipeline(options);
    proxy.upstream(pipeline.it().stack().clickHouse().port());
    pipeline.start();
    offsets = new CommittedOffsets(pipeline.it().stack().kafka(), sink.name());
  }

  @AfterAll
  void stop() throws Exception {
    if (offsets != null) {
      offsets.close();
    }
    if (pipeline != null) {
      pipeline.close();
    }
    proxy.close();
  }

  @AfterEach
  void heal() throws Exception {
    proxy.set(NetworkFault.NONE);
    if (!traceOf(sink.name()).isEmpty()) {
      // One failure is not to look like many.
      pipeline.it().connect().restart(sink.name(), true);
    }
  }

  /** Those of any protocol, and some of the others, by the seed. */
  private static Stream<NetworkFault> faults() {
    List<NetworkFault> ofHttp = new ArrayList<>();
    List<NetworkFault> chosen = new ArrayList<>();
    for (NetworkFault fault : NetworkFault.values()) {
      (fault.meetsAnyProtocol() ? chosen : ofHttp).add(fault);
    }
    ofHttp.remove(NetworkFault.NONE);
    System.out.println("Faults with seed " + SEED);
    Collections.shuffle(ofHttp, new Random(SEED));
    boolean all = "all".equals(System.getProperty("faults"));
    chosen.addAll(all ? ofHttp : ofHttp.subList(0, OF_HTTP));
    return chosen.stream();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultOfTheNetworkUnderLoad(NetworkFault fault) throws Exception {
    long letters = letters();
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(10);
      proxy.set(fault);
      Map<TopicPartition, Long> ends = pipeline.it().lag().ends();
      touchAllVisits();
      await()
          .atMost(FAULT_LIMIT)
          .until(() -> fault == NetworkFault.CONNECTION_REFUSED || proxy.hits() >= wanted(fault));
      if (!fault.letsInsertsThrough()) {
        nothingIsCommittedBeyond(ends);
        proxy.set(NetworkFault.NONE);
        traffic.awaitMore(10);
      }
    }
    // Where inserts get through the fault still stands.
    awaitSyncedWithin(LIMIT);
    if (fault.mayCondemnRows()) {
      syncedBut(letters);
    } else {
      pipeline.synced();
      assertThat(letters()).as("dead letters").isEqualTo(letters);
    }
  }

  private static int wanted(NetworkFault fault) {
    return Math.max(2, fault.answers());
  }

  /**
   * What was in the topic when the fault began may have been inserted just before; later records
   * were not, or there is no proof of it.
   */
  private void nothingIsCommittedBeyond(Map<TopicPartition, Long> ends) {
    await()
        .pollDelay(Duration.ZERO)
        .during(LONG_ENOUGH_TO_COMMIT)
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                offsets
                    .committed()
                    .forEach(
                        (partition, offset) ->
                            assertThat(offset)
                                .as("committed of %s", partition)
                                .isLessThanOrEqualTo(ends.get(partition))));
    // Otherwise there would have been nothing to commit.
    assertThat(pipeline.it().lag().ends()).isNotEqualTo(ends);
  }

  private void awaitSyncedWithin(Duration limit) {
    long begin = System.nanoTime();
    pipeline
        .it()
        .awaitSynced(
            progress ->
                assertThat(System.nanoTime() - begin).as(progress).isLessThan(limit.toNanos()));
  }

  /** As {@link TestPipeline#synced}, but each row may differ that has become a dead letter. */
  private void syncedBut(long lettersBefore) throws SQLException {
    long letters = letters() - lettersBefore;
    TableComparison.Result result = pipeline.it().compare();
    long differing = result.differences().size() + result.more();
    assertThat(differing).as(result.toString()).isLessThanOrEqualTo(letters);
    pipeline.it().refuseFailed();
    if (letters > 0) {
      pipeline.postgres("DELETE FROM app_user_visits WHERE branch_id = '" + Traffic.BRANCH + "'");
      touchAllVisits();
      pipeline.it().awaitSynced(progress -> {});
      // A delete that was put aside does not come again.
      pipeline.clickHouse("DELETE FROM " + FACTS + " WHERE branch_id = '" + Traffic.BRANCH + "'");
    }
    pipeline.synced();
  }

  private long letters() {
    try (TopicLag lag =
        new TopicLag(pipeline.it().stack().kafka(), "sluice.dead-letters", sink.name())) {
      return lag.records();
    }
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
    try (Traffic traffic = traffic()) {
      touchAllVisits();
      killAndAwait("ClickHouse");
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
  void theWorkerIsKilledInMidLoad() throws Exception {
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      touchAllVisits();
      killAndAwait("Connect");
      traffic.awaitMore(20);
    }
    pipeline.synced();
  }

  @Test
  void anotherHostTakesOverWhileTheFirstIsAway() throws Exception {
    try (FaultProxy second = FaultProxy.ofHttp(INSERT_TIMEOUT)) {
      second.upstream(pipeline.it().stack().clickHouse().port());
      String hosts = "127.0.0.1:" + proxy.port() + ",127.0.0.1:" + second.port();
      pipeline.it().connect().put(sink.with(Map.of("hostname", hosts)));
      try (Traffic traffic = traffic()) {
        traffic.awaitMore(20);
        proxy.set(NetworkFault.CONNECTION_REFUSED);
        touchAllVisits();
        traffic.awaitMore(50);
      }
      pipeline.synced();
      proxy.set(NetworkFault.NONE);
      second.set(NetworkFault.CONNECTION_REFUSED);
      touchAllVisits();
      pipeline.synced();
    } finally {
      pipeline.it().connect().put(sink);
    }
    pipeline.synced();
  }

  @Test
  void rowsGoOverHttpsWithACertificateOnBothSides(@TempDir Path dir) throws Exception {
    Certificates certificates = Certificates.create(dir);
    try (FaultProxy secure = FaultProxy.ofHttps(Duration.ofSeconds(5), certificates.server())) {
      secure.upstream(pipeline.it().stack().clickHouse().port());
      Map<String, String> changes = new HashMap<>();
      changes.put("port", Integer.toString(secure.port()));
      changes.put("ssl", "true");
      changes.put("ssl.ca.certificate", certificates.serverCertificate().toString());
      assertThat(errors(changes)).containsOnlyKeys("hostname");

      changes.put("ssl.client.certificate", certificates.clientCertificate().toString());
      changes.put("ssl.client.key", certificates.clientKey().toString());
      changes.put("clickhouseClientInsertTimeoutMs", "5000");
      assertThat(errors(changes)).isEmpty();
      pipeline.it().connect().put(sink.with(changes));
      proxy.set(NetworkFault.CONNECTION_REFUSED);
      try (Traffic traffic = traffic()) {
        touchAllVisits();
        traffic.awaitMore(20);
        secure.set(NetworkFault.RESET_IN_MID_BODY);
        traffic.awaitMore(20);
        secure.set(NetworkFault.NONE);
      }
      pipeline.synced();
    } finally {
      proxy.set(NetworkFault.NONE);
      pipeline.it().connect().put(sink);
    }
    pipeline.synced();
  }

  /** The quickest of several, because whatever else the machine does can only add to a time. */
  @Test
  void aChangeOfAnIdleTableIsVisibleWithin200Milliseconds() throws Exception {
    long quickest = Long.MAX_VALUE;
    for (int n = 1; n <= 15; n++) {
      String visible = "SELECT count() FROM %s WHERE state = %d".formatted(FACTS, 1_000_000 + n);
      pipeline.postgres(
          "UPDATE app_user_visits SET state = %d WHERE id = (SELECT min(id::text)::uuid FROM app_user_visits)"
              .formatted(1_000_000 + n));
      long committed = System.nanoTime();
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .atMost(LIMIT)
          .until(() -> pipeline.it().clickHouse().number(visible) > 0);
      quickest = Math.min(quickest, System.nanoTime() - committed);
    }
    assertThat(Duration.ofNanos(quickest)).isLessThan(Duration.ofMillis(200));
    pipeline.synced();
  }

  @ParameterizedTest
  @CsvSource({
    "RENAME TABLE %s TO elsewhere, RENAME TABLE elsewhere TO %s",
    "ALTER TABLE %s MODIFY COLUMN seen Nullable(Int64),"
        + " ALTER TABLE %s MODIFY COLUMN seen Nullable(Int32)",
    "ALTER TABLE %s ADD COLUMN loaded_at DateTime DEFAULT now(), ALTER TABLE %s DROP COLUMN loaded_at"
  })
  void theTableIsAnotherOneForAWhile(String change, String back) throws Exception {
    // A task that has never brought a row to the table would fail over rows that do not fit it.
    touchAllVisits();
    pipeline.synced();
    try (Traffic traffic = traffic()) {
      traffic.awaitMore(20);
      pipeline.clickHouse(change.formatted(FACTS));
      traffic.awaitMore(50);
      pipeline.clickHouse(back.formatted(FACTS));
    }
    pipeline.synced();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1_000})
  void rowsThatAConstraintRefusesAreOneDeadLetterEach(int bad) throws Exception {
    pipeline.synced();
    int before = deadLetters().size();
    pipeline.clickHouse(
        "ALTER TABLE " + FACTS + " ADD CONSTRAINT not_bad CHECK ifNull(phone_number, '') != 'bad'");
    String someVisits = "(SELECT id FROM app_user_visits ORDER BY id LIMIT " + bad + ")";
    try {
      // The few among all others; the many by themselves, so that whole batches are bad.
      pipeline.postgres(
          "UPDATE app_user_visits SET state = 1, phone_number = CASE WHEN id IN "
              + someVisits
              + " THEN 'bad' ELSE phone_number END"
              + (bad > 100 ? " WHERE id IN " + someVisits : ""));
      pipeline.it().awaitSynced(progress -> {});
      assertThat(deadLetters()).hasSize(before + bad);
      assertThat(pipeline.it().compare().differences()).isNotEmpty();
    } finally {
      pipeline.clickHouse("ALTER TABLE " + FACTS + " DROP CONSTRAINT not_bad");
      pipeline.postgres(
          "UPDATE app_user_visits SET phone_number = 'good' WHERE phone_number = 'bad'");
    }
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

  private void killAndAwait(String name) {
    Supervisor server = pipeline.server(name);
    long pid = server.pid().orElseThrow();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    await().atMost(LIMIT).until(() -> server.isUp() && server.pid().orElseThrow() != pid);
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

  /** The places of all records that are dead letters; a rebalance may bring one of them twice. */
  private Set<String> deadLetters() {
    return DeadLetters.read(pipeline.it().stack().kafka()).stream()
        .map(
            letter ->
                DeadLetters.about(letter, "partition") + "@" + DeadLetters.about(letter, "offset"))
        .collect(Collectors.toSet());
  }
}

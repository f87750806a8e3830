package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.TestPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.Registration;
import dev.sluice.servers.ConnectorSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Three tables of different shapes in one source, one sink and one transform. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ManyTablesIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String ORDERS =
      "id Int64, buyer String, total Decimal(9, 2), _version UInt64, _deleted Bool";
  private static final String NOTES =
      "id String, text Nullable(String), _version UInt64, _deleted Bool";
  private static final String PLACES =
      "country String, code Int32, opened Date32, _version UInt64, _deleted Bool";

  @TempDir private static Path dataDir;
  private static TestPipeline pipeline;

  private final Commands commands = new Commands(dataDir);

  @BeforeAll
  static void start() throws Exception {
    pipeline = new TestPipeline(LocalOptions.embedded(dataDir).with(10, FactTable.DEFAULT));
    pipeline.it().start();
    pipeline.postgres(
        """
        CREATE SCHEMA shop;
        CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer text NOT NULL, total numeric(9, 2) NOT NULL);
        CREATE TABLE shop.notes (id uuid PRIMARY KEY, text text);
        CREATE TABLE shop.places (country text, code int, opened date NOT NULL, PRIMARY KEY (country, code));
        ALTER TABLE shop.notes REPLICA IDENTITY FULL;
        INSERT INTO shop.orders SELECT n, 'customer ' || n, n + 0.25 FROM generate_series(1, 300) n;
        INSERT INTO shop.notes SELECT md5(n::text)::uuid, 'note ' || n FROM generate_series(1, 200) n;
        INSERT INTO shop.places SELECT 'IT', n, date '2020-01-01' + n FROM generate_series(1, 100) n;
        CREATE PUBLICATION shop FOR TABLE shop.orders, shop.notes, shop.places, sluice_heartbeat;
        GRANT USAGE ON SCHEMA shop TO sluice;
        GRANT SELECT ON ALL TABLES IN SCHEMA shop TO sluice;
        """);
    createFact("orders", ORDERS, "id");
    createFact("notes", NOTES, "id");
    createFact("places", PLACES, "(country, code)");
    Registration registration = new Registration(pipeline.it().connect());
    registration.apply(registration.changes(List.of(source(), sink())), LIMIT, change -> {});
  }

  private static void createFact(String name, String columns, String order) {
    pipeline.clickHouse(
        "CREATE TABLE %s (%s) ENGINE = ReplacingMergeTree(_version) ORDER BY %s"
            .formatted(name, columns, order));
  }

  private static ConnectorSpec source() {
    Map<String, String> config = new HashMap<>(configOf("source.json"));
    config.remove("table.include.list");
    config.putAll(
        Map.of(
            "topic.prefix", "shop",
            "slot.name", "shop",
            "publication.name", "shop",
            "heartbeat.interval.ms", "300",
            "topic.creation.default.partitions", "1"));
    return new ConnectorSpec("shop-source", config);
  }

  private static ConnectorSpec sink() {
    Map<String, String> config = new HashMap<>(configOf("sink.json"));
    config.keySet().removeIf(key -> key.startsWith("transforms.fact."));
    config.putAll(
        Map.of(
            "topics", "shop.shop.orders,shop.shop.notes,shop.shop.places",
            "topic2TableMap",
                "shop.shop.orders=orders,shop.shop.notes=notes,shop.shop.places=places",
            "errors.deadletterqueue.topic.name", "shop.dead-letters",
            "transforms.fact.type", "dev.sluice.smt.ExtractFactRow",
            "transforms.fact.schemas",
                "shop.shop.orders (%s); shop.shop.notes (%s); shop.shop.places (%s)"
                    .formatted(ORDERS, NOTES, PLACES),
            "transforms.fact.renames", "shop.shop.orders.customer:buyer"));
    config.putAll(
        Map.of(
            "transforms.fact.key.columns",
                "shop.shop.orders.id,shop.shop.notes.id,shop.shop.places.country,shop.shop.places.code",
            "transforms.fact.replica.identity", "shop.shop.notes:full",
            "transforms.fact.metadata.columns", "_version:lsn",
            "transforms.fact.version.field", "_version",
            "transforms.fact.delete.field", "_deleted",
            "transforms.fact.refused.handling", "pass"));
    return new ConnectorSpec("shop-sink", config);
  }

  private static Map<String, String> configOf(String file) {
    return ConnectorSpec.read(Home.locate().configs().resolve(file)).config();
  }

  @AfterAll
  static void stop() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @Test
  @Order(1)
  void verifyHasALineForEachTable() throws Exception {
    pipeline.postgres(
        """
        UPDATE shop.orders SET total = total * 2 WHERE id <= 100;
        DELETE FROM shop.notes WHERE text LIKE 'note 1%';
        UPDATE shop.places SET code = code + 1000 WHERE code > 90
        """);
    assertThat(commands.run("verify")).as(commands::output).isZero();

    assertThat(commands.output())
        .contains("Identical: 300 rows, 3 columns, shop.orders and orders.")
        .contains("Identical: 89 rows, 2 columns, shop.notes and notes.")
        .contains("Identical: 100 rows, 3 columns, shop.places and places.");
  }

  @Test
  @Order(2)
  void aRowLostInEachTableIsNamedInEach() throws Exception {
    pipeline.clickHouse("DELETE FROM orders WHERE id = 7");
    pipeline.clickHouse("DELETE FROM notes WHERE text = 'note 22'");
    pipeline.clickHouse("DELETE FROM places WHERE code = 5");

    assertThat(commands.run("verify", "--json")).as(commands::output).isEqualTo(1);
    JsonNode tables = new ObjectMapper().readTree(commands.output());
    assertThat(tables).hasSize(3);
    Map<String, String> lost = new HashMap<>();
    for (JsonNode table : tables) {
      assertThat(table.path("differences")).hasSize(1);
      lost.put(table.path("source").asText(), table.at("/differences/0/key").toString());
    }
    assertThat(lost)
        .containsEntry("shop.orders", "[\"7\"]")
        .containsEntry("shop.notes", "[\"b6d767d2-f8ed-5d21-a44b-0e5886680cb9\"]")
        .containsEntry("shop.places", "[\"IT\",\"5\"]");

    assertThat(commands.run("verify", "shop.orders")).isEqualTo(1);
    assertThat(commands.output())
        .contains("DIFFERENT: shop.orders and orders, 300 and 299 rows.")
        .doesNotContain("places");
    assertThat(commands.run("verify", "nothing.*")).isEqualTo(2);
    assertThat(commands.output()).contains("nothing.* matches no table. There are shop.orders,");

    assertThat(commands.run("verify", "--repair", "--yes")).as(commands::output).isZero();
    assertThat(commands.run("verify")).as(commands::output).isZero();
  }

  @Test
  @Order(3)
  void doctorLooksAtEachTable() throws Exception {
    pipeline.clickHouse(
        "ALTER TABLE places MODIFY COLUMN opened String SETTINGS mutations_sync = 1");
    try {
      assertThat(commands.run("doctor")).isEqualTo(1);
      assertThat(commands.output())
          .contains("shop.orders → orders: ", "shop.notes → notes: ", "shop.places → places: FAIL")
          .contains("opened is String, not Date32");
    } finally {
      pipeline.clickHouse(
          "ALTER TABLE places MODIFY COLUMN opened Date32 SETTINGS mutations_sync = 1");
    }
    assertThat(commands.run("doctor", "shop.notes")).as(commands::output).isZero();
  }

  @Test
  @Order(4)
  void aTableThatIsMissingHoldsUpNoOther() throws Exception {
    pipeline.clickHouse("RENAME TABLE notes TO elsewhere");
    pipeline.postgres(
        """
        UPDATE shop.notes SET text = 'changed';
        UPDATE shop.orders SET total = 1;
        UPDATE shop.places SET opened = '2001-02-03'""");
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(number("SELECT countIf(total = 1) FROM orders FINAL")).isEqualTo(300);
              assertThat(number("SELECT countIf(opened = '2001-02-03') FROM places FINAL"))
                  .isGreaterThanOrEqualTo(100);
            });

    assertThat(commands.run("verify", "--timeout", "5")).as(commands::output).isEqualTo(3);
    assertThat(commands.output())
        .contains("Identical: 300 rows, 3 columns, shop.orders and orders.")
        .contains("Could not tell: shop.notes → notes: ", "notes");
    assertThat(commands.run("status")).isEqualTo(1);
    assertThat(commands.output()).contains("ClickHouse has no table notes.");

    pipeline.clickHouse("RENAME TABLE elsewhere TO notes");
    assertThat(commands.run("verify")).as(commands::output).isZero();
  }

  private static long number(String sql) {
    return pipeline.it().clickHouse().number("SELECT toInt64((" + sql + "))");
  }
}

package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.load.InitialLoad;
import dev.sluice.local.TwoDatabases;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.SyncPoint;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.Difference.Kind;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verify says of two tables at rest, of which the test has written every row itself. */
final class ComparisonIT {

  private static final String ORDERS =
      "id Int32, customer Int32, note Nullable(String), _version UInt64";

  private static TwoDatabases databases;

  @BeforeAll
  static void startServers(@TempDir Path folder) {
    databases = new TwoDatabases(folder);
  }

  @AfterAll
  static void stopServers() {
    if (databases != null) {
      databases.close();
    }
  }

  @Test
  void anOrderByWiderThanTheKeyLeavesRowsAliveWhichAreMarkedUnderTheirOwnOrder() throws Exception {
    TableMapping mapping =
        orders(
            "wide", "ReplacingMergeTree(_version) PARTITION BY customer ORDER BY (customer, id)");
    databases.inPostgres("INSERT INTO wide VALUES (1, 10, 'a'), (2, 21, 'b'), (3, 30, 'c')");
    fact(
        "wide",
        "(1, 10, 'a', 5, 0), (2, 20, 'b', 5, 0), (2, 21, 'b', 6, 0), (3, 31, 'c', 5, 0),"
            + " (9, 90, 'x', 5, 0), (9, 91, 'x', 5, 0)");

    TableComparison.Result result = compare(mapping);

    assertThat(kinds(result))
        .isEqualTo(Map.of("2", Kind.DUPLICATE, "3", Kind.DIFFERENT, "9", Kind.EXTRA));
    assertThat(result.sourceRows()).isEqualTo(3);
    assertThat(result.factRows()).isEqualTo(6);
    assertThat(result.identical()).isFalse();

    assertThat(repair(mapping, result)).isEmpty();
    TableComparison.Result again = compare(mapping);
    assertThat(again.differences()).isEmpty();
    assertThat(again.identical()).isTrue();
    assertThat(again.factRows()).isEqualTo(3);
    assertThat(
            databases
                .clickHouse()
                .rows("SELECT id, customer FROM wide FINAL WHERE NOT is_deleted ORDER BY id")
                .stream()
                .map(row -> row.getInteger(1) + " " + row.getInteger(2)))
        .containsExactly("1 10", "2 21", "3 30");
  }

  @Test
  void duplicatesThatAreEqualToTheirRowsAreFoundAsWell() throws Exception {
    TableMapping mapping =
        orders("versions", "ReplacingMergeTree(_version) ORDER BY (id, _version)");
    databases.inPostgres("INSERT INTO versions VALUES (1, 10, 'a'), (2, 20, 'b')");
    fact(
        "versions",
        "(1, 10, 'a', 5, 0), (1, 10, 'a', 6, 0), (1, 10, 'a', 7, 0), (2, 20, 'b', 5, 0)");

    TableComparison.Result result = compare(mapping);

    assertThat(kinds(result)).isEqualTo(Map.of("1", Kind.DUPLICATE));
    assertThat(repair(mapping, result)).isEmpty();
    assertThat(compare(mapping).identical()).isTrue();
  }

  @Test
  void anExtraRowIsMarkedAlsoWhereItsVersionIsNewerThanThisCluster() throws Exception {
    TableMapping mapping = orders("foreign_lsn", "ReplacingMergeTree(_version) ORDER BY id");
    fact("foreign_lsn", "(1, 10, 'x', 18446744073709551615, 0)");

    assertThat(repair(mapping, compare(mapping))).isEmpty();

    assertThat(compare(mapping).identical()).isTrue();
  }

  @Test
  void anExtraRowIsMarkedWhereTheVersionIsATime() throws Exception {
    databases.inPostgres("CREATE TABLE times (id int PRIMARY KEY, updated_at timestamptz)");
    for (String type : List.of("DateTime64(6)", "DateTime")) {
      String name = type.equals("DateTime") ? "times_s" : "times_us";
      String schema = "id Int32, updated_at " + type;
      create(name, schema, "ReplacingMergeTree(updated_at) ORDER BY id");
      fact(name, "(1, '2026-01-01 00:00:00', 0)");
      databases.inPostgres("ALTER TABLE IF EXISTS times RENAME TO " + name);
      TableMapping mapping = databases.mapping(databases.postgres(), name, schema);

      assertThat(repair(mapping, compare(mapping))).isEmpty();

      assertThat(compare(mapping).identical()).as(type).isTrue();
      databases.inPostgres("ALTER TABLE " + name + " RENAME TO times");
    }
  }

  @Test
  void pairsOfEqualRowsDoNotCancelOneAnother() throws Exception {
    databases.inPostgres(
        "CREATE TABLE pairs (id numeric, n int); INSERT INTO pairs VALUES (1, 7), (1.0, 7)");
    create("pairs", "id String, n Int32", "MergeTree ORDER BY id");
    fact("pairs", "('1', 8, 0), ('1', 8, 0)");

    TableComparison.Result result =
        compare(
            databases.mapping(
                databases.postgres(), "pairs", "id String, n Int32", "key.columns", "id"));

    assertThat(kinds(result)).isEqualTo(Map.of("1", Kind.FOLDED));
  }

  @Test
  void anEngineThatKeepsEveryVersionIsNotMendedAndTheReasonIsSaid() throws Exception {
    TableMapping mapping = orders("plain", "MergeTree ORDER BY id");
    databases.inPostgres("INSERT INTO plain VALUES (1, 10, 'new'), (2, 20, 'b')");
    fact("plain", "(1, 10, 'old', 5, 0), (1, 10, 'new', 6, 0)");

    TableComparison.Result result = compare(mapping);

    assertThat(kinds(result)).isEqualTo(Map.of("1", Kind.DUPLICATE, "2", Kind.MISSING));
    assertThat(repair(mapping, result))
        .isEqualTo(Map.of("1", "MergeTree shows every row that was ever inserted"));
    assertThat(kinds(compare(mapping))).isEqualTo(Map.of("1", Kind.DUPLICATE));
  }

  @Test
  void keysThatTheFactTypeFoldsAreNamed() throws Exception {
    databases.inPostgres(
        "CREATE TABLE folded (b timestamptz PRIMARY KEY, h int);"
            + " INSERT INTO folded VALUES ('2026-01-01 00:00:00.0001Z', 1),"
            + " ('2026-01-01 00:00:00.0002Z', 2), ('2026-01-02Z', 3)");
    String schema = "b Int64, h Int32";
    create("folded", schema, "ReplacingMergeTree ORDER BY b");
    fact("folded", "(1767225600000, 2, 0), (1767312000000, 3, 0)");

    TableComparison.Result result =
        compare(databases.mapping(databases.postgres(), "folded", schema));

    assertThat(kinds(result)).isEqualTo(Map.of("1767225600000", Kind.FOLDED));
    assertThat(result.sourceRows()).isEqualTo(3);
    assertThat(result.factRows()).isEqualTo(2);
  }

  /** Every row of Postgres has its row in ClickHouse, and no key tells two of them apart. */
  @Test
  void foldedKeysAreADifferenceEvenWhereAllRowsAreThere() throws Exception {
    databases.inPostgres(
        "CREATE TABLE folded_all (at timestamptz PRIMARY KEY, n int); INSERT INTO folded_all VALUES"
            + " ('2026-01-01 00:00:00.0001Z', 1), ('2026-01-01 00:00:00.0002Z', 2)");
    String schema = "at Int64, n Int32";
    create("folded_all", schema, "ReplacingMergeTree ORDER BY (at, n)");
    fact("folded_all", "(1767225600000, 1, 0), (1767225600000, 2, 0)");

    TableComparison.Result result =
        compare(databases.mapping(databases.postgres(), "folded_all", schema));

    assertThat(kinds(result)).isEqualTo(Map.of("1767225600000", Kind.FOLDED));
  }

  @Test
  void aKeyWithTwoTextsIsAliveUnderBoth() throws Exception {
    databases.inPostgres(
        "CREATE TABLE scales (id numeric PRIMARY KEY, n int); INSERT INTO scales VALUES (1.00, 2)");
    String schema = "id String, n Int32, updated_at Int64";
    create(
        "scales",
        "id String, n Int32, updated_at Int64",
        "ReplacingMergeTree(updated_at) ORDER BY id");
    databases.inPostgres("ALTER TABLE scales ADD updated_at timestamptz DEFAULT '2026-01-01Z'");
    fact("scales", "('1.0', 1, 5, 0), ('1.00', 2, 1767225600000, 0)");
    TableMapping mapping = databases.mapping(databases.postgres(), "scales", schema);

    TableComparison.Result result = compare(mapping);

    assertThat(kinds(result)).isEqualTo(Map.of("1", Kind.DUPLICATE));
    assertThat(repair(mapping, result)).isEmpty();
    assertThat(compare(mapping).identical()).isTrue();
  }

  @Test
  void keysThatPostgresCannotEvenReadAreExtra() throws Exception {
    databases.inPostgres(
        "CREATE DOMAIN positive AS int CHECK (value > 0);"
            + " CREATE TABLE odd (id positive, code uuid, PRIMARY KEY (id, code));"
            + " INSERT INTO odd VALUES (1, '00000000-0000-0000-0000-000000000001')");
    String schema = "id Nullable(Int64), code String";
    create("odd", schema, "ReplacingMergeTree ORDER BY (id, code) SETTINGS allow_nullable_key = 1");
    fact(
        "odd",
        "(1, '00000000-0000-0000-0000-000000000001', 0), (9999999999999, 'no uuid', 0),"
            + " (-5, '', 0), (1, 'it''s\\0', 0), (NULL, '\\\\', 0)");
    TableMapping mapping = databases.mapping(databases.postgres(), "odd", schema);

    TableComparison.Result result = compare(mapping);

    assertThat(result.differences()).hasSize(4).allMatch(each -> each.kind() == Kind.EXTRA);
    assertThat(repair(mapping, result)).isEmpty();
    assertThat(compare(mapping).identical()).isTrue();
  }

  @Test
  void whereDeletesAreDroppedRowsThatStayAreCountedAndDuplicatesFound() throws Exception {
    databases.inPostgres(
        "CREATE TABLE dropped (id int PRIMARY KEY, n int); INSERT INTO dropped VALUES (1, 1), (2, 2)");
    String schema = "id Int32, n Int32";
    create("dropped", schema, "ReplacingMergeTree ORDER BY (id, n)");
    fact("dropped", "(1, 1, 0), (2, 2, 0), (3, 3, 0)");
    TableMapping mapping =
        databases.mapping(databases.postgres(), "dropped", schema, "delete.handling", "drop");

    // The delete field is then a column like any other.
    TableComparison.Result result = compare(mapping.ignoring(List.of("is_deleted")));

    assertThat(result.identical()).isTrue();
    assertThat(result.leftBehind()).isOne();
    assertThat(result.sourceRows()).isEqualTo(2);
    assertThat(result.factRows()).isEqualTo(3);

    fact("dropped", "(1, 9, 0)");
    assertThat(kinds(compare(mapping))).isEqualTo(Map.of("1", Kind.DUPLICATE));
  }

  @Test
  void theVerdictCoversEveryColumnOrSaysThatItCannotTell() throws Exception {
    databases.inPostgres(
        "CREATE TABLE covered (id int PRIMARY KEY, box box, added int, spare int);"
            + " INSERT INTO covered VALUES (1, '(1,1),(0,0)', 5, 6)");
    String schema =
        "id Int32, gone Nullable(String), box String, lsn UInt64, shop String DEFAULT 'it\\'s', _version UInt64";
    create(
        "covered",
        schema + ", added Int32, loaded DateTime DEFAULT now(), twice Int32 MATERIALIZED id * 2",
        "ReplacingMergeTree(_version) ORDER BY id");
    databases
        .clickHouse()
        .execute("INSERT INTO covered (id, box, lsn, shop) VALUES (1, '(1,1),(0,0)', 7, 'it\\'s')");
    TableMapping mapping =
        databases.mapping(
            databases.postgres(),
            "covered",
            schema,
            "metadata.columns",
            "lsn:lsn, _version:lsn",
            "version.field",
            "_version");

    TableComparison.Result result = compare(mapping);

    assertThat(result.differences()).isEmpty();
    assertThat(result.identical()).isFalse();
    assertThat(result.notComparable().keySet()).containsExactly("gone", "box", "added");
    assertThat(result.notCompared().keySet()).containsExactly("lsn", "_version", "loaded");
    assertThat(mapping.sourceOnly()).containsExactly("added", "spare");

    TableComparison.Result knowingly = compare(mapping.ignoring(List.of("gone", "box", "added")));
    assertThat(knowingly.identical()).isTrue();
    assertThat(knowingly.columns()).isEqualTo(2);
    assertThat(knowingly.notCompared()).containsKeys("gone", "box", "added", "lsn");
    assertThatThrownBy(() -> mapping.ignoring(List.of("id"))).isInstanceOf(SluiceException.class);
    assertThatThrownBy(() -> mapping.ignoring(List.of("nobody")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("nobody");

    databases.clickHouse().execute("INSERT INTO covered (id, box, shop) VALUES (1, 'x', 'other')");
    assertThat(compare(mapping).differences()).singleElement().hasToString("1 differs in shop");
  }

  @Test
  void whatTheSourceHasNotIsFilledByLoadAsTheSchemaSaysAndComparedWithIt() throws Exception {
    databases.inPostgres("CREATE TABLE filled (id int PRIMARY KEY); INSERT INTO filled VALUES (1)");
    create(
        "filled",
        "id Int32, shop LowCardinality(String), gone Nullable(Int32)",
        "ReplacingMergeTree ORDER BY id");
    String schema = "id Int32, shop LowCardinality(String) DEFAULT '{}\\'s', gone Nullable(Int32)";
    TableMapping strict = databases.mapping(databases.postgres(), "filled", schema);

    assertThat(InitialLoad.refusal(strict)).contains("gone (the source table has no column for it");

    TableMapping lenient =
        databases.mapping(databases.postgres(), "filled", schema, "missing.columns", "ignore");
    assertThat(InitialLoad.refusal(lenient)).isNull();
    assertThat(repair(lenient, compare(lenient))).isEmpty();
    assertThat(compare(lenient).identical()).isTrue();
    assertThat(compare(lenient).columns()).isEqualTo(3);
    assertThat(
            databases.clickHouse().rows("SELECT concat(shop, toString(isNull(gone))) FROM filled"))
        .singleElement()
        .satisfies(row -> assertThat(row.getString(1)).isEqualTo("{}'s1"));
    fact("filled", "(1, '{}''s', 5, 0)");
    assertThat(compare(lenient).differences()).singleElement().hasToString("1 differs in gone");
  }

  @Test
  void aPipelineThatStandsIsNotWaitedFor() {
    PipelineBarrier barrier =
        new PipelineBarrier(
            new SyncPoint(databases.postgres(), "nobodys"),
            null,
            Duration.ofHours(1),
            () -> Optional.of("shop-source has failed: no such slot"),
            line -> {});

    assertThatThrownBy(barrier::await)
        .isInstanceOf(SluiceException.class)
        .hasMessage(
            "The pipeline does not catch up: shop-source has failed: no such slot"
                + " (Waiting for the source to stream).");
  }

  @Test
  void aTableMayHaveAsManyColumnsAsPostgresAllows() throws Exception {
    List<String> names =
        IntStream.range(0, 1_500).mapToObj(i -> "a_rather_long_name_of_a_column_" + i).toList();
    databases.inPostgres(
        "CREATE TABLE many (id int PRIMARY KEY, "
            + names.stream().map(name -> name + " text").collect(Collectors.joining(", "))
            + "); INSERT INTO many (id, "
            + names.get(1_499)
            + ") SELECT n, n::text FROM generate_series(1, 100) AS n");
    String schema =
        "id Int32, "
            + names.stream()
                .map(name -> name + " Nullable(String)")
                .collect(Collectors.joining(", "));
    create("many", schema, "ReplacingMergeTree ORDER BY id");
    databases
        .clickHouse()
        .execute(
            "INSERT INTO many (id, "
                + names.get(1_499)
                + ") SELECT number + 1, if(number = 41, 'x', toString(number + 1)) FROM numbers(100)");

    TableMapping mapping = databases.mapping(databases.postgres(), "many", schema);
    TableComparison.Result result = compare(mapping);

    assertThat(result.columns()).isEqualTo(1_501);
    assertThat(result.differences())
        .singleElement()
        .hasToString("42 differs in a_rather_long_name_of_a_column_1499");
  }

  @Test
  void aRoleFromWhichAPolicyHidesRowsIsRefused() throws Exception {
    databases.inPostgres(
        "CREATE TABLE hidden (id int PRIMARY KEY) PARTITION BY RANGE (id);"
            + " CREATE TABLE hidden_1 PARTITION OF hidden FOR VALUES FROM (0) TO (10);"
            + " INSERT INTO hidden VALUES (1), (2); CREATE ROLE reader LOGIN;"
            + " GRANT SELECT ON hidden, hidden_1 TO reader;"
            + " ALTER TABLE hidden_1 ENABLE ROW LEVEL SECURITY;"
            + " CREATE POLICY seen ON hidden_1 USING (id = 1)");
    create("hidden", "id Int32", "ReplacingMergeTree ORDER BY id");
    PostgresAddress reader = databases.postgres("reader");

    assertThatThrownBy(() -> databases.mapping(reader, "hidden", "id Int32"))
        .isInstanceOf(SluiceException.class)
        .hasMessageContainingAll("hidden_1", "reader", "BYPASSRLS");

    // A policy that comes later stops what reads: it never reads less.
    TableMapping before = databases.mapping(databases.postgres(), "hidden", "id Int32");
    databases.inPostgres(
        "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY seen ON hidden USING (id = 1)");
    assertThatThrownBy(() -> comparison(reader, before).compare())
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("row-level security");
    databases.inPostgres("ALTER ROLE reader BYPASSRLS");
    assertThat(databases.mapping(reader, "hidden", "id Int32").columns()).hasSize(1);
  }

  private static TableMapping orders(String name, String engine) throws SQLException {
    databases.inPostgres(
        "CREATE TABLE " + name + " (id int PRIMARY KEY, customer int NOT NULL, note text)");
    create(name, ORDERS, engine);
    return databases.mapping(
        databases.postgres(),
        name,
        ORDERS,
        "metadata.columns",
        "_version:lsn",
        "version.field",
        "_version");
  }

  private static void create(String name, String schema, String engine) {
    databases
        .clickHouse()
        .execute("CREATE TABLE " + name + " (" + schema + ", is_deleted Int8) ENGINE = " + engine);
  }

  private static void fact(String name, String rows) {
    databases.clickHouse().execute("INSERT INTO " + name + " VALUES " + rows);
  }

  private static TableComparison comparison(PostgresAddress postgres, TableMapping mapping) {
    return Comparisons.of(postgres, databases.clickHouse(), mapping);
  }

  private static TableComparison.Result compare(TableMapping mapping) {
    return comparison(databases.postgres(), mapping).compare();
  }

  /** Fixes what can be fixed; the rest by key, with the reasons. */
  private static Map<String, String> repair(TableMapping mapping, TableComparison.Result result) {
    Repair repair =
        new Repair(databases.postgres(), databases.clickHouse(), mapping, Narrator.SILENT);
    Repair.Plan plan = repair.plan(result.differences());
    repair.apply(plan);
    return plan.hopeless().entrySet().stream()
        .collect(Collectors.toMap(each -> each.getKey().toString(), Map.Entry::getValue));
  }

  private static Map<String, Kind> kinds(TableComparison.Result result) {
    List<Difference> all = new ArrayList<>(result.differences());
    return all.stream().collect(Collectors.toMap(each -> each.key().toString(), Difference::kind));
  }
}

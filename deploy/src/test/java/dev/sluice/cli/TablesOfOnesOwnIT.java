package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.Narrator;
import dev.sluice.catalogue.TableName;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tables that people really have: what doctor says before anything is registered, and the stream.
 */
final class TablesOfOnesOwnIT {

  private static final String ODD = "\"My.Schema\".\"o'Brien $1, x\"";

  /** A role with no right but those that the README lists. */
  private static final String MIRROR =
      """
      CREATE ROLE mirror LOGIN REPLICATION PASSWORD 'mirror';
      ALTER ROLE mirror SET intervalstyle = 'sql_standard';
      ALTER ROLE mirror SET extra_float_digits = 0;
      ALTER ROLE mirror SET bytea_output = 'escape';
      ALTER ROLE mirror SET statement_timeout = '60s';
      CREATE SCHEMA closed; REVOKE ALL ON SCHEMA closed FROM PUBLIC;
      CREATE TABLE closed.other (id int PRIMARY KEY);
      CREATE PUBLICATION other FOR TABLE closed.other;
      GRANT SELECT, INSERT, UPDATE ON sluice_heartbeat TO mirror;
      """;

  @TempDir private static Path dataDir;
  private static LocalPipeline pipeline;

  private final Commands commands = new Commands(dataDir);

  @BeforeAll
  static void startPipeline() throws SQLException {
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir)
                .with(10, FactTable.DEFAULT)
                .with(Map.of(), Map.of(), Map.of("offset.flush.interval.ms", "200")),
            Home.locate(),
            Narrator.SILENT);
    pipeline.start();
    execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO sluice");
    execute(MIRROR);
  }

  @AfterAll
  static void stopPipeline() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  private static Arguments table(
      String name, String postgres, String schema, String orderBy, String failures) {
    return Arguments.of(name, postgres, schema, orderBy, failures);
  }

  /** Name, columns and more in Postgres, fact schema, ORDER BY, and what doctor says is wrong. */
  static Stream<Arguments> tables() {
    return Stream.of(
        table("w_right", "(id int PRIMARY KEY, a text)", "id Int32, a Nullable(String)", "id", ""),
        table(
            "w_merged",
            "(id int, a int, b text, PRIMARY KEY (id, a))",
            "id Int32, a Int32, b Nullable(String)",
            "id",
            "key and ORDER BY"),
        table(
            "w_alive",
            "(id int PRIMARY KEY, customer int NOT NULL)",
            "id Int32, customer Int32",
            "(customer, id)",
            "key and ORDER BY"),
        table("w_keyless", "(id int PRIMARY KEY, a int)", "a Nullable(Int32)", "tuple()", "key"),
        table(
            "w_narrow",
            "(id bigint PRIMARY KEY, n numeric(20, 5), u int NOT NULL, s numeric(5, 2))",
            "id Int32, n Nullable(Decimal(10, 2)), u UInt32, s Nullable(Int32)",
            "id",
            "types of the fact table"),
        table(
            "w_nulls",
            "(id int PRIMARY KEY, a text, b int NOT NULL)",
            "id Int32, a String, b Int32",
            "id",
            "nulls"),
        table(
            "w_labels",
            "(id int PRIMARY KEY, m mood NOT NULL, l mood)",
            "id Int32, m Enum8('sad' = 1), l LowCardinality(Nullable(String))",
            "id",
            "types of the fact table"),
        table(
            "w_absent",
            "(id int PRIMARY KEY)",
            "id Int32, gone Nullable(String), new Int32 DEFAULT 7",
            "id",
            "columns of the schema"),
        table(
            "w_generated",
            "(id int PRIMARY KEY, a int GENERATED ALWAYS AS (id * 2) STORED)",
            "id Int32, a Nullable(Int32)",
            "id",
            "generated columns"),
        table(
            "w_shifted",
            "(id int PRIMARY KEY, d mood_domain, g int GENERATED ALWAYS AS (id * 2) STORED, b text)",
            "id Int32, d Nullable(String), b Nullable(String)",
            "id",
            "places of the columns"),
        table(
            "w_lost",
            "(id int PRIMARY KEY, n name, r int4multirange, c mood_row, i interval[], b bit(3),"
                + " o int, oids oidvector)",
            "id Int32, n Nullable(String), r Nullable(String), c Nullable(String), i Nullable(String),"
                + " b Nullable(String), o Nullable(Int32), oids Nullable(String)",
            "id",
            "types in the stream"),
        table(
            "w_values",
            "(id int PRIMARY KEY, a int[], t time, m mood[], n numeric[]);"
                + " INSERT INTO w_values VALUES (1, '{{1,2},{3,4}}', '24:00', '{sad,NULL}', '{1}')",
            "id Int32, a Array(Nullable(Int32)), t Nullable(String), m Array(Nullable(String)),"
                + " n Array(Nullable(Float64))",
            "id",
            "values of a, values of m, values of t"),
        table(
            "w_folded",
            "(at timestamptz PRIMARY KEY); INSERT INTO w_folded VALUES ('2026-01-01 00:00:00.0001'),"
                + " ('2026-01-01 00:00:00.0002')",
            "at Int64",
            "at",
            "keys stay apart"),
        table(
            "w_index",
            "(id int PRIMARY KEY, a int NOT NULL); CREATE UNIQUE INDEX w_index_a ON w_index (a);"
                + " ALTER TABLE w_index REPLICA IDENTITY USING INDEX w_index_a",
            "id Int32, a Int32",
            "id",
            "REPLICA IDENTITY"),
        table(
            "w_nothing",
            "(id int PRIMARY KEY); ALTER TABLE w_nothing REPLICA IDENTITY NOTHING",
            "id Int32",
            "id",
            "REPLICA IDENTITY, writes to public.w_nothing"),
        table(
            "w_parent",
            "(id int PRIMARY KEY); CREATE TABLE w_child (PRIMARY KEY (id)) INHERITS (w_parent)",
            "id Int32",
            "id",
            "kind of table"),
        table(
            "w_parts",
            "(id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE w_part PARTITION OF w_parts"
                + " DEFAULT; ALTER TABLE w_part REPLICA IDENTITY NOTHING",
            "id Int32",
            "id",
            "REPLICA IDENTITY, partitions in the publication, writes to public.w_part"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tables")
  void doctorSaysBeforeRegistrationWhatATableWouldLose(
      String name,
      String postgres,
      String schema,
      String orderBy,
      String failures,
      @TempDir Path folder)
      throws Exception {
    execute(
        "DO $$ BEGIN IF to_regtype('mood') IS NULL THEN CREATE TYPE mood AS ENUM ('sad', 'ok');"
            + " CREATE DOMAIN mood_domain AS mood; CREATE TYPE mood_row AS (a int, b text);"
            + " END IF; END $$; CREATE TABLE "
            + name
            + " "
            + postgres
            + "; CREATE PUBLICATION "
            + name
            + " FOR TABLE "
            + name);

    Map<String, String> verdicts =
        commands.doctor(files(folder, name, "public." + name, schema, orderBy));

    Set<String> failed =
        verdicts.entrySet().stream()
            .filter(check -> check.getValue().equals("FAIL"))
            .map(Map.Entry::getKey)
            .filter(check -> !check.equals("how values print")) // The files pin nothing.
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(String.join(", ", failed)).as(commands::output).isEqualTo(failures);
  }

  @Test
  void noAdviceMakesPostgresRefuseTheApplicationsWrites(@TempDir Path folder) throws Exception {
    execute(
        "CREATE TABLE listed (id int PRIMARY KEY, a text, secret text); INSERT INTO listed VALUES"
            + " (1, 'a', 'b'); CREATE PUBLICATION listed FOR TABLE listed (id, a)");
    String[] files = files(folder, "listed", "public.listed", "id Int32, a Nullable(String)", "id");

    assertThat(commands.doctor(files))
        .containsEntry("REPLICA IDENTITY", "WARN")
        .containsEntry("how values print", "FAIL");
    assertThat(commands.output())
        .contains(
            "intervalstyle = sql_standard",
            "not FULL as long as the publication listed has a column list")
        .doesNotContain("listed\\\" REPLICA IDENTITY FULL");

    assertThat(prepare("listed")).as(commands::output).isZero();
    assertThat(commands.output()).contains("REPLICA IDENTITY of listed stays as it is");
    execute("UPDATE listed SET a = 'c'; DELETE FROM listed");

    execute("ALTER TABLE listed REPLICA IDENTITY FULL");
    assertThatThrownBy(() -> execute("UPDATE listed SET a = 'c'")).isInstanceOf(SQLException.class);
    assertThat(commands.doctor(files))
        .containsEntry("writes", "FAIL")
        .containsEntry("writes to public.listed", "FAIL");
    execute("DROP PUBLICATION listed; ALTER PUBLICATION sluice DROP TABLE listed");
  }

  @Test
  void prepareAsksForNoRightWhereEverythingIsThere() throws Exception {
    execute("CREATE TABLE ready (id int PRIMARY KEY, a text)");
    assertThat(prepare("ready")).as(commands::output).isZero();
    execute("GRANT SELECT ON ready TO mirror");
    String mirror = mirror();

    assertThat(commands.run("prepare", "--table", "ready", "--postgres", mirror))
        .as(commands::output)
        .isZero();
    execute("CREATE TABLE unready (id int PRIMARY KEY); GRANT SELECT ON unready TO mirror");
    assertThat(commands.run("prepare", "--table", "unready", "--postgres", mirror)).isEqualTo(1);
    assertThat(commands.output())
        .contains("must be owner", "Nothing was changed", "connect-configs/sql/postgres.sql");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ALL TABLES", "TABLES IN SCHEMA public"})
  void prepareAddsNothingToAPublicationThatCoversTheTableAlready(String tables) throws Exception {
    String name = "covered_" + tables.length();
    execute("CREATE TABLE " + name + " (id int PRIMARY KEY, a text)");
    execute("ALTER PUBLICATION sluice RENAME TO kept; CREATE PUBLICATION sluice FOR " + tables);
    try {
      assertThat(prepare(name)).as(commands::output).isZero();
      assertThat(commands.output()).contains("publishes public." + name);
    } finally {
      execute("DROP PUBLICATION sluice; ALTER PUBLICATION kept RENAME TO sluice");
    }
    assertThat(text("SELECT relreplident FROM pg_class WHERE relname = '" + name + "'"))
        .isEqualTo("f");
    assertThat(published(name)).isEqualTo("0");
  }

  @Test
  void prepareLooksForClickHouseBeforeItChangesPostgres() throws Exception {
    execute("CREATE TABLE unchanged (id int PRIMARY KEY)");
    assertThat(
            commands.run(
                "prepare",
                "--table",
                "unchanged",
                "--clickhouse",
                "http://127.0.0.1:1",
                "--postgres",
                pipeline.stack().postgres().url()))
        .isEqualTo(1);
    assertThat(commands.output()).contains("127.0.0.1:1/default");
    assertThat(published("unchanged")).isEqualTo("0");
    assertThat(text("SELECT relreplident FROM pg_class WHERE relname = 'unchanged'"))
        .isEqualTo("d");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "source; table.include.list; public.refused,public.refused_too; streams other tables than"
            + " public.refused too: public.refused_too",
        "source; table.include.list; public[.]refused.*; streams other tables than public.refused"
            + " too: public.refused_too",
        "sink; transforms.fact.key.columns; number; refused-sink would fail at its start",
        "sink; value.converter; org.apache.kafka.connect.json.JsonConverter; writes JSON without"
            + " schemas, and refused-sink reads JSON with schemas",
        "sink; batch.rows; many; refused-sink is refused: batch.rows"
      })
  void aLoadRefusesWhatWouldNotWorkAfterItBeforeAnythingIsChanged(
      String connector, String setting, String value, String refusal, @TempDir Path folder)
      throws Exception {
    execute(
        "DROP TABLE IF EXISTS refused, refused_too; CREATE TABLE refused (id int PRIMARY KEY);"
            + " CREATE TABLE refused_too (id int PRIMARY KEY); INSERT INTO refused VALUES (1);"
            + " GRANT SELECT ON refused, refused_too TO mirror");
    pipeline.clickHouse().executeOne("DROP TABLE IF EXISTS refused");
    String[] files =
        stream(folder, "refused", "refused", "public.refused", "id Int32", "id", "full");
    Path file = folder.resolve("refused-" + connector + ".json");
    write(folder, ConnectorSpec.read(file).with(Map.of(setting, value)));

    assertThat(commands.run("load", asOwner(files))).isEqualTo(1);

    assertThat(commands.output()).contains(refusal);
    assertThat(pipeline.clickHouse().number("SELECT count() FROM refused")).isZero();
    assertThat(published("refused")).isEqualTo("0");
    assertThat(text("SELECT count(*) FROM pg_replication_slots WHERE slot_name ^@ 'refused'"))
        .isEqualTo("0");
    assertThat(pipeline.connect().connectors().keySet())
        .noneMatch(name -> name.contains("refused"));
  }

  private static String[] asOwner(String[] files) {
    String[] changed = files.clone();
    changed[changed.length - 1] = pipeline.stack().postgres().url();
    return changed;
  }

  private static String published(String table) throws SQLException {
    return text(
        "SELECT count(*) FROM pg_publication_tables WHERE pubname = 'sluice' AND tablename = '"
            + table
            + "'");
  }

  private static String text(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void aNameThatIsNoneIsRefusedAndDropsNothing() throws Exception {
    execute("CREATE TABLE victim (id int PRIMARY KEY)");

    assertThat(commands.run("prepare", "--table", "public.x')=NULL; DROP TABLE victim; SELECT ('x"))
        .isEqualTo(2);

    execute("SELECT * FROM victim");
  }

  @Test
  void oddNamesPartitionsAndARoleOfLeastRightAreLoadedStreamedAndVerified(@TempDir Path folder)
      throws Exception {
    execute(
        "CREATE SCHEMA \"My.Schema\"; CREATE TABLE "
            + ODD
            + " (\"Größe\" int PRIMARY KEY, \"it's\" interval, f float8, b bytea, m money);"
            + " CREATE TABLE parts (id int, day date, note text, PRIMARY KEY (id, day)) PARTITION BY"
            + " RANGE (day); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO"
            + " ('2026-02-01'); CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-02-01')"
            + " TO ('2026-03-01');"
            + " CREATE TABLE keys (k numeric PRIMARY KEY, v int); INSERT INTO keys VALUES (1.0, 7), (2.0, 8);"
            + " GRANT USAGE ON SCHEMA \"My.Schema\" TO mirror; GRANT SELECT ON keys, parts, "
            + ODD
            + " TO mirror; INSERT INTO parts VALUES (1, '2026-01-15', 'x'), (2, '2026-02-15', 'y');"
            + " INSERT INTO "
            + ODD
            + " VALUES (1, '1 year 2 mons', 0.1, '\\x00ff', 5)");
    for (String table : List.of(ODD, "parts", "keys")) {
      assertThat(prepare(table)).as(commands::output).isZero();
    }
    List<String> odd =
        List.of(
            stream(
                folder,
                "odd",
                ODD,
                "My.Schema.o_Brien__1__x",
                "`Größe` Int32, `it's` Nullable(Int64), f Nullable(Float64), b Nullable(String),"
                    + " m Nullable(Decimal(18, 2))",
                "`Größe`"));
    List<String> parts =
        List.of(
            stream(
                folder,
                "parts",
                "parts",
                "public.parts",
                "id Int32, day Date32, note Nullable(String)",
                "(id, day)"));
    List<String> keys =
        List.of(
            stream(
                folder, "keys", "keys", "public.keys", "k Decimal(10, 2), v Nullable(Int32)", "k"));
    List<List<String>> all = List.of(odd, parts, keys);

    for (List<String> each : all) {
      assertThat(commands.run("load", each.toArray(String[]::new))).as(commands::output).isZero();
    }
    execute(
        "INSERT INTO "
            + ODD
            + " VALUES (2, '1 year 2 mons 3 days', 0.1::float8 + 0.2, '\\xdead', 1234.5)");
    execute(
        "UPDATE parts SET note = 'z' WHERE id = 1; UPDATE parts SET day = '2026-02-20' WHERE id = 1;"
            + " DELETE FROM parts WHERE id = 2; CREATE TABLE parts_3 PARTITION OF parts FOR VALUES"
            + " FROM ('2026-03-01') TO ('2026-04-01'); INSERT INTO parts VALUES (3, '2026-03-05', 'n')");
    // The same key to ClickHouse, another one to Debezium, which compares texts.
    execute("UPDATE keys SET k = 1.00 WHERE v = 7; UPDATE keys SET k = 3 WHERE v = 8");
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              assertThat(facts("odd", "`Größe`, `it's`, f, b, m"))
                  .isEqualTo(
                      "1,36817200000000,0.1,AP8=,5 2,37076400000000,0.30000000000000004,3q0=,1234.5");
              assertThat(facts("keys", "k, v")).isEqualTo("1,7 3,8");
              assertThat(facts("parts", "id, day, note"))
                  .isEqualTo("1,2026-02-20,z 3,2026-03-05,n");
            });
    // The new partition's old rows hold nothing but their key until then.
    assertThat(commands.run("doctor", parts.toArray(String[]::new))).isEqualTo(1);
    assertThat(prepare("parts")).as(commands::output).isZero();
    for (List<String> each : all) {
      assertThat(commands.run("verify", each.toArray(String[]::new))).as(commands::output).isZero();
      assertThat(commands.run("doctor", each.toArray(String[]::new))).as(commands::output).isZero();
    }
  }

  /** Debezium fills the old row of a moved key with the columns' defaults. */
  @Test
  void aRowWhoseKeyMovesDoesNotVanishWhereItsNewRowCannotBeWritten(@TempDir Path folder)
      throws Exception {
    execute(
        "CREATE TABLE moves (id int PRIMARY KEY, n int NOT NULL DEFAULT 1, st text NOT NULL DEFAULT"
            + " 'new', big text NOT NULL DEFAULT 'none'); ALTER TABLE moves ALTER big SET STORAGE"
            + " EXTERNAL; INSERT INTO moves VALUES (1, 1, 'old', repeat('x', 9000)), (2, 2, 'old',"
            + " 'small'); GRANT SELECT ON moves TO mirror");
    assertThat(prepare("moves")).as(commands::output).isZero();
    execute("ALTER TABLE moves REPLICA IDENTITY DEFAULT");
    String schema = "id Int32, n Int32, st String, big String";
    String[] saysFull = stream(folder, "moves", "moves", "public.moves", schema, "id");
    assertThat(commands.doctor(saysFull)).containsEntry("replica.identity", "FAIL");
    pipeline.clickHouse().executeOne("DROP TABLE moves");
    String[] moves = stream(folder, "moves", "moves", "public.moves", schema, "id", "default");
    assertThat(commands.run("load", moves)).as(commands::output).isZero();

    execute("UPDATE moves SET id = 11 WHERE id = 1; UPDATE moves SET n = 3 WHERE id = 2");
    // Once verify has waited for the stream: both halves of the move were set aside.
    assertThat(commands.run("verify", moves)).as(commands::output).isEqualTo(1);
    assertThat(facts("moves", "id, n, st, length(big)")).isEqualTo("1,1,old,9000 2,3,old,5");

    assertThat(commands.run("verify", repairing(moves))).as(commands::output).isZero();
    assertThat(facts("moves", "id, n, st, length(big)")).isEqualTo("11,1,old,9000 2,3,old,5");
  }

  private static String[] repairing(String[] files) {
    return Stream.concat(Stream.of("--repair", "--yes"), Stream.of(files)).toArray(String[]::new);
  }

  /** As the owner of all tables. */
  private int prepare(String table) {
    return commands.run(
        "prepare", "--table", table, "--postgres", pipeline.stack().postgres().url());
  }

  /** Newest rows that are not deleted, as text. */
  private static String facts(String table, String columns) {
    return pipeline
        .clickHouse()
        .rows(
            "SELECT arrayStringConcat(groupArray(line), ' ') FROM (SELECT concatWithSeparator(',', "
                + columns
                + ") AS line FROM "
                + table
                + " FINAL WHERE NOT _deleted ORDER BY ALL)")
        .get(0)
        .getString(1);
  }

  private static String mirror() {
    return "postgresql://mirror:mirror@127.0.0.1:"
        + pipeline.stack().postgres().port()
        + "/postgres";
  }

  /** Files of a source as the role of least right, and of a sink, with the fact table made. */
  private static String[] stream(
      Path folder, String name, String table, String inTopic, String schema, String orderBy)
      throws IOException {
    return stream(folder, name, table, inTopic, schema, orderBy, "full");
  }

  private static String[] stream(
      Path folder,
      String name,
      String table,
      String inTopic,
      String schema,
      String orderBy,
      String identity)
      throws IOException {
    String all = schema + ", _version UInt64, _deleted Bool";
    pipeline
        .clickHouse()
        .executeOne(
            "CREATE TABLE %s (%s) ENGINE = ReplacingMergeTree(_version) ORDER BY %s"
                .formatted(name, all, orderBy));
    ConnectorSpec source = pipeline.connectors().get(0);
    ConnectorSpec sink = pipeline.connectors().get(1);
    Map<String, String> sourceChanges =
        Map.of(
            "topic.prefix",
            name,
            "slot.name",
            name,
            "database.user",
            "mirror",
            "database.password",
            "mirror",
            "table.include.list",
            TableName.parse(table, "").regex());
    Map<String, String> sinkChanges =
        Map.of(
            "topics",
            name + "." + inTopic,
            "topic2TableMap",
            name + "." + inTopic + "=" + name,
            "transforms.fact.schema",
            all,
            "transforms.fact.renames",
            "",
            "transforms.fact.key.columns",
            orderBy.replaceAll("[()`]", ""),
            "transforms.fact.replica.identity",
            identity,
            "transforms.fact.metadata.columns",
            "_version:lsn",
            "transforms.fact.version.field",
            "_version",
            "transforms.fact.delete.field",
            "_deleted");
    return new String[] {
      "--source",
          write(folder, new ConnectorSpec(name + "-source", source.with(sourceChanges).config())),
      "--sink", write(folder, new ConnectorSpec(name + "-sink", sink.with(sinkChanges).config())),
      "--table", table,
      "--postgres", mirror()
    };
  }

  private static String write(Path folder, ConnectorSpec spec) throws IOException {
    Path file = folder.resolve(spec.name() + ".json");
    String settings =
        spec.config().entrySet().stream()
            .filter(setting -> !setting.getKey().equals("name"))
            .map(setting -> "\"" + setting.getKey() + "\": \"" + json(setting.getValue()) + "\"")
            .collect(Collectors.joining(",\n"));
    Files.writeString(file, "{\"name\": \"" + spec.name() + "\", \"config\": {" + settings + "}}");
    return file.toString();
  }

  private static String json(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /** Files that only doctor reads, with the fact table made. */
  private static String[] files(
      Path folder, String name, String table, String schema, String orderBy) throws IOException {
    String all = schema + ", _version UInt64, _deleted Bool";
    pipeline
        .clickHouse()
        .executeOne(
            "CREATE TABLE %s (%s) ENGINE = ReplacingMergeTree(_version) ORDER BY %s"
                .formatted(name, all, orderBy));
    ConnectorSpec source =
        new ConnectorSpec(
            name + "-source",
            Map.of(
                "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
                "topic.prefix", name,
                "slot.name", name,
                "publication.name", name,
                "value.converter", "dev.sluice.json.SchemalessJsonConverter"));
    ConnectorSpec sink =
        new ConnectorSpec(
            name + "-sink",
            Map.ofEntries(
                Map.entry("connector.class", "dev.sluice.sink.FactSinkConnector"),
                Map.entry("topics", name + "." + table),
                Map.entry("topic2TableMap", name + "." + table + "=" + name),
                Map.entry("value.converter", "dev.sluice.json.SchemalessJsonConverter"),
                Map.entry("transforms", "fact"),
                Map.entry("transforms.fact.type", "dev.sluice.smt.ExtractFactRow"),
                Map.entry("transforms.fact.schema", all),
                Map.entry("transforms.fact.metadata.columns", "_version:lsn"),
                Map.entry("transforms.fact.version.field", "_version"),
                Map.entry("transforms.fact.delete.field", "_deleted")));
    return new String[] {
      "--source", write(folder, source),
      "--sink", write(folder, sink),
      "--postgres", pipeline.stack().postgres().url()
    };
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

package dev.sluice.catalogue;

import static dev.sluice.catalogue.RandomTimes.iso;
import static dev.sluice.catalogue.RandomTimes.timestamp;
import static dev.sluice.catalogue.RandomTimes.timestamptz;
import static dev.sluice.catalogue.RandomValues.array;
import static dev.sluice.catalogue.RandomValues.as;
import static dev.sluice.catalogue.RandomValues.decimal;
import static dev.sluice.catalogue.RandomValues.jsonArray;
import static dev.sluice.catalogue.RandomValues.oneOf;
import static dev.sluice.catalogue.RandomValues.orNull;
import static dev.sluice.catalogue.RandomValues.text;
import static dev.sluice.catalogue.RandomValues.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.Narrator;
import dev.sluice.catalogue.RandomTimes.Span;
import dev.sluice.catalogue.RandomValues.Source;
import dev.sluice.catalogue.RandomValues.Value;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.Reload;
import dev.sluice.local.Home;
import dev.sluice.local.TwoDatabases;
import dev.sluice.local.WorkersInZones;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.Registration;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.Comparisons;
import dev.sluice.verify.TableComparison;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TimeZone;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random and edge values of every type take each way into ClickHouse: read by Debezium's snapshot,
 * read by Debezium from the log, and copied by a load. What has to arrive is known from how the
 * value was made, and neither asked of Postgres nor of our SQL or transform; and it is the same
 * whatever the time zones of the database and of the JVMs on the way are.
 *
 * <p>The seed is printed; {@code -Dseed=…} repeats a run, {@code -Drows=…} makes it longer. The
 * seed chooses one of three pairs of zones; {@code -Dzones.all=true} takes all.
 */
final class RandomValuesIT {

  private static final long SEED = Long.getLong("seed", System.currentTimeMillis());
  private static final int ROWS = Integer.getInteger("rows", 150);
  private static final int ROWS_OF_SNAPSHOT = ROWS / 4;
  private static final int MOST_SHOWN = 60;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /**
   * @param database the zone of the role that reads Postgres, and of its database
   * @param jvm the zone of the worker's JVM, and of this one, which loads
   */
  private record Zones(String database, String jvm, long seed) {
    @Override
    public String toString() {
      return "Postgres in " + database + ", JVMs in " + jvm + ", -Dseed=" + seed;
    }
  }

  private enum Way {
    BOTH,
    /** What SQL cannot make, so that a load refuses the table. */
    STREAM_ONLY
  }

  private record Column(String name, String postgresType, String factType, Way way, Source values) {
    boolean isNullable() {
      return factType.contains("Nullable") && !factType.startsWith("Array");
    }

    String inFact() {
      return name + " " + factType;
    }

    String inPostgres() {
      return name + " " + postgresType + (isNullable() ? "" : " NOT NULL");
    }
  }

  private static final List<Column> COLUMNS = new ArrayList<>();

  private static void both(String postgresType, String factType, Source values) {
    add(postgresType, factType, Way.BOTH, values);
  }

  private static void streamed(String postgresType, String factType, Source values) {
    add(postgresType, factType, Way.STREAM_ONLY, values);
  }

  private static void add(String postgresType, String factType, Way way, Source values) {
    String name = "c" + COLUMNS.size();
    Column column = new Column(name, postgresType, factType, way, values);
    COLUMNS.add(
        column.isNullable()
            ? new Column(name, postgresType, factType, way, orNull(values))
            : column);
  }

  private static final String[] MOODS = {
    "sad", "it's ok", "a,b \"c\" {d}", "back\\slash", "\u20ac\ud83d\ude80 "
  };

  private static final String ENUM =
      "('sad' = %d, 'it\\'s ok' = 0, 'a,b \"c\" {d}' = 1, 'back\\\\slash' = 2, '\u20ac\ud83d\ude80 ' = 3)";

  static {
    numbers();
    texts();
    times();
    arrays();
    arraysAsText();
  }

  private static void numbers() {
    both("smallint", "Nullable(Int16)", whole(Short.MIN_VALUE, Short.MAX_VALUE));
    both("smallint", "UInt8", whole(0, 255));
    both("smallint", "Int64", whole(Short.MIN_VALUE, Short.MAX_VALUE));
    both("integer", "Nullable(Int32)", whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
    both("integer", "Nullable(UInt16)", whole(0, 65_535));
    both("integer", "Nullable(String)", whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
    both("integer", "Nullable(Decimal(12, 2))", whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
    both(
        "integer",
        "Float64",
        as(
            whole(Integer.MIN_VALUE, Integer.MAX_VALUE),
            f -> RandomValues.bits(Integer.parseInt(f))));
    both("bigint", "Nullable(Int64)", whole(Long.MIN_VALUE, Long.MAX_VALUE));
    both("bigint", "UInt64", whole(0, Long.MAX_VALUE));
    both("bigint", "Nullable(String)", whole(Long.MIN_VALUE, Long.MAX_VALUE));
    both(
        "bigint",
        "Nullable(Float64)",
        as(whole(-(1L << 53), 1L << 53), f -> RandomValues.bits(Long.parseLong(f))));
    both("oid", "Nullable(UInt32)", whole(0, 4_294_967_295L));
    both("oid", "Int64", whole(0, 4_294_967_295L));
    both("whole", "Nullable(Int32)", whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
    both("whole_of_whole", "Int32", whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
    both("real", "Nullable(Float32)", RandomValues.float32());
    both(
        "real",
        "Nullable(Float64)",
        as(RandomValues.shortFloat(), f -> RandomValues.bits(Double.parseDouble(f))));
    both("real", "Nullable(String)", RandomValues.shortFloat());
    both("double precision", "Nullable(Float64)", RandomValues.float64());
    both("numeric(20, 5)", "Nullable(Decimal(20, 5))", decimal(20, 5));
    both("numeric(38, 10)", "Decimal(76, 20)", decimal(38, 10));
    both("numeric(18, 0)", "Nullable(Int64)", decimal(18, 0));
    both("numeric(12, -2)", "Nullable(Int64)", decimal(10, -2));
    both("numeric(20, 5)", "Float64", RandomValues.decimalAsDouble(decimal(20, 5)));
    both("numeric", "Nullable(Float64)", RandomValues.decimalAsDouble(RandomValues.wideDecimal()));
    both("numeric", "Nullable(Decimal(76, 20))", decimal(76, 20));
    both("numeric", "Nullable(String)", RandomValues.decimalText());
    both("amount", "Nullable(Decimal(12, 3))", decimal(12, 3));
    both("money", "Nullable(Decimal(20, 2))", decimal(18, 2));
    both("money", "Nullable(String)", as(decimal(18, 2), RandomValuesIT::ofTwoDecimals));
    both("boolean", "Nullable(Bool)", RandomValues.bool());
    both("boolean", "Int8", as(RandomValues.bool(), f -> f.equals("true") ? "1" : "0"));
    both("boolean", "Nullable(String)", RandomValues.bool());
    both("bit(1)", "Nullable(Bool)", RandomValues.bit());
  }

  private static String ofTwoDecimals(String number) {
    return new BigDecimal(number).setScale(2).toPlainString();
  }

  private static void texts() {
    both("text", "Nullable(String)", text(60));
    both("text", "LowCardinality(Nullable(String))", text(5));
    both("text", "String", random -> Value.same("x".repeat(random.nextInt(10_000))));
    both("text", "FixedString(44)", text(11));
    both("varchar(20)", "LowCardinality(String)", text(20));
    both("char(7)", "Nullable(String)", RandomValues.padded(7));
    both("citext", "Nullable(String)", text(20));
    both("words", "Nullable(String)", text(20));
    both("mood", "Enum8" + ENUM.formatted(-128), oneOf(MOODS));
    both("mood", "Nullable(Enum16" + ENUM.formatted(-300) + ")", oneOf(MOODS));
    both("mood", "LowCardinality(Nullable(String))", oneOf(MOODS));
    both("good_mood", "Nullable(String)", oneOf(MOODS));
    both("uuid", "Nullable(UUID)", RandomValues.uuid());
    both("uuid", "String", RandomValues.uuid());
    both("inet", "Nullable(String)", RandomValues.inet());
    both("cidr", "Nullable(String)", RandomValues.cidr());
    both("macaddr", "Nullable(String)", RandomValues.mac(6));
    both("macaddr8", "Nullable(String)", RandomValues.mac(8));
    both("json", "Nullable(String)", RandomValues.json());
    both("jsonb", "Nullable(String)", RandomValues.jsonb());
    both("xml", "Nullable(String)", RandomValues.xml());
    both("bytea", "Nullable(String)", RandomValues.bytes(RandomValues::base64));
    both("int4range", "Nullable(String)", RandomValues.range(1_000_000_000, n -> n + ""));
    both("int8range", "Nullable(String)", RandomValues.range(1L << 60, n -> n + ""));
    both("numrange", "Nullable(String)", RandomValues.numericRange());
    both(
        "daterange",
        "Nullable(String)",
        RandomValues.range(100_000, n -> LocalDate.ofEpochDay(n).toString()));
    both("tsrange", "Nullable(String)", RandomTimes.timestampRange(false));
    both("tstzrange", "Nullable(String)", RandomTimes.timestampRange(true));
  }

  private static void times() {
    both("date", "Nullable(Date32)", RandomTimes.date(Span.CENTURIES, Long::toString));
    both("date", "Date", RandomTimes.date(Span.SHORT, Long::toString));
    both(
        "date",
        "Nullable(Int64)",
        RandomTimes.orInfinite(RandomTimes.date(Span.ALL, RandomTimes::millisOfDay)));
    both("date", "Nullable(String)", RandomTimes.date(Span.ALL, RandomTimes::isoDay));
    for (String type : List.of("timestamp", "timestamptz")) {
      boolean zoned = type.endsWith("tz");
      both(
          type,
          "Nullable(Int64)",
          RandomTimes.orInfinite(moment(zoned, Span.ALL, 1, RandomTimes::millis)));
      both(type, "Int64", moment(zoned, Span.CENTURIES, 1, RandomTimes::millis));
      both(type + "(3)", "Nullable(Int64)", moment(zoned, Span.ALL, 1000, RandomTimes::millis));
      both(type, "Nullable(DateTime64(3))", moment(zoned, Span.CENTURIES, 1, RandomTimes::millis));
      both(type, "DateTime64(6, 'Asia/Tokyo')", moment(zoned, Span.CENTURIES, 1, Long::toString));
      both(
          type,
          "Nullable(DateTime64(9))",
          moment(zoned, Span.NANOS, 1, micros -> Long.toString(micros * 1000)));
      both(
          type,
          "Nullable(DateTime)",
          moment(zoned, Span.SECONDS, 1, micros -> Long.toString(micros / 1_000_000)));
      both(
          type,
          "Nullable(Date32)",
          moment(
              zoned,
              Span.CENTURIES,
              1,
              micros -> Long.toString(Math.floorDiv(micros, RandomTimes.DAY))));
    }
    both("moment", "Nullable(Int64)", timestamptz(Span.CENTURIES, 1, RandomTimes::millis));
    both("timestamp", "Nullable(String)", timestamp(Span.ALL, 1, micros -> iso(micros)));
    both("timestamp(3)", "Nullable(String)", timestamp(Span.ALL, 1000, micros -> iso(micros)));
    both("timestamptz", "Nullable(String)", timestamptz(Span.ALL, 1, micros -> iso(micros, 6)));
    for (int digits = 0; digits < 6; digits++) {
      int shown = digits;
      both(
          "timestamptz(" + digits + ")",
          "Nullable(String)",
          timestamptz(Span.ALL, (long) Math.pow(10, 6 - shown), micros -> iso(micros, shown)));
    }
    both("time", "Nullable(String)", RandomTimes.time(1));
    both("timetz", "Nullable(String)", RandomTimes.timetz());
    both("interval", "Nullable(Int64)", RandomTimes.interval());
    both("interval", "Nullable(String)", RandomTimes.interval());
  }

  private static Source moment(boolean zoned, Span span, long step, LongFunction<String> fact) {
    return zoned ? timestamptz(span, step, fact) : timestamp(span, step, fact);
  }

  private static void arrays() {
    streamed("smallint[]", "Array(Int16)", array(whole(Short.MIN_VALUE, Short.MAX_VALUE), false));
    streamed("integer[]", "Array(Nullable(Int32))", array(whole(-1L << 31, (1L << 31) - 1), true));
    streamed(
        "bigint[]", "Array(Nullable(Int64))", array(whole(Long.MIN_VALUE, Long.MAX_VALUE), true));
    streamed("text[]", "Array(Nullable(String))", array(text(20), true));
    streamed("varchar(9)[]", "Array(LowCardinality(String))", array(text(9), false));
    streamed("boolean[]", "Array(Nullable(Bool))", array(RandomValues.bool(), true));
    streamed("numeric(10, 2)[]", "Array(Nullable(Decimal(10, 2)))", array(decimal(10, 2), true));
    streamed("numeric[]", "Array(Nullable(String))", array(RandomValues.decimalText(), true));
    streamed("double precision[]", "Array(Nullable(Float64))", array(RandomValues.float64(), true));
    streamed("real[]", "Array(Float32)", array(RandomValues.float32(), false));
    streamed("uuid[]", "Array(Nullable(UUID))", array(RandomValues.uuid(), true));
    // Debezium fails at a null among enums.
    streamed("mood[]", "Array(String)", array(oneOf(MOODS), false));
    streamed(
        "date[]",
        "Array(Nullable(Date32))",
        array(RandomTimes.shownHere(RandomTimes.date(Span.CENTURIES, Long::toString)), true));
    streamed(
        "timestamptz[]",
        "Array(Nullable(Int64))",
        array(
            RandomTimes.shownOnceHere(timestamptz(Span.CENTURIES, 1, RandomTimes::millis)), true));
    streamed(
        "timestamp[]",
        "Array(Nullable(DateTime64(6)))",
        array(RandomTimes.shownHere(timestamp(Span.CENTURIES, 1, Long::toString)), true));
  }

  /** Arrays as JSON text. */
  private static void texts(String elementType, Source elements) {
    both(elementType + "[]", "Nullable(String)", jsonArray(elements, true, false));
  }

  private static void arraysAsText() {
    both("smallint[]", "String", jsonArray(whole(-1L << 15, (1L << 15) - 1), true, true));
    both("integer[]", "Nullable(String)", jsonArray(whole(-1L << 31, (1L << 31) - 1), true, true));
    both(
        "bigint[]",
        "LowCardinality(Nullable(String))",
        jsonArray(whole(Long.MIN_VALUE, Long.MAX_VALUE), true, true));
    both("boolean[]", "Nullable(String)", jsonArray(RandomValues.bool(), true, true));
    both("real[]", "Nullable(String)", jsonArray(RandomValues.shortFloat(), true, true));
    both("mood[]", "Nullable(String)", jsonArray(oneOf(MOODS), false, false));
    texts("text", text(20));
    texts("varchar(9)", text(9));
    texts("char(7)", RandomValues.padded(7));
    texts("citext", text(20));
    texts("uuid", RandomValues.uuid());
    texts("numeric", RandomValues.decimalText());
    texts("numeric(18, 2)", as(decimal(18, 2), RandomValuesIT::ofTwoDecimals));
    texts("json", RandomValues.json());
    texts("jsonb", RandomValues.jsonb());
    texts("inet", RandomValues.inet());
    texts("cidr", RandomValues.cidr());
    texts("macaddr", RandomValues.mac(6));
    texts("int4range", RandomValues.range(1_000_000_000, n -> n + ""));
    texts("numrange", RandomValues.numericRange());
    texts("daterange", RandomValues.range(100_000, n -> LocalDate.ofEpochDay(n).toString()));
    texts("tsrange", RandomTimes.timestampRange(false));
    texts("tstzrange", RandomTimes.timestampRange(true));
    texts("date", RandomTimes.shownHere(RandomTimes.date(Span.CENTURIES, RandomTimes::isoDay)));
    texts("timestamp", RandomTimes.shownHere(timestamp(Span.CENTURIES, 1, micros -> iso(micros))));
    texts(
        "timestamptz",
        RandomTimes.shownOnceHere(timestamptz(Span.CENTURIES, 1, micros -> iso(micros, 6))));
    texts(
        "timestamptz(3)",
        RandomTimes.shownOnceHere(timestamptz(Span.CENTURIES, 1000, micros -> iso(micros, 3))));
    // East of Greenwich a time in the first hours makes null of the array.
    texts("time", RandomTimes.onlyInUtc(RandomTimes.time(1000)));
    texts("timetz", RandomTimes.timetz());
    streamed("double precision", "Nullable(String)", whole(-1L << 31, (1L << 31) - 1));
  }

  private static TwoDatabases databases;
  private static WorkersInZones workers;
  private static int tables;

  @BeforeAll
  static void startServers(@TempDir Path folder) throws SQLException {
    databases = new TwoDatabases(folder.resolve("databases"));
    databases.inPostgres(
        "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ("
            + Stream.of(MOODS).map(Sql::text).collect(Collectors.joining(", "))
            + "); CREATE DOMAIN whole AS int; CREATE DOMAIN whole_of_whole AS whole;"
            + " CREATE DOMAIN amount AS numeric(12, 3); CREATE DOMAIN words AS text;"
            + " CREATE DOMAIN good_mood AS mood; CREATE DOMAIN moment AS timestamptz");
    Map<String, String> environment = new HashMap<>(databases.postgres().environment());
    environment.putAll(databases.clickHouseAddress().environment());
    environment.put("SLUICE_POSTGRES_TABLE", "unused");
    workers = new WorkersInZones(folder.resolve("workers"), environment);
  }

  @AfterAll
  static void stopServers() {
    if (workers != null) {
      workers.close();
    }
    if (databases != null) {
      databases.close();
    }
  }

  static List<Zones> zones() {
    List<Zones> all =
        List.of(
            new Zones("America/St_Johns", "Pacific/Apia", SEED),
            new Zones("Asia/Kathmandu", "UTC", SEED),
            new Zones("UTC", "Europe/Berlin", SEED));
    return Boolean.getBoolean("zones.all")
        ? all
        : List.of(all.get(Math.floorMod(SEED, all.size())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("zones")
  void everyValueBecomesTheFactThatItWasMadeWith(Zones zones) throws SQLException {
    System.out.println("Random values: " + zones);
    TimeZone before = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone(zones.jvm()));
    try {
      run(zones);
    } finally {
      TimeZone.setDefault(before);
    }
  }

  private static void run(Zones zones) throws SQLException {
    String name = "random_" + tables++;
    databases.inPostgres(
        "CREATE ROLE %1$s SUPERUSER LOGIN; ALTER ROLE %1$s SET timezone = '%2$s'; ALTER DATABASE postgres SET timezone = '%2$s'"
            .formatted(name, zones.database()));
    List<List<Value>> rows = rows(new Random(zones.seed() + zones.jvm().hashCode()));
    createTables(name);
    insert(name, rows, 0, ROWS_OF_SNAPSHOT);
    ConnectClient connect = workers.start(zones.jvm());
    ConnectorSpec source = source(name);
    ConnectorSpec sink = sink(name);
    Registration registration = new Registration(connect);
    for (ConnectorSpec spec : List.of(source, sink)) {
      assertThat(registration.validate(spec)).as(spec.name()).isEmpty();
    }
    registration.apply(registration.changes(List.of(source, sink)), LIMIT, running -> {});
    awaitRows(connect, name, ROWS_OF_SNAPSHOT);
    insert(name, rows, ROWS_OF_SNAPSHOT, ROWS);
    awaitRows(connect, name, ROWS);

    List<String> wrong = new ArrayList<>(differences("streamed", name, COLUMNS, rows));

    TableMapping streamed = mapping(name, name, COLUMNS, source, sink);
    List<Column> loadable = COLUMNS.stream().filter(c -> c.way() == Way.BOTH).toList();
    assertThat(streamed.columns().stream().filter(c -> c.copy() != null))
        .extracting(column -> column.fact().name())
        .containsExactlyElementsOf(
            Stream.concat(Stream.of("id"), loadable.stream().map(Column::name)).toList());
    createFacts(name + "_loaded", loadable);
    Reload.run(
        role(name),
        databases.clickHouse(),
        mapping(name, name + "_loaded", loadable, source, sink),
        "true",
        BulkLoad.Options.DEFAULT,
        Narrator.SILENT);
    wrong.addAll(differences("loaded", name + "_loaded", loadable, rows));

    assertThat(wrong.stream().limit(MOST_SHOWN)).as("%s: %d wrong", zones, wrong.size()).isEmpty();
    assertThat(verified(name, streamed)).as(zones.toString()).isEmpty();
  }

  /** The first of them are those that a snapshot reads. */
  private static List<List<Value>> rows(Random random) {
    List<List<Value>> rows = new ArrayList<>();
    while (rows.size() < ROWS) {
      boolean inSnapshot = rows.size() < ROWS_OF_SNAPSHOT;
      rows.add(COLUMNS.stream().map(column -> value(column, random, inSnapshot)).toList());
    }
    return rows;
  }

  private static Value value(Column column, Random random, boolean inSnapshot) {
    return inSnapshot && column.postgresType().equals("date")
        ? RandomValues.where(column.values(), v -> RandomTimes.isKeptBySnapshot(v.text()))
            .apply(random)
        : column.values().apply(random);
  }

  private static PostgresAddress role(String name) {
    return databases.postgres(name);
  }

  private static void createTables(String name) throws SQLException {
    String columns = COLUMNS.stream().map(Column::inPostgres).collect(Collectors.joining(", "));
    databases.inPostgres(
        "CREATE TABLE %1$s (id int PRIMARY KEY, %2$s); CREATE PUBLICATION %1$s FOR TABLE %1$s"
            .formatted(name, columns));
    createFacts(name, COLUMNS);
  }

  private static void createFacts(String name, List<Column> columns) {
    databases
        .clickHouse()
        .executeOne(
            "CREATE TABLE " + name + " (" + schema(columns) + ") ENGINE = MergeTree ORDER BY id");
  }

  private static String schema(List<Column> columns) {
    return "id Int32, " + columns.stream().map(Column::inFact).collect(Collectors.joining(", "));
  }

  private static void insert(String name, List<List<Value>> rows, int from, int to)
      throws SQLException {
    List<String> lines = new ArrayList<>();
    for (int i = from; i < to; i++) {
      lines.add(
          rows.get(i).stream()
              .map(value -> value.text() == null ? "NULL" : Sql.text(value.text()))
              .collect(Collectors.joining(", ", "(" + i + ", ", ")")));
    }
    databases.inPostgres("INSERT INTO " + name + " VALUES " + String.join(",\n", lines));
  }

  private static ConnectorSpec source(String name) {
    Map<String, String> config = config("source.json");
    config.put("database.user", name);
    config.put("table.include.list", "public." + name);
    config.put("topic.prefix", name);
    config.put("slot.name", name);
    config.put("publication.name", name);
    config.remove("heartbeat.action.query");
    return new ConnectorSpec(name + "_source", config);
  }

  private static ConnectorSpec sink(String name) {
    Map<String, String> config = config("sink.json");
    config.put("topics", name + ".public." + name);
    config.put("topic2TableMap", name + ".public." + name + "=" + name);
    config.put("transforms.fact.schema", schema(COLUMNS));
    config.put("transforms.fact.delete.handling", "drop");
    config.put("errors.tolerance", "none");
    config.keySet().removeIf(key -> key.contains("renames") || key.contains("deadletter"));
    return new ConnectorSpec(name + "_sink", config);
  }

  private static Map<String, String> config(String file) {
    return new HashMap<>(ConnectorSpec.read(Home.locate().configs().resolve(file)).config());
  }

  private static void awaitRows(ConnectClient connect, String fact, int rows) {
    ClickHouseClient clickHouse = databases.clickHouse();
    await(fact)
        .atMost(LIMIT)
        .until(
            () -> {
              connect
                  .connectors()
                  .values()
                  .forEach(
                      connector ->
                          assertThat(connector.firstFailed().map(f -> Health.rootCause(f.trace())))
                              .as(connector.name())
                              .isEmpty());
              return clickHouse.number("SELECT count() FROM " + fact) >= rows;
            });
  }

  private static TableMapping mapping(
      String name, String fact, List<Column> columns, ConnectorSpec source, ConnectorSpec sink)
      throws SQLException {
    try (Connection connection = role(name).connect()) {
      return TableMapping.of(
          FactMapping.of(sink.config(), sink.config().get("topics")).withSchema(schema(columns)),
          SourceModes.of(source.config()),
          connection,
          new TableName("public", name),
          databases.clickHouse(),
          fact);
    }
  }

  private static List<String> differences(
      String way, String fact, List<Column> columns, List<List<Value>> rows) {
    String readings =
        columns.stream()
            .map(column -> RandomValues.reading(column.name(), column.factType()))
            .collect(Collectors.joining(", "));
    List<GenericRecord> found =
        databases.clickHouse().rows("SELECT id, " + readings + " FROM " + fact + " ORDER BY id");
    List<String> differences = new ArrayList<>();
    assertThat(found).as(way).hasSize(rows.size());
    for (GenericRecord row : found) {
      int id = row.getInteger(1);
      for (int i = 0; i < columns.size(); i++) {
        Column column = columns.get(i);
        Value value = rows.get(id).get(COLUMNS.indexOf(column));
        String is = row.getString(i + 2);
        if (!Objects.equals(is, value.fact())) {
          differences.add(
              "%s to %s, %s in row %d: %s became %s, not %s"
                  .formatted(
                      column.postgresType(),
                      column.factType(),
                      way,
                      id,
                      value.text(),
                      is,
                      value.fact()));
        }
      }
    }
    return differences;
  }

  /** What {@code verify} finds different between the two tables, which are alike. */
  private static List<?> verified(String name, TableMapping mapping) {
    TableComparison.Result result =
        Comparisons.of(role(name), databases.clickHouse(), mapping).compare();
    assertThat(result.notComparable()).isEmpty();
    return result.differences().stream().flatMap(d -> d.columns().stream()).distinct().toList();
  }
}

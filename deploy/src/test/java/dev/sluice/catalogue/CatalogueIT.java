package dev.sluice.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.clickhouse.client.api.query.GenericRecord;
import com.sun.tools.attach.VirtualMachine;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.connect.Registration;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.Narrator;
import dev.sluice.local.Supervisor;
import dev.sluice.pipeline.FactTable;
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
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every type and its extremes through real Debezium in every mode into a real table; each value is
 * compared with what Postgres itself prints for it.
 */
final class CatalogueIT {

  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Column by column, rows from the plain to the extreme; NULL ends each column's extremes. */
  private static final Map<String, List<String>> VALUES = values();

  private static LocalPipeline pipeline;
  private static int runs;

  @BeforeAll
  static void startServers(@TempDir Path dataDir) throws SQLException {
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir).with(0, FactTable.DEFAULT),
            Home.locate(),
            Narrator.SILENT);
    pipeline.start();
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION citext");
      statement.execute("CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')");
    }
  }

  @AfterAll
  static void stopServers() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.sluice.catalogue.Mode#all")
  void everyValueArrivesAsPostgresPrintsIt(Mode mode) throws SQLException {
    run(mode, false);
  }

  /** With schemas in the topic, rows keep their exact types between the transform and the sink. */
  @Test
  void transformWorksAtTheSourceToo() throws SQLException {
    run(new Mode("isostring", "precise", "hex", "json", true), true);
  }

  private static void run(Mode mode, boolean transformAtSource) throws SQLException {
    String name = "catalogue_" + runs++;
    List<CatalogueColumn> columns = columns(mode);
    int rows = createSource(name, mode, columns);
    createTarget(name, columns);
    register(name, mode, columns, transformAtSource);
    try {
      await(name)
          .atMost(LIMIT)
          .until(
              () -> {
                pipeline.refuseFailed();
                return pipeline.clickHouse().number("SELECT count() FROM " + name) >= rows;
              });
      assertThat(differences(expected(name, columns), actual(name, columns))).isEmpty();
      assertThat(rowsCounted(name + (transformAtSource ? "_source" : "_sink"))).isEqualTo(rows);
    } finally {
      pipeline.connect().delete(name + "_sink");
      pipeline.connect().delete(name + "_source");
      dropSlot(name);
    }
  }

  private static List<CatalogueColumn> columns(Mode mode) {
    List<CatalogueColumn> columns = new ArrayList<>();
    columns.add(CatalogueColumn.printed("c_text", "text", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_varchar", "varchar(30)", "LowCardinality(String)"));
    columns.add(CatalogueColumn.printed("c_citext", "citext", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_char", "char(5)", "FixedString(5)"));
    columns.add(CatalogueColumn.printed("c_uuid", "uuid", "Nullable(UUID)"));
    columns.add(CatalogueColumn.printed("c_uuid_text", "uuid", "Nullable(String)"));
    columns.add(
        new CatalogueColumn(
            "c_bool", "boolean", "Nullable(Bool)", "c_bool::text", "toString(c_bool)"));
    columns.add(
        new CatalogueColumn(
            "c_bool_int",
            "boolean",
            "Nullable(Int8)",
            "c_bool_int::int::text",
            "toString(c_bool_int)"));
    columns.add(CatalogueColumn.printed("c_smallint", "smallint", "Nullable(Int16)"));
    columns.add(CatalogueColumn.printed("c_smallint_u8", "smallint", "Nullable(UInt8)"));
    columns.add(CatalogueColumn.printed("c_int", "integer", "Nullable(Int32)"));
    columns.add(CatalogueColumn.printed("c_int_u16", "integer", "Nullable(UInt16)"));
    columns.add(CatalogueColumn.printed("c_bigint", "bigint", "Nullable(Int64)"));
    columns.add(CatalogueColumn.printed("c_bigint_u32", "bigint", "Nullable(UInt32)"));
    columns.add(CatalogueColumn.printed("c_bigint_u64", "bigint", "Nullable(UInt64)"));
    columns.add(CatalogueColumn.printed("c_bigint_text", "bigint", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_oid", "oid", "Nullable(UInt32)"));
    columns.add(CatalogueColumn.bits("c_real", "real", 32));
    columns.add(CatalogueColumn.bits("c_double", "double precision", 64));
    columns.add(
        CatalogueColumn.printed(
            "c_enum", "mood", "Enum8('sad' = 1, 'it\\'s ok' = 2, 'happy' = 3)"));
    columns.add(CatalogueColumn.printed("c_json", "json", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_jsonb", "jsonb", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_inet", "inet", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_cidr", "cidr", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_macaddr", "macaddr", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_ltree", "ltree", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_int4range", "int4range", "Nullable(String)"));
    columns.add(
        new CatalogueColumn(
            "c_bit", "bit(1)", "Nullable(Bool)", "(c_bit::int = 1)::text", "toString(c_bit)"));
    columns.add(
        new CatalogueColumn(
            "c_point",
            "point",
            "Nullable(String)",
            "CASE WHEN c_point IS NOT NULL THEN c_point[0] || ' ' || c_point[1] END",
            "JSONExtractFloat(c_point, 'x') || ' ' || JSONExtractFloat(c_point, 'y')"));
    columns.add(
        new CatalogueColumn(
            "c_hstore",
            "hstore",
            "Nullable(String)",
            "(c_hstore -> 'a') || coalesce(c_hstore -> 'b', 'null')",
            "JSONExtractString(c_hstore, 'a') || ifNull(JSONExtract(c_hstore, 'b',"
                + " 'Nullable(String)'), 'null')"));
    columns.add(
        new CatalogueColumn(
            "c_bytea",
            "bytea",
            "Nullable(String)",
            "replace(encode(c_bytea, '" + mode.binaryEncoding() + "'), E'\\n', '')",
            "c_bytea"));
    columns.add(interval(mode));
    columns.add(CatalogueColumn.printed("c_xml", "xml", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_numrange", "numrange", "Nullable(String)"));
    columns.add(CatalogueColumn.printed("c_daterange", "daterange", "Nullable(String)"));
    columns.add(
        CatalogueColumn.printed(
            "c_enum16", "mood", "Enum16('sad' = -300, 'it\\'s ok' = 0, 'happy' = 300)"));
    columns.add(CatalogueColumn.printed("c_low_null", "text", "LowCardinality(Nullable(String))"));
    if (mode.schemas()) {
      // Without a schema, bits are the base64 of bytes and say nothing of their number; of a
      // `bit varying`, Debezium says only how many there may be.
      columns.add(CatalogueColumn.printed("c_bits", "bit(10)", "Nullable(String)"));
    }
    columns.add(CatalogueColumn.array("c_smallints", "smallint", "Int16"));
    columns.add(CatalogueColumn.array("c_reals", "real", "Float32"));
    columns.add(CatalogueColumn.array("c_varchars", "varchar(9)", "LowCardinality(String)"));
    columns.add(CatalogueColumn.array("c_dates", "date", "Date32"));
    columns.add(CatalogueColumn.array("c_ints", "integer", "Int32"));
    columns.add(CatalogueColumn.array("c_bigints", "bigint", "Nullable(Int64)"));
    columns.add(CatalogueColumn.array("c_texts", "text", "Nullable(String)"));
    columns.add(CatalogueColumn.array("c_bools", "boolean", "Bool"));
    columns.add(CatalogueColumn.array("c_doubles", "double precision", "Float64"));
    columns.add(CatalogueColumn.array("c_uuids", "uuid", "UUID"));
    columns.addAll(numbers(mode));
    columns.addAll(times(mode));
    return columns;
  }

  private static List<CatalogueColumn> numbers(Mode mode) {
    List<CatalogueColumn> columns = new ArrayList<>();
    if (mode.exactNumbers()) {
      columns.add(
          new CatalogueColumn(
              "c_numeric",
              "numeric(38, 10)",
              "Nullable(Decimal(38, 10))",
              "trim_scale(c_numeric)::text",
              "toString(c_numeric)"));
      columns.add(
          new CatalogueColumn(
              "c_money",
              "money",
              "Nullable(Decimal(20, 2))",
              "trim_scale(c_money::numeric)::text",
              "toString(c_money)"));
      columns.add(numericText(mode));
      columns.add(CatalogueColumn.array("c_numerics", "numeric(10, 2)", "Decimal(10, 2)"));
      columns.add(CatalogueColumn.printed("c_numeric_int", "numeric(20, 0)", "Nullable(Int64)"));
      columns.add(CatalogueColumn.bits("c_numeric_free", "numeric", 64));
    }
    if (mode.exactNumbers() || mode.decimal().equals("double")) {
      columns.add(CatalogueColumn.bits("c_numeric_double", "numeric(20, 5)", 64));
    }
    return columns;
  }

  private static CatalogueColumn interval(Mode mode) {
    if (mode.interval().equals("numeric")) {
      return new CatalogueColumn(
          "c_interval",
          "interval",
          "Nullable(Int64)",
          "(extract(epoch FROM c_interval) * 1000000)::bigint::text",
          "toString(c_interval)");
    }
    return new CatalogueColumn(
        "c_interval",
        "interval",
        "Nullable(String)",
        "CASE WHEN c_interval IS NOT NULL THEN format('P%sY%sM%sDT%sH%sM%sS',"
            + " extract(year FROM c_interval), extract(month FROM c_interval),"
            + " extract(day FROM c_interval), extract(hour FROM c_interval),"
            + " extract(minute FROM c_interval), trim_scale(extract(second FROM c_interval))) END",
        "c_interval");
  }

  /** Debezium's `precise` takes the zeros at the end away, before anybody else sees the number. */
  private static CatalogueColumn numericText(Mode mode) {
    String name = "c_numeric_text";
    return mode.decimal().equals("precise")
        ? new CatalogueColumn(
            name, "numeric", "Nullable(String)", "trim_scale(" + name + ")::text", name)
        : CatalogueColumn.printed(name, "numeric", "Nullable(String)");
  }

  private static List<CatalogueColumn> times(Mode mode) {
    List<CatalogueColumn> columns = new ArrayList<>();
    String precision = mode.timestampPrecision();
    columns.add(CatalogueColumn.instant("c_date", "date", "Nullable(Date32)", "day"));
    columns.add(
        CatalogueColumn.instant("c_timestamp", "timestamp", "Nullable(DateTime64(6))", precision));
    columns.add(
        CatalogueColumn.instant(
            "c_timestamptz",
            "timestamptz",
            "Nullable(DateTime64(6, 'Asia/Tokyo'))",
            "microseconds"));
    columns.add(
        CatalogueColumn.instant(
            "c_timestamptz_s", "timestamptz(0)", "Nullable(DateTime)", "second"));
    columns.add(
        CatalogueColumn.instant(
            "c_timestamptz_ms", "timestamptz", "Nullable(Int64)", "milliseconds"));
    if (mode.schemas() || mode.time().equals("isostring")) {
      columns.add(
          CatalogueColumn.instant(
              "c_timestamp_ms", "timestamp", "Nullable(Int64)", "milliseconds"));
    }
    return columns;
  }

  private static Map<String, List<String>> values() {
    Map<String, List<String>> values = new HashMap<>();
    values.put("xml", List.of("'<a b=\"1\">x</a>'"));
    values.put("numrange", List.of("'[1.5,2.5)'"));
    values.put("daterange", List.of("'[2026-01-01,2026-02-01)'"));
    values.put("bit(10)", List.of("B'1010000001'", "B'0000000000'"));
    values.put("smallint[]", List.of("'{1,-32768}'", "'{}'"));
    values.put("real[]", List.of("'{1.5,-0.25}'", "'{}'"));
    values.put("varchar(9)[]", List.of("'{ab,\"\"}'", "'{}'"));
    values.put("date[]", List.of("'{2026-11-22,1969-12-31}'", "'{}'"));
    values.put("numeric(10, 2)[]", List.of("'{1.25,-99999999.99}'", "'{}'"));
    values.put("timestamptz[]", List.of("'{2026-11-22 10:11:12.123456+05:45}'", "'{}'"));
    values.put("c_date16", List.of("'1970-01-01'", "'2149-06-06'"));
    values.put(
        "c_timestamptz_ns",
        List.of("'2026-11-22 10:11:12.123456+05:45'", "'1901-01-01 00:00:00+00'"));
    values.put("timetz", List.of("'10:11:12.123456+05:45'", "'23:59:59.999999-08'"));
    values.put("time", List.of("'10:11:12.123456'", "'23:59:59.999999'", "'00:00:00.000001'"));
    values.put("timestamp(3)", List.of("'2026-11-22 10:11:12.123'", "'1969-12-31 23:59:59.999'"));
    values.put(
        "text", List.of("'plain'", "''", "E'quote '' \" \\\\ \\n\\t\\r \u20ac \uD83D\uDE80'"));
    values.put("varchar(30)", List.of("'low'", "''"));
    values.put("citext", List.of("'CaSe'"));
    values.put("char(5)", List.of("'abcde'", "'vwxyz'"));
    values.put(
        "uuid",
        List.of(
            "'123e4567-e89b-12d3-a456-426614174000'",
            "'00000000-0000-0000-0000-000000000000'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'"));
    values.put("boolean", List.of("true", "false"));
    values.put("smallint", List.of("7", "-32768", "32767"));
    values.put("c_smallint_u8", List.of("0", "255"));
    values.put("integer", List.of("42", "-2147483648", "2147483647"));
    values.put("c_int_u16", List.of("0", "65535"));
    values.put("bigint", List.of("42", "-9223372036854775808", "9223372036854775807"));
    values.put("c_bigint_u32", List.of("0", "4294967295"));
    values.put("c_bigint_u64", List.of("0", "9223372036854775807"));
    values.put("oid", List.of("0", "4294967295"));
    values.put(
        "real",
        List.of("1.5", "3.4028235e38", "-1e-45", "0.1", "'NaN'", "'Infinity'", "'-Infinity'"));
    values.put(
        "double precision",
        List.of(
            "1.5",
            "1.7976931348623157e308",
            "5e-324",
            "0.1",
            "'NaN'",
            "'Infinity'",
            "'-Infinity'"));
    values.put("mood", List.of("'sad'", "'it''s ok'", "'happy'"));
    values.put("json", List.of("'{\"b\": 1,  \"a\": [null, \"x\"]}'", "'null'", "'1.50'"));
    values.put("jsonb", List.of("'{\"b\": 1,  \"a\": [null, \"x\"]}'", "'\"text\"'"));
    values.put("inet", List.of("'192.168.1.5'", "'10.0.0.0/8'", "'2001:db8::1'"));
    values.put("cidr", List.of("'10.0.0.0/8'"));
    values.put("macaddr", List.of("'08:00:2b:01:02:03'"));
    values.put("ltree", List.of("'top.middle.leaf'"));
    values.put("int4range", List.of("'[1,5)'", "'empty'", "'(,3)'"));
    values.put("bit(1)", List.of("B'1'", "B'0'"));
    values.put("point", List.of("'(1.5,-2.25)'"));
    values.put("hstore", List.of("'a=>1, b=>NULL'", "'a=>\"x y\", b=>z'"));
    values.put(
        "bytea",
        List.of("'\\xdeadbeef00ff'", "''", "decode(repeat('0123456789abcdef', 20), 'hex')"));
    values.put("interval", List.of("'1 day 02:03:04.567891'", "'-00:00:00.000001'"));
    values.put("integer[]", List.of("'{1,-2,2147483647}'", "'{}'"));
    values.put("bigint[]", List.of("'{1,NULL,3}'", "'{}'"));
    values.put("text[]", List.of("'{a,NULL,\"b \\\" c\",\"\"}'", "'{}'"));
    values.put("boolean[]", List.of("'{t,f}'", "'{}'"));
    values.put("double precision[]", List.of("'{1.5,-0.25}'", "'{}'"));
    values.put("uuid[]", List.of("'{123e4567-e89b-12d3-a456-426614174000}'", "'{}'"));
    values.put(
        "numeric(38, 10)",
        List.of(
            "1.5",
            "9999999999999999999999999999.9999999999",
            "-9999999999999999999999999999.9999999999",
            "0.0000000001"));
    values.put("money", List.of("'12.34'", "'-92233720368547758.08'", "'92233720368547758.07'"));
    values.put("c_numeric_text", List.of("1.500", "-0.00001", "123456789012345678901234567890.5"));
    values.put("numeric(20, 0)", List.of("9223372036854775807", "-9223372036854775808"));
    values.put(
        "c_numeric_free",
        List.of("0.1", "1e300", "12345678901234567890.123", "'NaN'", "'Infinity'", "'-Infinity'"));
    values.put("numeric(20, 5)", List.of("0.1", "-123456789012345.12345", "'NaN'"));
    values.put("date", List.of("'2026-11-22'", "'1969-12-31'", "'1900-01-01'", "'2299-12-31'"));
    values.put(
        "timestamp",
        List.of(
            "'2026-11-22 10:11:12.123456'",
            "'1969-12-31 23:59:59.999999'",
            "'1900-01-01 00:00:00'",
            "'2200-12-31 23:59:59.999999'"));
    values.put(
        "timestamptz",
        List.of(
            "'2026-11-22 10:11:12.123456+05:45'",
            "'1969-12-31 23:59:59.999999+00'",
            "'1900-01-01 00:00:00+00'",
            "'2200-12-31 23:59:59.999999+00'"));
    values.put("timestamptz(0)", List.of("'2026-11-22 10:11:12+00'", "'2106-02-07 06:28:15+00'"));
    return values;
  }

  private static List<String> valuesOf(CatalogueColumn column, Mode mode) {
    List<String> own = VALUES.get(column.name());
    List<String> values = own == null ? VALUES.get(column.postgresType()) : own;
    // Kafka's JsonConverter writes NaN and infinities as text and, with a schema, reads text as 0:
    // the transform never gets to see them. Debezium's `precise` has no NaN at all.
    boolean noNaN =
        column.postgresType().startsWith("numeric")
            ? mode.decimal().equals("precise") || mode.decimal().equals("double") && mode.schemas()
            : mode.schemas();
    return noNaN
        ? values.stream().filter(value -> !value.matches("'(NaN|-?Infinity)'")).toList()
        : values;
  }

  /**
   * Row n holds each column's n-th value; columns with fewer begin again, and one row is all null.
   */
  private static int createSource(String name, Mode mode, List<CatalogueColumn> columns)
      throws SQLException {
    int rows =
        columns.stream().mapToInt(column -> valuesOf(column, mode).size()).max().orElseThrow();
    String definitions =
        columns.stream()
            .map(c -> c.name() + " " + c.postgresType())
            .collect(Collectors.joining(", "));
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE " + name + " (id int PRIMARY KEY, " + definitions + ")");
      statement.execute("ALTER TABLE " + name + " REPLICA IDENTITY FULL");
      statement.execute("CREATE PUBLICATION " + name + " FOR TABLE " + name);
      for (int row = 0; row <= rows; row++) {
        int n = row;
        String list =
            columns.stream()
                .map(column -> n == rows && isNullable(column) ? "NULL" : valueOf(column, mode, n))
                .collect(Collectors.joining(", "));
        statement.execute("INSERT INTO " + name + " VALUES (" + row + ", " + list + ")");
      }
    }
    return rows + 1;
  }

  private static boolean isNullable(CatalogueColumn column) {
    return column.clickHouseType().startsWith("Nullable");
  }

  private static String valueOf(CatalogueColumn column, Mode mode, int row) {
    List<String> values = valuesOf(column, mode);
    return values.get(row % values.size());
  }

  private static String schema(List<CatalogueColumn> columns) {
    return columns.stream()
        .map(column -> column.name() + " " + column.clickHouseType())
        .collect(Collectors.joining(", ", "id Int32, ", ""));
  }

  private static void createTarget(String name, List<CatalogueColumn> columns) {
    pipeline
        .clickHouse()
        .execute(
            "CREATE TABLE " + name + " (" + schema(columns) + ") ENGINE = MergeTree ORDER BY id");
  }

  private static void register(
      String name, Mode mode, List<CatalogueColumn> columns, boolean transformAtSource) {
    Path configs = Home.locate().configs();
    String withSchemas = Boolean.toString(mode.schemas());
    Map<String, String> converters =
        Map.of(
            "key.converter.schemas.enable",
            withSchemas,
            "value.converter.schemas.enable",
            withSchemas);
    Map<String, String> source =
        new HashMap<>(ConnectorSpec.read(configs.resolve("source.json")).config());
    source.putAll(mode.sourceSettings());
    source.putAll(converters);
    source.put("table.include.list", "public." + name);
    source.put("topic.prefix", name);
    source.put("slot.name", name);
    source.put("publication.name", name);
    source.remove("heartbeat.action.query");
    Map<String, String> sink =
        new HashMap<>(ConnectorSpec.read(configs.resolve("sink.json")).config());
    sink.putAll(converters);
    sink.put("topics", name + ".public." + name);
    sink.put("topic2TableMap", name + ".public." + name + "=" + name);
    sink.put("transforms.fact.schema", schema(columns));
    sink.put("transforms.fact.timestamp.unit", mode.timestampUnit());
    sink.put("transforms.fact.delete.handling", "drop");
    sink.put("errors.tolerance", "none");
    sink.keySet()
        .removeIf(setting -> setting.contains("renames") || setting.contains("deadletter"));
    if (transformAtSource) {
      sink.forEach(
          (key, value) -> {
            if (key.startsWith("transforms")) {
              source.put(key, value);
            }
          });
      sink.keySet().removeIf(key -> key.startsWith("transforms"));
    }
    Registration registration = new Registration(pipeline.connect());
    for (ConnectorSpec spec :
        List.of(
            new ConnectorSpec(name + "_source", source), new ConnectorSpec(name + "_sink", sink))) {
      assertThat(registration.validate(spec)).as(spec.name()).isEmpty();
      pipeline.connect().put(spec);
      registration.awaitRunning(spec.name(), LIMIT);
    }
  }

  private static Map<String, String> expected(String name, List<CatalogueColumn> columns)
      throws SQLException {
    Map<String, String> values = new TreeMap<>();
    String list = columns.stream().map(CatalogueColumn::expected).collect(Collectors.joining(", "));
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT id, " + list + " FROM " + name + " ORDER BY id")) {
      while (result.next()) {
        for (int i = 0; i < columns.size(); i++) {
          String value = result.getString(i + 2);
          values.put(
              result.getInt(1) + " " + columns.get(i).name(), value == null ? "NULL" : value);
        }
      }
    }
    return values;
  }

  /** What the transform's own metrics say, read over JMX from the running worker. */
  private static long rowsCounted(String connector) {
    Supervisor worker =
        pipeline.stack().servers().stream()
            .filter(server -> server.name().equals("Connect"))
            .findFirst()
            .orElseThrow();
    try {
      VirtualMachine machine = VirtualMachine.attach(worker.pid().orElseThrow().toString());
      try (JMXConnector jmx =
          JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()))) {
        MBeanServerConnection beans = jmx.getMBeanServerConnection();
        ObjectName pattern =
            new ObjectName(
                "kafka.connect:type=plugins,connector=" + connector + ",transformation=fact,*");
        long rows = 0;
        for (ObjectName bean : beans.queryNames(pattern, null)) {
          if (bean.getKeyProperty("operation") != null) {
            rows += ((Number) beans.getAttribute(bean, "rows-total")).longValue();
          }
        }
        return rows;
      } finally {
        machine.detach();
      }
    } catch (Exception e) {
      throw new AssertionError("the worker's metrics cannot be read", e);
    }
  }

  private static List<String> differences(
      Map<String, String> expected, Map<String, String> actual) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    return expected.entrySet().stream()
        .filter(value -> !value.getValue().equals(actual.get(value.getKey())))
        .map(value -> value + " in Postgres, " + actual.get(value.getKey()) + " in ClickHouse")
        .toList();
  }

  private static Map<String, String> actual(String name, List<CatalogueColumn> columns) {
    Map<String, String> values = new TreeMap<>();
    String list = columns.stream().map(CatalogueColumn::actual).collect(Collectors.joining(", "));
    List<GenericRecord> found =
        pipeline.clickHouse().rows("SELECT id, " + list + " FROM " + name + " ORDER BY id");
    for (GenericRecord row : found) {
      for (int i = 0; i < columns.size(); i++) {
        Object value = row.getObject(i + 2);
        values.put(
            row.getInteger(1) + " " + columns.get(i).name(),
            value == null ? "NULL" : value.toString());
      }
    }
    return values;
  }

  private static void dropSlot(String name) {
    await(name)
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(
            () -> {
              try (Connection connection = pipeline.stack().postgres().connect();
                  Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_drop_replication_slot('" + name + "')");
                return true;
              }
            });
  }
}

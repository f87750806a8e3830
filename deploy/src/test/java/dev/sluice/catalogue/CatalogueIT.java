package dev.sluice.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.clickhouse.client.api.query.GenericRecord;
import com.sun.tools.attach.VirtualMachine;
import dev.sluice.Narrator;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.Supervisor;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.TableMapping.MappedColumn;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.Registration;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.verify.Comparisons;
import dev.sluice.verify.TableComparison;
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
import java.util.Set;
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

  /** Types whose text does not say all: see CanonicalForm. */
  private static final Set<String> READ_BY_DEBEZIUM_ALONE =
      Set.of(
          "numeric",
          "money",
          "float4",
          "float8",
          "date",
          "timestamp",
          "timestamptz",
          "time",
          "timetz",
          "point",
          "hstore");

  private static final Map<String, String> WITH_SCHEMAS =
      Map.of(
          "key.converter", JsonConverters.KAFKAS,
          "value.converter", JsonConverters.KAFKAS,
          "value.converter.replace.null.with.default", "false");

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
      statement.execute(
          "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO sluice");
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
    List<CatalogueColumn> columns = Catalogue.columns(mode);
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
      TableMapping mapping = mapping(name);
      assertVerified(mapping, columns.size() + 1);
      assertLoadedAlike(name, mapping, rows);
      assertThat(rowsCounted(name + (transformAtSource ? "_source" : "_sink"))).isEqualTo(rows);
    } finally {
      pipeline.connect().delete(name + "_sink");
      pipeline.connect().delete(name + "_source");
      dropSlot(name);
    }
  }

  private static TableMapping mapping(String name) throws SQLException {
    Map<String, ConnectClient.Connector> connectors = pipeline.connect().connectors();
    Map<String, String> source = connectors.get(name + "_source").config();
    Map<String, String> sink = connectors.get(name + "_sink").config();
    return mapping(
        name,
        FactMapping.of(FactMapping.isIn(sink) ? sink : source, sink.get("topics")),
        source,
        name);
  }

  private static TableMapping mapping(
      String name, FactMapping settings, Map<String, String> source, String fact)
      throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect()) {
      return TableMapping.of(
          settings,
          SourceModes.of(source),
          connection,
          new TableName("public", name),
          pipeline.clickHouse(),
          fact);
    }
  }

  /** The same rows loaded without Debezium and without the transform. */
  private static void assertLoadedAlike(String name, TableMapping mapping, int rows)
      throws SQLException {
    List<MappedColumn> loadable =
        mapping.columns().stream().filter(column -> column.copy() != null).toList();
    assertThat(mapping.columns())
        .filteredOn(column -> column.copy() == null)
        .extracting(column -> column.source().type() + (column.source().isArray() ? "[]" : ""))
        .allMatch(type -> type.endsWith("[]") || READ_BY_DEBEZIUM_ALONE.contains(type));
    String schema =
        loadable.stream()
            .map(column -> column.fact().name() + " " + column.fact().type())
            .collect(Collectors.joining(", "));
    String fact = name + "_loaded";
    pipeline
        .clickHouse()
        .execute("CREATE TABLE " + fact + " (" + schema + ") ENGINE = MergeTree ORDER BY id");
    FactMapping settings = mapping.settings().withSchema(schema);
    Map<String, String> source = pipeline.connect().connectors().get(name + "_source").config();
    BulkLoad.Result loaded =
        new InitialLoad(
                pipeline.stack().postgres(),
                pipeline.clickHouse(),
                mapping(name, settings, source, fact),
                fact,
                pipeline.options().dataDir(),
                BulkLoad.Options.DEFAULT,
                Narrator.SILENT)
            .run(false);
    assertThat(loaded.rows()).isEqualTo(rows);
    List<String> different = new ArrayList<>();
    for (MappedColumn column : loadable) {
      String value = "tuple(" + column.fact().name() + ")::String";
      long differing =
          pipeline
              .clickHouse()
              .number(
                  "SELECT count() FROM (SELECT id, %1$s AS v FROM %2$s) AS a JOIN (SELECT id, %1$s AS v FROM %3$s) AS b ON a.id = b.id WHERE a.v != b.v"
                      .formatted(value, name, fact));
      if (differing > 0) {
        different.add(
            differing + " rows: " + column.source().castType() + " to " + column.fact().type());
      }
    }
    assertThat(different).isEmpty();
    dropSlot(fact);
  }

  /** What {@code verify} says of the same rows, by its own SQL. */
  private static void assertVerified(TableMapping mapping, int columns) {
    TableComparison.Result result =
        Comparisons.of(pipeline.stack().postgres(), pipeline.clickHouse(), mapping).compare();
    assertThat(result.differences())
        .as(() -> result.differences().stream().flatMap(d -> d.columns().stream()).toList() + "")
        .isEmpty();
    assertThat(result.identical()).isTrue();
    assertThat(result.notCompared()).isEmpty();
    assertThat(mapping.columns()).hasSize(columns);
  }

  /**
   * Row n holds each column's n-th value; columns with fewer begin again. One row is all null,
   * though every column has a default.
   */
  private static int createSource(String name, Mode mode, List<CatalogueColumn> columns)
      throws SQLException {
    int rows =
        columns.stream()
            .mapToInt(column -> Catalogue.valuesOf(column, mode).size())
            .max()
            .orElseThrow();
    String definitions =
        columns.stream()
            .map(c -> c.name() + " " + c.postgresType() + " DEFAULT " + valueOf(c, mode, 0))
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
    List<String> values = Catalogue.valuesOf(column, mode);
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
    Map<String, String> converters = mode.schemas() ? WITH_SCHEMAS : Map.of();
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
      registration.apply(registration.changes(List.of(spec)), LIMIT, running -> {});
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

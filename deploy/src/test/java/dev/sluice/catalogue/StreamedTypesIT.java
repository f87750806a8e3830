package dev.sluice.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Narrator;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.Registration;
import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every type through a real stream, against what {@link StreamedTypes} says of it. */
final class StreamedTypesIT {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A type, a value of it in Postgres's SQL, and the JSON of it that a change has to bring. */
  private record Case(String type, String value, String json) {}

  private static final List<Case> ARRIVE =
      List.of(
          new Case("bool", "true", "true"),
          new Case("int2", "-7", "-7"),
          new Case("int8", "9007199254740993", "9007199254740993"),
          new Case("oid", "4294967295", "4294967295"),
          new Case("float4", "'0.1'", "0.1"),
          new Case("float8", "'NaN'", "\"NaN\""),
          new Case(
              "numeric",
              "123456789012345678901234567890.5",
              "\"123456789012345678901234567890.5\""),
          new Case("money", "12.5", "\"12.50\""),
          new Case("char(4)", "'ab'", "\"ab  \""),
          new Case("\"char\"", "'c'", "\"c\""),
          new Case("text", "E'a\\nb'", "\"a\\nb\""),
          new Case("xml", "'<a/>'", "\"<a/>\""),
          new Case("jsonb", "'{\"a\": 1}'", "\"{\\\"a\\\": 1}\""),
          new Case("bytea", "'\\xdead'", "\"3q0=\""),
          new Case("date", "'2026-02-28'", "\"2026-02-28Z\""),
          new Case("timestamp", "'2026-02-28 10:00:00.5'", "\"2026-02-28T10:00:00.5Z\""),
          new Case("timetz", "'10:20:30+02'", "\"08:20:30Z\""),
          new Case("timetz", "'10:20:30.5+02'", "\"08:20:30.5Z\""),
          new Case("time", "'10:20'", "\"10:20:00Z\""),
          new Case("time", "'10:20:30.000120'", "\"10:20:30.00012Z\""),
          new Case("date", "'0044-03-15 BC'", "\"-0043-03-15Z\""),
          new Case("date", "'10000-01-01'", "\"+10000-01-01Z\""),
          new Case("timestamp", "'10000-01-01'", "\"+10000-01-01T00:00:00Z\""),
          new Case("timestamp", "'0044-03-15 12:00 BC'", "\"-0043-03-15T12:00:00Z\""),
          new Case("timestamptz", "'2026-02-28 10:00+00'", "\"2026-02-28T10:00:00.000000Z\""),
          new Case("timestamptz", "'2026-02-28 10:00:00.5+01'", "\"2026-02-28T09:00:00.500000Z\""),
          new Case("timestamptz(3)", "'2026-02-28 10:00+00'", "\"2026-02-28T10:00:00.000Z\""),
          new Case("timestamptz(0)", "'2026-02-28 10:00+00'", "\"2026-02-28T10:00:00Z\""),
          new Case("timestamptz", "'10000-01-01 00:00+00'", "\"+10000-01-01T00:00:00.000000Z\""),
          new Case("numeric", "0.0000001", "\"0.0000001\""),
          new Case("numeric", "1e20", "\"100000000000000000000\""),
          new Case("numeric(10, 4)", "1.5", "\"1.5000\""),
          new Case("numeric", "0.00", "\"0.00\""),
          new Case("interval", "'1 day'", "86400000000"),
          new Case("inet", "'10.0.0.1/24'", "\"10.0.0.1/24\""),
          new Case("macaddr8", "'08:00:2b:01:02:03:04:05'", "\"08:00:2b:01:02:03:04:05\""),
          new Case("bit(1)", "B'1'", "true"),
          new Case("numrange", "'[1.5,2.5)'", "\"[1.5,2.5)\""),
          new Case("tsvector", "'a b'", "\"'a' 'b'\""),
          new Case("mood", "'ok'", "\"ok\""),
          new Case("positive", "5", "5"),
          new Case("mood_domain", "'ok'", "\"ok\""),
          new Case("ints", "'{1,NULL}'", "[1,null]"),
          new Case("int4[]", "'{1,NULL}'", "[1,null]"),
          new Case("text[]", "'{a,NULL,\"b c\"}'", "[\"a\",null,\"b c\"]"),
          new Case("char(3)[]", "'{ab}'", "[\"ab \"]"),
          new Case("numeric[]", "'{1.5,2}'", "[\"1.5\",\"2\"]"),
          new Case(
              "uuid[]",
              "'{00000000-0000-0000-0000-000000000001}'",
              "[\"00000000-0000-0000-0000-000000000001\"]"),
          new Case("bytea[]", "ARRAY['\\xdead'::bytea]", "[\"3q0=\"]"),
          new Case("date[]", "'{2026-01-01}'", "[\"2026-01-01Z\"]"),
          new Case("date[]", "'{1582-10-04,1582-10-15}'", "[\"1582-10-04Z\",\"1582-10-15Z\"]"),
          new Case("date[]", "'{0001-01-01}'", "[\"0001-01-01Z\"]"),
          new Case("time[]", "'{10:20:30.5}'", "[\"10:20:30.5Z\"]"),
          new Case("timestamp[]", "'{1582-10-15 00:00}'", "[\"1582-10-15T00:00:00Z\"]"),
          new Case(
              "timestamptz[]",
              "'{1400-01-01 00:00+00,1582-10-15 00:00+00}'",
              "[\"1400-01-01T00:00:00.000000Z\",\"1582-10-15T00:00:00.000000Z\"]"),
          new Case("mood[]", "'{ok,sad}'", "[\"ok\",\"sad\"]"),
          new Case("jsonb[]", "ARRAY['{}'::jsonb]", "[\"{}\"]"),
          new Case("inet[]", "'{10.0.0.1}'", "[\"10.0.0.1\"]"),
          new Case("int4range[]", "'{\"[1,5)\"}'", "[\"[1,5)\"]"));

  /** What arrives as null, as another value, or not at all. */
  private static final List<Case> ARE_LOST =
      List.of(
          new Case("name", "'x'", null),
          new Case("pg_lsn", "'0/1'", null),
          new Case("int4multirange", "'{[1,3)}'", null),
          new Case("xid8", "'7'", null),
          new Case("tid", "'(0,1)'", null),
          new Case("tsquery", "'a & b'", null),
          new Case("regclass", "'pg_class'", null),
          new Case("jsonpath", "'$.a'", null),
          new Case("pair", "(1,'x')", null),
          new Case("oidvector", "'1 2'", null),
          new Case("bit(3)", "B'101'", null),
          new Case("varbit", "B'101'", null),
          new Case("name[]", "'{a}'", null),
          new Case("money[]", "'{1}'", null),
          new Case("bit(3)[]", "'{101}'", null),
          new Case("varbit[]", "'{1}'", null),
          new Case("interval[]", "'{1 day}'", null),
          new Case("positive[]", "'{5}'", null),
          new Case("pair[]", "ARRAY[(1,'x')::pair]", null),
          new Case("xml[]", "ARRAY['<a/>'::xml]", null),
          new Case("point[]", "'{\"(1,2)\"}'", null),
          new Case("pg_lsn[]", "'{0/1}'", null));

  /** Values of types that arrive, which do not. */
  private static final List<Case> LOST_VALUES =
      List.of(
          new Case("time", "'24:00'", "\"24:00:00Z\""),
          new Case("time[]", "'{24:00}'", "[\"24:00:00Z\"]"),
          new Case("time[]", "'{10:20:30.00012}'", "[\"10:20:30.00012Z\"]"),
          new Case("int4[]", "'{{1,2},{3,4}}'", "[[1,2],[3,4]]"),
          new Case("text[]", "'{{a},{b}}'", "[[\"a\"],[\"b\"]]"),
          new Case("numeric[]", "'{NaN,1}'", "[\"NAN\",\"1\"]"),
          new Case("mood[]", "'{ok,NULL}'", "[\"ok\",null]"),
          new Case("ltree[]", "'{a.b,NULL}'", "[\"a.b\",null]"),
          new Case("date[]", "'{-infinity}'", "[\"-infinity\"]"),
          new Case("date[]", "'{0044-03-15 BC}'", "[\"-0043-03-15Z\"]"),
          new Case("date[]", "'{1582-10-10}'", "[\"1582-10-10Z\"]"),
          new Case("timestamp[]", "'{1400-01-01 00:00}'", "[\"1400-01-01T00:00:00Z\"]"),
          new Case("timestamp[]", "'{1582-10-14 23:00}'", "[\"1582-10-14T23:00:00Z\"]"),
          new Case("timestamptz[]", "'{-infinity}'", "[\"-infinity\"]"),
          new Case(
              "timestamptz[]", "'{0044-03-15 12:00+00 BC}'", "[\"-0043-03-15T12:00:00.000000Z\"]"),
          new Case(
              "timestamptz[]", "'{1582-10-05 00:00+00}'", "[\"1582-10-05T00:00:00.000000Z\"]"));

  @Test
  void whatIsSaidOfATypeIsWhatItsChangesBring(@TempDir Path dataDir) throws Exception {
    List<Case> all = new ArrayList<>(ARRIVE);
    all.addAll(ARE_LOST);
    all.addAll(LOST_VALUES);
    StringBuilder columns = new StringBuilder("id int PRIMARY KEY");
    StringBuilder values = new StringBuilder("1");
    for (int i = 0; i < all.size(); i++) {
      columns.append(", c").append(i).append(' ').append(all.get(i).type());
      values.append(", ").append(all.get(i).value());
    }
    LocalOptions options = LocalOptions.embedded(dataDir).with(1, FactTable.DEFAULT);
    try (LocalPipeline pipeline = new LocalPipeline(options, Home.locate(), Narrator.SILENT)) {
      pipeline.start();
      execute(
          pipeline,
          "CREATE EXTENSION ltree; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN mood_domain"
              + " AS mood; CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN ints AS"
              + " int[]; CREATE TYPE pair AS (a int, b text); CREATE TABLE kinds ("
              + columns
              + "); GRANT SELECT ON kinds TO sluice; ALTER TABLE kinds REPLICA IDENTITY FULL; ALTER PUBLICATION sluice ADD TABLE"
              + " kinds");
      ConnectorSpec source = pipeline.connectors().get(0);
      ConnectorSpec kinds =
          new ConnectorSpec(
              "kinds-source",
              source
                  .with(
                      Map.of(
                          "topic.prefix", "kinds",
                          "slot.name", "kinds",
                          "table.include.list", "public.kinds",
                          "snapshot.mode", "no_data"))
                  .config());
      Registration registration = new Registration(pipeline.connect());
      registration.apply(
          registration.changes(List.of(kinds)), Duration.ofSeconds(60), running -> {});
      await().until(() -> slotIsRead(pipeline));
      execute(pipeline, "INSERT INTO kinds VALUES (" + values + ")");

      JsonNode after = firstChange(pipeline.stack().kafka(), "kinds.public.kinds").path("after");

      Map<String, SourceColumn> catalogue;
      try (Connection connection = pipeline.stack().postgres().connect()) {
        catalogue = SourceColumn.of(connection, new TableName("public", "kinds"));
      }
      for (int i = 0; i < all.size(); i++) {
        Case each = all.get(i);
        SourceColumn column = catalogue.get("c" + i);
        JsonNode came = after.get("c" + i);
        boolean right = each.json() != null && JSON.readTree(each.json()).equals(came);
        String refusal = StreamedTypes.refusal(column, true);
        if (ARRIVE.contains(each)) {
          assertThat(right).as("%s came as %s", each, came).isTrue();
          assertThat(refusal).as(each.toString()).isNull();
        } else if (ARE_LOST.contains(each)) {
          assertThat(refusal).as("%s came as %s", each, came).isNotNull();
        } else {
          assertThat(right).as("%s came as %s", each, came).isFalse();
          assertThat(matches(pipeline, StreamedTypes.lostValues(column, "c" + i)))
              .as(each.toString())
              .isTrue();
        }
      }
    }
  }

  private static boolean slotIsRead(LocalPipeline pipeline) throws SQLException {
    return is(
        pipeline,
        "SELECT coalesce(bool_or(active), false) FROM pg_replication_slots WHERE slot_name = 'kinds'");
  }

  private static boolean matches(LocalPipeline pipeline, String condition) throws SQLException {
    return is(pipeline, "SELECT count(*) = 1 FROM kinds WHERE " + condition);
  }

  private static boolean is(LocalPipeline pipeline, String question) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery(question)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static void execute(LocalPipeline pipeline, String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static JsonNode firstChange(String kafka, String topic) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", kafka);
    settings.put("allow.auto.create.topics", "false");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<JsonNode> found = new ArrayList<>();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                        .map(p -> new TopicPartition(topic, p.partition()))
                        .toList();
                if (partitions.isEmpty()) {
                  return false;
                }
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                consumer
                    .poll(Duration.ofMillis(500))
                    .forEach(record -> found.add(json(record.value())));
                return !found.isEmpty();
              });
      return found.get(0);
    }
  }

  private static JsonNode json(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which events give which rows, and what passes through. */
class ExtractFactRowTest extends TransformTest {

  @ParameterizedTest
  @EnumSource
  void createBecomesTheRowInAfterWithExactlyTheTypesOfTheSchema(Form form) {
    transform.configure(Visits.settings());

    Struct row = rowOf(form.record(null, Visits.row(), "c", Visits.SOURCE));

    assertThat(row.schema().fields()).extracting("name").startsWith("id", "customer_id");
    assertThat(row.schema().fields()).hasSize(21);
    assertThat(values(row))
        .containsExactly(
            "6f1c0a52-8a4e-4b61-9d0e-0c8d5f3c7a11",
            "c0000000-0000-0000-0000-000000000001",
            "b0000000-0000-0000-0000-000000000002",
            "50000000-0000-0000-0000-000000000003",
            "ca000000-0000-0000-0000-000000000004",
            "+49 30 \"1234\"\n☎",
            1,
            -7,
            12.5,
            99999999999999.99,
            "DE",
            Double.NaN,
            1_795_341_600_123L,
            1_795_341_601_000L,
            0,
            253_402_300_799_999L,
            "0d000000-0000-0000-0000-000000000005",
            (byte) 0,
            (byte) 1,
            "push",
            "true");
    row.validate();
  }

  @ParameterizedTest
  @ValueSource(strings = {"c", "r", "u"})
  void createReadAndUpdateAllTakeTheRowInAfter(String op) {
    transform.configure(Visits.settings());
    Struct before = Visits.row().put("state", 1);
    Struct after = Visits.row().put("state", 2);

    for (Form form : Form.values()) {
      assertThat(rowOf(form.record(before, after, op, Visits.SOURCE)).get("state")).isEqualTo(2);
    }
  }

  @Test
  void tombstoneIsDropped() {
    transform.configure(Visits.settings());

    assertThat(transform.apply(Form.record(null))).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void logicalDecodingMessageIsDropped(Form form) {
    transform.configure(Visits.settings());

    assertThat(transform.apply(form.record(null, null, "m", Visits.SOURCE))).isNull();
  }

  @Test
  void heartbeatsTransactionMarkersAndSchemaChangesAreDropped() {
    transform.configure(Visits.settings());
    Schema heartbeat = SchemaBuilder.struct().field("ts_ms", Schema.INT64_SCHEMA).build();

    assertThat(transform.apply(Form.record(new Struct(heartbeat).put("ts_ms", 1L)))).isNull();
    assertThat(transform.apply(Form.record(Map.of("ts_ms", 1L)))).isNull();
    assertThat(transform.apply(Form.record(transaction("BEGIN")))).isNull();
    assertThat(
            transform.apply(
                Form.record(Map.of("ddl", "ALTER", "source", Map.of(), "position", Map.of()))))
        .isNull();
  }

  @Test
  void whatCouldBeARowIsNotDropped() {
    transform.configure(Visits.settings());

    assertThatThrownBy(
            () -> transform.apply(Form.record(Map.of("schema", Map.of(), "payload", Map.of()))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("schemas.enable=true");
    for (Map<?, ?> flat :
        List.<Map<?, ?>>of(
            Map.of("id", "1", "status", "NEW"),
            Map.of("id", "1", "status", "BEGIN", "amount", 1L),
            Map.of("id", "1", "status", "END"),
            transaction("OPEN"),
            Map.of("ts_ms", 1L, "id", "1"),
            Map.of("ddl", "x"),
            Map.of("before", Map.of(), "after", Map.of()),
            Map.of())) {
      assertThatThrownBy(() -> transform.apply(Form.record(flat)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("no change event");
    }
  }

  private static Map<String, Object> transaction(String status) {
    return Map.of(
        "status", status, "id", "7", "ts_ms", 1L, "event_count", 1L, "data_collections", List.of());
  }

  @ParameterizedTest
  @EnumSource
  void truncateFailsUnlessSkippingIsAsked(Form form) {
    SinkRecord truncate = form.record(null, null, "t", Visits.SOURCE);
    transform.configure(Visits.settings());
    assertThatThrownBy(() -> transform.apply(truncate))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("truncate.handling");

    transform.configure(Visits.settings("truncate.handling", "skip"));
    assertThat(transform.apply(truncate)).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void truncateThatPassesSaysWhichRowsAreDeleted(Form form) {
    SinkRecord truncate = form.record(null, null, "t", Visits.SOURCE);
    transform.configure(Visits.settings("truncate.handling", "pass"));

    Struct event = rowOf(truncate);

    assertThat(event.schema().name()).isEqualTo("dev.sluice.Truncate");
    assertThat(event.schema().fields()).extracting("name").containsExactly("is_deleted");
    assertThat(values(event)).containsExactly((byte) 1);
    event.validate();
  }

  @ParameterizedTest
  @EnumSource
  void truncateOfTheStrictTableHasAVersion(Form form) {
    transform.configure(
        Map.of(
            "schema", "id String, _version UInt64, gone Bool",
            "delete.field", "gone",
            "version.field", "_version",
            "metadata.columns", "_version:lsn",
            "truncate.handling", "pass"));

    Struct event = rowOf(form.record(null, null, "t", Visits.SOURCE));

    assertThat(event.schema().fields()).extracting("name").containsExactly("gone", "_version");
    assertThat(values(event)).containsExactly(true, 27_182_818L);
    Map<String, Object> withoutLsn = new HashMap<>(Visits.SOURCE);
    withoutLsn.put("lsn", null);
    assertThatThrownBy(() -> transform.apply(form.record(null, null, "t", withoutLsn)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column _version");
  }

  @ParameterizedTest
  @EnumSource
  void everyPositionIsCountedFromTheBase(Form form) {
    transform.configure(
        Map.of(
            "schema", "id String, _version UInt64, gone Bool",
            "delete.field", "gone",
            "version.field", "_version",
            "metadata.columns", "_version:lsn",
            "replica.identity", "full",
            "truncate.handling", "pass",
            "lsn.base", "1000000000000"));
    Struct row = Visits.row();
    SinkRecord moved = form.record(row, null, "d", Visits.SOURCE);
    moved.headers().addString("__debezium.newkey", "whatever");

    assertThat(rowOf(form.record(null, row, "c", Visits.SOURCE)).get("_version"))
        .isEqualTo(1_000_027_182_818L);
    assertThat(rowOf(form.record(row, null, "d", Visits.SOURCE)).get("_version"))
        .isEqualTo(1_000_027_182_818L);
    assertThat(rowOf(moved).get("_version")).isEqualTo(1_000_027_182_817L);
    assertThat(rowOf(form.record(null, null, "t", Visits.SOURCE)).get("_version"))
        .isEqualTo(1_000_027_182_818L);
  }

  @ParameterizedTest
  @EnumSource
  void unknownOperationIsBadData(Form form) {
    transform.configure(Visits.settings());

    assertThatThrownBy(() -> transform.apply(form.record(null, Visits.row(), "x", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "ExtractFactRow: the envelope's op is none of c, r, u, d, t, m, at visits-3-42");
  }

  @Test
  void valueThatIsNeitherStructNorMapIsBadData() {
    transform.configure(Visits.settings());

    assertThatThrownBy(() -> transform.apply(Form.record("not an envelope")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("wanted a Struct or a Map")
        .hasMessageNotContaining("not an envelope");
  }

  @ParameterizedTest
  @EnumSource
  void everythingAroundTheValueButTheTimestampPassesThrough(Form form) {
    transform.configure(Visits.settings());
    Object envelope = form.envelope(null, Visits.row(), "c", Visits.SOURCE);
    var headers = new ConnectHeaders().addString("trace", "t1");
    SinkRecord record =
        new SinkRecord(
            "visits",
            3,
            Schema.STRING_SCHEMA,
            "key",
            envelope instanceof Struct struct ? struct.schema() : null,
            envelope,
            42,
            99L,
            org.apache.kafka.common.record.TimestampType.CREATE_TIME,
            headers);

    SinkRecord result = transform.apply(record);

    assertThat(result.topic()).isEqualTo("visits");
    assertThat(result.kafkaPartition()).isEqualTo(3);
    assertThat(result.kafkaOffset()).isEqualTo(42);
    assertThat(result.key()).isEqualTo("key");
    assertThat(result.keySchema()).isEqualTo(Schema.STRING_SCHEMA);
    assertThat(result.timestamp()).isEqualTo(Visits.COMMIT_MILLIS);
    assertThat(result.headers()).isEqualTo(headers).isNotSameAs(headers);
    assertThat(record.value()).isEqualTo(form.envelope(null, Visits.row(), "c", Visits.SOURCE));
  }

  @Test
  void timestampStaysWhereTheCommitTimeIsUnknown() {
    transform.configure(Visits.settings());
    SinkRecord record = Form.MAP.record(null, Visits.row(), "c", Map.of("lsn", 1L));
    SinkRecord timed = record.newRecord("visits", 3, null, null, null, record.value(), 99L);

    assertThat(transform.apply(timed).timestamp()).isEqualTo(99L);
  }

  @ParameterizedTest
  @EnumSource
  void worksOnTheSourceSideToo(Form form) {
    var atTheSource = new ExtractFactRow<SourceRecord>();
    atTheSource.configure(Visits.settings());
    Object envelope = form.envelope(null, Visits.row().put("points", "x"), "c", Visits.SOURCE);
    Schema schema = envelope instanceof Struct struct ? struct.schema() : null;
    var offset = Map.of("lsn", 1L);
    var bad = new SourceRecord(Map.of(), offset, "visits", 0, null, null, schema, envelope);

    assertThatThrownBy(() -> atTheSource.apply(bad))
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith("at topic visits");

    Object good = form.envelope(null, Visits.row(), "c", Visits.SOURCE);
    SourceRecord result =
        atTheSource.apply(bad.newRecord("visits", 0, null, null, schema, good, 5L));
    assertThat(((Struct) result.value()).get("points")).isEqualTo(12.5);
    assertThat(result.sourceOffset()).isEqualTo(offset);
    assertThat(result.timestamp()).isEqualTo(5L);
  }

  @Test
  void alternatingAndRecreatedSchemasAreReadByTheirOwnPlans() {
    transform.configure(Visits.settings());
    for (int i = 0; i < 200; i++) {
      SchemaBuilder builder = SchemaBuilder.struct().name("v" + i % 100).optional();
      // The position of the columns differs from version to version.
      for (int filler = 0; filler < i % 100; filler++) {
        builder.field("filler" + filler, Schema.OPTIONAL_STRING_SCHEMA);
      }
      Visits.ROW.fields().forEach(field -> builder.field(field.name(), field.schema()));
      Struct source = new Struct(builder.build());
      Visits.ROW.fields().forEach(field -> source.put(field.name(), Visits.row().get(field)));

      Struct row = rowOf(Form.STRUCT.record(null, source.put("state", i), "c", Visits.SOURCE));

      assertThat(row.get("state")).isEqualTo(i);
      assertThat(row.get("order_id")).isEqualTo("0d000000-0000-0000-0000-000000000005");
    }
  }

  @ParameterizedTest
  @EnumSource
  void recordsTransformedInManyThreadsDoNotMix(Form form) throws Exception {
    transform.configure(Visits.settings());
    List<Thread> threads = new java.util.ArrayList<>();
    List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
    for (int t = 0; t < 4; t++) {
      int first = t * 1_000;
      Thread thread =
          new Thread(
              () -> {
                for (int i = first; i < first + 1_000; i++) {
                  Struct source = Visits.row().put("state", i);
                  Struct row = rowOf(form.record(null, source, "c", Visits.SOURCE));
                  assertThat(row.get("state")).isEqualTo(i);
                }
              });
      thread.setUncaughtExceptionHandler((ignored, failure) -> failures.add(failure));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }
}

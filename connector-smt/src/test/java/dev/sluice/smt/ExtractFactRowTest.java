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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtractFactRowTest {

  private static final String STRICT_SCHEMA = Visits.FACT_SCHEMA.strip() + ", _version UInt64";

  private final ExtractFactRow<SinkRecord> transform = new ExtractFactRow<>();

  @AfterEach
  void close() {
    transform.close();
  }

  private Struct rowOf(SinkRecord record) {
    return (Struct) transform.apply(record).value();
  }

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

  @ParameterizedTest
  @EnumSource
  void nullsStayNullInNullableColumns(Form form) {
    transform.configure(Visits.settings());
    Struct source = Visits.row();
    for (var field : Visits.ROW.fields()) {
      if (field.schema().isOptional()) {
        source.put(field, null);
      }
    }

    Struct row = rowOf(form.record(null, source, "c", Visits.SOURCE));

    assertThat(row.get("points")).isNull();
    assertThat(row.get("expires_at")).isNull();
    assertThat(row.get("is_bulk_points")).isNull();
    assertThat(row.get("is_fraud")).isEqualTo((byte) 1);
  }

  @ParameterizedTest
  @EnumSource
  void deleteBecomesTheLastRowFlaggedWithTheCommitTimeAsItsVersion(Form form) {
    transform.configure(Visits.settings());

    Struct row = rowOf(form.record(Visits.row(), null, "d", Visits.SOURCE));

    assertThat(row.get("is_deleted")).isEqualTo((byte) 1);
    assertThat(row.get("updated_at")).isEqualTo(Visits.COMMIT_MILLIS);
    assertThat(row.get("countryCode")).isEqualTo("DE");
  }

  @ParameterizedTest
  @EnumSource
  void deleteKeepsItsOwnVersionWhenThatIsLaterThanTheCommit(Form form) {
    transform.configure(Visits.settings());
    Struct before = Visits.row().put("updated_at", "2030-01-01T00:00:00Z");

    Struct row = rowOf(form.record(before, null, "d", Visits.SOURCE));

    assertThat(row.get("updated_at")).isEqualTo(1_893_456_000_000L);
  }

  @ParameterizedTest
  @EnumSource
  void deleteOfTheStrictTableKeepsTheLogPositionAsItsVersion(Form form) {
    transform.configure(
        Visits.settings(
            "schema",
            STRICT_SCHEMA,
            "metadata.columns",
            "_version:lsn",
            "version.field",
            "_version"));

    Struct row = rowOf(form.record(Visits.row(), null, "d", Visits.SOURCE));

    assertThat(row.get("_version")).isEqualTo(27_182_818L);
    assertThat(row.get("updated_at")).isEqualTo(1_795_341_601_000L);
    assertThat(row.get("is_deleted")).isEqualTo((byte) 1);
  }

  @ParameterizedTest
  @EnumSource
  void deleteUnderReplicaIdentityDefaultFillsUpWithDefaults(Form form) {
    Schema keyOnly =
        SchemaBuilder.struct()
            .optional()
            .field("id", Schema.STRING_SCHEMA)
            .field("state", Schema.OPTIONAL_INT32_SCHEMA)
            .field("created_at", Schema.OPTIONAL_STRING_SCHEMA)
            .build();
    transform.configure(Visits.settings());

    Struct row = rowOf(form.record(new Struct(keyOnly).put("id", "k"), null, "d", Visits.SOURCE));

    assertThat(row.get("id")).isEqualTo("k");
    assertThat(row.get("customer_id")).isEqualTo("");
    assertThat(row.get("created_at")).isEqualTo(0L);
    assertThat(row.get("state")).isNull();
    assertThat(row.get("is_fraud")).isEqualTo((byte) 0);
    assertThat(row.get("is_deleted")).isEqualTo((byte) 1);
    assertThat(row.get("updated_at")).isEqualTo(Visits.COMMIT_MILLIS);
  }

  @ParameterizedTest
  @EnumSource
  void deleteTakesTheEmptyTextsThatDebeziumFillsUpWith(Form form) {
    String schema =
        "id String, order_id UUID, sync_mechanism Enum8('push' = 3, 'pull' = 2), phone_number"
            + " Nullable(UUID), updated_at Int64, is_deleted UInt8";
    Struct before =
        Visits.row().put("order_id", "").put("sync_mechanism", "").put("phone_number", "");
    transform.configure(Map.of("schema", schema));

    Struct row = rowOf(form.record(before, null, "d", Visits.SOURCE));

    assertThat(row.get("order_id")).isEqualTo("00000000-0000-0000-0000-000000000000");
    assertThat(row.get("sync_mechanism")).isEqualTo("pull");
    assertThat(row.get("phone_number")).isNull();
    assertThatThrownBy(() -> transform.apply(form.record(null, before, "u", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column order_id");
    Struct wrong = Visits.row().put("order_id", "x").put("sync_mechanism", "push");
    assertThatThrownBy(() -> transform.apply(form.record(wrong, null, "d", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column order_id");
  }

  @ParameterizedTest
  @EnumSource
  void deleteWithoutACommitTimeIsBadData(Form form) {
    transform.configure(Visits.settings());
    Object envelope = form.envelope(Visits.row(), null, "d", Visits.SOURCE);
    if (envelope instanceof Struct struct) {
      Schema schema =
          SchemaBuilder.struct()
              .field("op", Schema.STRING_SCHEMA)
              .field("before", Visits.ROW)
              .build();
      envelope = new Struct(schema).put("op", "d").put("before", struct.get("before"));
    } else {
      ((Map<?, ?>) envelope).remove("source");
    }
    SinkRecord record = Form.record(envelope);

    assertThatThrownBy(() -> transform.apply(record))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "ExtractFactRow: column updated_at: found metadata, wanted Int64: the envelope says"
                + " nothing about the commit time, at visits-3-42");
  }

  @ParameterizedTest
  @EnumSource
  void metadataThatIsAbsentIsNullOrAnError(Form form) {
    Map<String, Object> source = new HashMap<>(Visits.SOURCE);
    source.put("lsn", null);
    String schema = "id String, v Nullable(UInt64), is_deleted Int8";
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", schema);
    settings.put("version.field", "v");
    settings.put("metadata.columns", "v:lsn");
    transform.configure(settings);
    assertThat(rowOf(form.record(null, Visits.row(), "c", source)).get("v")).isNull();

    settings.put("schema", schema.replace("Nullable(UInt64)", "UInt64"));
    transform.configure(settings);
    assertThatThrownBy(() -> transform.apply(form.record(null, Visits.row(), "c", source)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column v: found metadata, wanted UInt64");
  }

  @ParameterizedTest
  @EnumSource
  void valueLeftOutOfANonNullColumnHeedsBothSettings(Form form) {
    Struct source = Visits.row().put("phone_number", "__debezium_unavailable_value");
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", "phone_number String, updated_at Int64, is_deleted Int8");
    settings.put("unavailable.handling", "null");
    transform.configure(settings);
    assertThatThrownBy(() -> transform.apply(form.record(null, source, "u", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("left out of the event and the column forbids null");
    assertThat(rowOf(form.record(source, null, "d", Visits.SOURCE)).get("phone_number"))
        .isEqualTo("");

    settings.put("null.handling", "default");
    transform.configure(settings);
    assertThat(rowOf(form.record(null, source, "u", Visits.SOURCE)).get("phone_number"))
        .isEqualTo("");
  }

  @ParameterizedTest
  @EnumSource
  void nullInTheDeleteColumnOfTheSourceIsANullLikeAnyOther(Form form) {
    Schema row =
        SchemaBuilder.struct()
            .optional()
            .field("id", Schema.STRING_SCHEMA)
            .field("is_deleted", Schema.OPTIONAL_BOOLEAN_SCHEMA)
            .build();
    Struct source = new Struct(row).put("id", "k");
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", "id String, is_deleted Nullable(Int8), v UInt64");
    settings.put("version.field", "v");
    settings.put("metadata.columns", "v:lsn");
    transform.configure(settings);
    assertThat(rowOf(form.record(null, source, "c", Visits.SOURCE)).get("is_deleted")).isNull();

    settings.put("schema", "id String, is_deleted Int8, v UInt64");
    transform.configure(settings);
    assertThatThrownBy(() -> transform.apply(form.record(null, source, "c", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column is_deleted: found");
  }

  @ParameterizedTest
  @EnumSource
  void deleteIsDroppedWhenAskedTo(Form form) {
    transform.configure(Visits.settings("delete.handling", "drop"));

    assertThat(transform.apply(form.record(Visits.row(), null, "d", Visits.SOURCE))).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void deleteWithoutARowIsBadData(Form form) {
    transform.configure(Visits.settings());

    assertThatThrownBy(() -> transform.apply(form.record(null, null, "d", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "ExtractFactRow: the envelope has no row in before; REPLICA IDENTITY may be NOTHING,"
                + " at visits-3-42");
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
    assertThat(transform.apply(Form.record(Map.of("status", "BEGIN", "id", "7")))).isNull();
    assertThat(transform.apply(Form.record(Map.of("ddl", "ALTER", "source", Map.of())))).isNull();
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
  void valueThatDoesNotFitIsNamedByColumnTypesAndPlaceButNeverShown(Form form) {
    transform.configure(Visits.settings());
    Struct row = Visits.row().put("points", "secret-4711");

    assertThatThrownBy(() -> transform.apply(form.record(null, row, "c", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "ExtractFactRow: column points: found text, wanted Nullable(Float64): the text is not"
                + " a number, at visits-3-42");
  }

  @ParameterizedTest
  @EnumSource
  void missingSourceColumnIsAnErrorOnlyWhereNullIsForbidden(Form form) {
    transform.configure(Visits.settings("schema", Visits.FACT_SCHEMA.strip() + ", more Int8"));
    assertThatThrownBy(() -> transform.apply(form.record(null, Visits.row(), "c", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column more: found nothing, wanted Int8");

    transform.configure(
        Visits.settings("schema", Visits.FACT_SCHEMA.strip() + ", more Nullable(Int8)"));
    Struct row = rowOf(form.record(null, Visits.row(), "c", Visits.SOURCE));
    assertThat(row.get("more")).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void nullInAColumnThatForbidsItFailsOrBecomesTheDefault(Form form) {
    String schema = "id String, state Int32, updated_at Int64, is_deleted Int8";
    SinkRecord record = form.record(null, Visits.row().put("state", null), "c", Visits.SOURCE);
    transform.configure(Map.of("schema", schema));
    assertThatThrownBy(() -> transform.apply(record))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column state")
        .hasMessageContaining("forbids null");

    transform.configure(Map.of("schema", schema, "null.handling", "default"));
    assertThat(rowOf(record).get("state")).isEqualTo(0);
  }

  @ParameterizedTest
  @EnumSource
  void valueLeftOutOfTheEventFailsOrBecomesNull(Form form) {
    Struct source = Visits.row().put("sync_mechanism", "__debezium_unavailable_value");
    SinkRecord record = form.record(null, source, "u", Visits.SOURCE);
    transform.configure(Visits.settings());
    assertThatThrownBy(() -> transform.apply(record))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column sync_mechanism")
        .hasMessageContaining("left out");

    transform.configure(Visits.settings("unavailable.handling", "null"));
    assertThat(rowOf(record).get("sync_mechanism")).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void deleteFieldIsZeroWhenTheSourceHasNoSuchColumn(Form form) {
    Schema row = SchemaBuilder.struct().optional().field("id", Schema.STRING_SCHEMA).build();
    transform.configure(
        Map.of(
            "schema", "id String, deleted Bool, version UInt64",
            "delete.field", "deleted",
            "version.field", "version",
            "metadata.columns", "version:lsn"));

    Struct created = rowOf(form.record(null, new Struct(row).put("id", "k"), "c", Visits.SOURCE));
    Struct deleted = rowOf(form.record(new Struct(row).put("id", "k"), null, "d", Visits.SOURCE));

    assertThat(created.get("deleted")).isEqualTo(false);
    assertThat(deleted.get("deleted")).isEqualTo(true);
  }

  @ParameterizedTest
  @EnumSource
  void metadataColumnsTakeTheTypeOfTheSchema(Form form) {
    transform.configure(
        Map.of(
            "schema",
                "id String, lsn UInt64, op LowCardinality(String), at Int64, at64 DateTime64(3),"
                    + " tx Nullable(Int64), snap String, is_deleted Int8",
            "version.field", "lsn",
            "metadata.columns",
                "lsn:lsn, op:op, at:commit_ts, at64:commit_ts, tx:tx_id, snap:snapshot"));

    Struct row = rowOf(form.record(null, Visits.row(), "u", Visits.SOURCE));

    assertThat(values(row))
        .containsExactly(
            "6f1c0a52-8a4e-4b61-9d0e-0c8d5f3c7a11",
            27_182_818L,
            "u",
            Visits.COMMIT_MILLIS,
            Visits.COMMIT_MILLIS,
            314L,
            "false",
            (byte) 0);
  }

  @Test
  void defaultOfTheSourceColumnDoesNotReplaceItsNull() {
    Schema row =
        SchemaBuilder.struct()
            .optional()
            .field("id", Schema.STRING_SCHEMA)
            .field("state", SchemaBuilder.int32().optional().defaultValue(500).build())
            .build();
    transform.configure(
        Map.of(
            "schema", "id String, state Nullable(Int32), v UInt64, is_deleted Int8",
            "version.field", "v",
            "metadata.columns", "v:lsn"));
    Struct isNull = new Struct(row).put("id", "k").put("state", null);
    Struct isDefault = new Struct(row).put("id", "k").put("state", 500);

    assertThat(rowOf(Form.STRUCT.record(null, isNull, "c", Visits.SOURCE)).get("state")).isNull();
    assertThat(rowOf(Form.STRUCT.record(null, isDefault, "c", Visits.SOURCE)).get("state"))
        .isEqualTo(500);
  }

  @ParameterizedTest
  @EnumSource
  void everythingAroundTheValuePassesThrough(Form form) {
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
    assertThat(result.timestamp()).isEqualTo(99L);
    assertThat(result.headers()).isEqualTo(headers).isNotSameAs(headers);
    assertThat(record.value()).isEqualTo(form.envelope(null, Visits.row(), "c", Visits.SOURCE));
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

  @Test
  void rowSchemaCarriesNameNullabilityAndClickHouseTypes() {
    transform.configure(Visits.settings("schema.name", "visits.Fact"));

    Schema schema =
        transform.apply(Form.MAP.record(null, Visits.row(), "c", Visits.SOURCE)).valueSchema();

    assertThat(schema.name()).isEqualTo("visits.Fact");
    assertThat(schema.field("id").schema().isOptional()).isFalse();
    assertThat(schema.field("seen").schema().isOptional()).isTrue();
    Map<String, String> types = new HashMap<>();
    schema
        .fields()
        .forEach(f -> types.put(f.name(), f.schema().parameters().get("clickhouse.type")));
    assertThat(types)
        .containsEntry("id", "String")
        .containsEntry("seen", "Nullable(Int32)")
        .containsEntry("updated_at", "Int64");
  }

  private static List<Object> values(Struct row) {
    return row.schema().fields().stream().map(row::get).toList();
  }
}

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
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where the columns of a row get their values, and what happens when there is none. */
class RowColumnsTest extends TransformTest {

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
  void aSourceColumnThatIsMissingIsAnErrorAlsoWhereNullIsAllowed(Form form) {
    for (String type : List.of("Int8", "Nullable(Int8)")) {
      transform.configure(Visits.settings("schema", Visits.FACT_SCHEMA.strip() + ", more " + type));
      assertThatThrownBy(() -> transform.apply(form.record(null, Visits.row(), "c", Visits.SOURCE)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("column more: found nothing, wanted " + type);
    }
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
  void metadataColumnsTakeTheTypeOfTheSchema(Form form) {
    transform.configure(
        Map.of(
            "schema",
                "id String, lsn UInt64, op LowCardinality(String), at Int64, at64 DateTime64(3),"
                    + " text String, tx Nullable(Int64), snap String, is_deleted Int8",
            "version.field", "lsn",
            "metadata.columns",
                "lsn:lsn, op:op, at:commit_ts, at64:commit_ts, text:commit_ts, tx:tx_id, snap:snapshot"));

    Struct row = rowOf(form.record(null, Visits.row(), "u", Visits.SOURCE));

    assertThat(values(row))
        .containsExactly(
            "6f1c0a52-8a4e-4b61-9d0e-0c8d5f3c7a11",
            27_182_818L,
            "u",
            Visits.COMMIT_MILLIS,
            Visits.COMMIT_MILLIS,
            "2026-11-22T10:00:01.5Z",
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
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rows of deletes, and the column that marks them. */
class DeletedRowTest extends TransformTest {

  private static final String STRICT_SCHEMA = Visits.FACT_SCHEMA.strip() + ", _version UInt64";

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
}

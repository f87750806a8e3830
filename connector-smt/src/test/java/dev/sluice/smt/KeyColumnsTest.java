package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Columns that tell rows apart: never made up; and rows whose key changes. */
class KeyColumnsTest extends TransformTest {

  private static final String SCHEMA =
      "region String, id UUID, note Nullable(String), updated_at Int64, is_deleted Int8";

  private static final Schema ROW =
      SchemaBuilder.struct()
          .optional()
          .field("region", Schema.OPTIONAL_STRING_SCHEMA)
          .field("id", Schema.OPTIONAL_STRING_SCHEMA)
          .field("note", Schema.OPTIONAL_STRING_SCHEMA)
          .field("updated_at", Schema.OPTIONAL_INT64_SCHEMA)
          .build();

  private static final String ID = "6f1c0a52-8a4e-4b61-9d0e-0c8d5f3c7a11";

  private static Map<String, String> settings(String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", SCHEMA);
    settings.put("key.columns", "region, id");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  private static Map<String, String> byPosition() {
    return settings(
        "schema",
        SCHEMA + ", _version UInt64",
        "metadata.columns",
        "_version:lsn",
        "version.field",
        "_version");
  }

  private static Struct row(String region, String id, String note, Long updatedAt) {
    return new Struct(ROW)
        .put("region", region)
        .put("id", id)
        .put("note", note)
        .put("updated_at", updatedAt);
  }

  private static SinkRecord moved(SinkRecord record) {
    record.headers().addString("__debezium.newkey", "whatever");
    return record;
  }

  @ParameterizedTest
  @EnumSource
  void aKeyThatIsNullIsAnErrorInEveryEventAndUnderEverySetting(Form form) {
    transform.configure(
        settings(
            "null.handling",
            "default",
            "unavailable.handling",
            "null",
            "missing.columns",
            "ignore"));

    assertThatThrownBy(
            () -> transform.apply(form.record(row(null, ID, "x", 1L), null, "d", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column region: found null, wanted String: a column of the key");
    assertThatThrownBy(
            () -> transform.apply(form.record(null, row("eu", null, "x", 1L), "c", Visits.SOURCE)))
        .hasMessageContaining("column id");
    assertThatThrownBy(
            () ->
                transform.apply(
                    form.record(
                        null,
                        row("__debezium_unavailable_value", ID, "x", 1L),
                        "u",
                        Visits.SOURCE)))
        .hasMessageContaining("column region");
  }

  @ParameterizedTest
  @EnumSource
  void theEmptyTextThatDebeziumPutsForAUuidIsNoKey(Form form) {
    transform.configure(settings());

    assertThatThrownBy(
            () -> transform.apply(form.record(row("eu", "", null, null), null, "d", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column id: found text, wanted UUID");
  }

  @ParameterizedTest
  @EnumSource
  void aDeleteThatLacksItsKeyDeletesNoOtherRow(Form form) {
    transform.configure(
        settings("schema", SCHEMA.replace("region String", "region String DEFAULT ''")));
    Schema renamed =
        SchemaBuilder.struct()
            .optional()
            .field("area", Schema.STRING_SCHEMA)
            .field("id", Schema.STRING_SCHEMA)
            .build();
    Struct before = new Struct(renamed).put("area", "eu").put("id", ID);

    assertThatThrownBy(() -> transform.apply(form.record(before, null, "d", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column region: found nothing");
  }

  @ParameterizedTest
  @EnumSource
  void theOldRowOfAMovedKeyLosesAgainstWhatStandsAtItsPosition(Form form) {
    Map<String, String> full = byPosition();
    full.put("replica.identity", "full");
    transform.configure(full);
    SinkRecord delete = form.record(row("eu", ID, "x", 5L), null, "d", Visits.SOURCE);
    SinkRecord create = form.record(null, row("us", ID, "x", 5L), "c", Visits.SOURCE);
    create.headers().addString("__debezium.oldkey", "whatever");

    assertThat(rowOf(delete).get("_version")).isEqualTo(27_182_818L);
    assertThat(rowOf(moved(delete)).get("_version")).isEqualTo(27_182_817L);
    assertThat(rowOf(moved(delete)).get("is_deleted")).isEqualTo((byte) 1);
    assertThat(rowOf(create).get("_version")).isEqualTo(27_182_818L);
  }

  @ParameterizedTest
  @EnumSource
  void theOldRowOfAMovedKeyKeepsItsOwnVersion(Form form) {
    transform.configure(settings("replica.identity", "full"));
    SinkRecord delete = form.record(row("eu", ID, "x", 5L), null, "d", Visits.SOURCE);

    assertThat(rowOf(delete).get("updated_at")).isEqualTo(Visits.COMMIT_MILLIS);
    assertThat(rowOf(moved(delete)).get("updated_at")).isEqualTo(5L);
  }

  /** Debezium fills the old row with the columns' defaults: what stands there proves nothing. */
  @ParameterizedTest
  @EnumSource
  void theOldRowOfAMovedKeyWhoseVersionMayBeMadeUpIsAnError(Form form) {
    Map<String, String> small = settings("ignored.columns", "note");
    small.put("schema", SCHEMA.replace("note Nullable(String), ", ""));
    transform.configure(small);

    for (Long filler : new Long[] {null, 0L, 1L, 1_700_000_000_000L}) {
      SinkRecord keyOnly = form.record(row("eu", ID, null, filler), null, "d", Visits.SOURCE);
      assertThat(rowOf(keyOnly).get("updated_at")).isEqualTo(Visits.COMMIT_MILLIS);
      assertThatThrownBy(() -> transform.apply(moved(keyOnly)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("may lack its version")
          .hasMessageContaining("replica.identity=full");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theOldRowStaysWhereTheNewOneMayLackLargeValues(Form form) {
    transform.configure(byPosition());
    for (String filler : new String[] {null, "", "the column's default"}) {
      SinkRecord keyOnly =
          moved(form.record(row("eu", ID, filler, null), null, "d", Visits.SOURCE));
      assertThatThrownBy(() -> transform.apply(keyOnly))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("REPLICA IDENTITY FULL");
    }
    SinkRecord keyOnly = moved(form.record(row("eu", ID, null, null), null, "d", Visits.SOURCE));

    // Nothing of this row can be stored apart from it.
    Map<String, String> small = byPosition();
    small.put("schema", small.get("schema").replace("note Nullable(String), ", ""));
    small.put("ignored.columns", "note");
    transform.configure(small);
    assertThat(rowOf(keyOnly).get("_version")).isEqualTo(27_182_817L);

    // And a whole row can hold nothing.
    Map<String, String> full = byPosition();
    full.put("replica.identity", "full");
    transform.configure(full);
    assertThat(rowOf(keyOnly).get("_version")).isEqualTo(27_182_817L);
  }

  @Test
  void keyColumnsAreColumnsOfTheSchemaThatComeFromTheSource() {
    assertThatThrownBy(() -> transform.configure(settings("key.columns", "nobody")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("key.columns")
        .hasMessageContaining("the schema has no such column");
    Map<String, String> metadata = byPosition();
    metadata.put("key.columns", "_version");
    assertThatThrownBy(() -> transform.configure(metadata))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("differs with every change");
    for (String changed : new String[] {"is_deleted", "updated_at"}) {
      assertThatThrownBy(() -> transform.configure(settings("key.columns", changed)))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("which deletes change");
    }
  }
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Columns that the schema has and the event has not, and the other way round. */
class AbsentColumnsTest extends TransformTest {

  private static final String SCHEMA =
      "id Int32, note Nullable(String), updated_at Int64, is_deleted Int8";

  private static Map<String, String> settings(String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", SCHEMA);
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  /** A row whose second column has the name given. */
  private static Struct row(String noteName, String note) {
    Schema schema =
        SchemaBuilder.struct()
            .optional()
            .field("id", Schema.OPTIONAL_INT32_SCHEMA)
            .field(noteName, Schema.OPTIONAL_STRING_SCHEMA)
            .field("updated_at", Schema.INT64_SCHEMA)
            .build();
    return new Struct(schema).put("id", 7).put(noteName, note).put("updated_at", 5L);
  }

  @ParameterizedTest
  @EnumSource
  void aRenamedColumnIsAnErrorAndNotNull(Form form) {
    transform.configure(settings());

    for (String op : new String[] {"c", "u", "r"}) {
      assertThatThrownBy(
              () -> transform.apply(form.record(null, row("remark", "x"), op, Visits.SOURCE)))
          .isInstanceOf(DataException.class)
          .hasMessage(
              "ExtractFactRow: column note: found nothing, wanted Nullable(String): the event has no"
                  + " column of the source's name, at visits-3-42");
    }
    assertThatThrownBy(
            () -> transform.apply(form.record(row("remark", "x"), null, "d", Visits.SOURCE)))
        .hasMessageContaining("column note");
  }

  @ParameterizedTest
  @EnumSource
  void aNullIsNullWhateverTheDefaultIs(Form form) {
    transform.configure(
        settings("schema", SCHEMA.replace("Nullable(String)", "Nullable(String) DEFAULT 'none'")));

    assertThat(rowOf(form.record(null, row("note", null), "u", Visits.SOURCE)).get("note"))
        .isNull();
    assertThat(rowOf(form.record(null, row("note", "x"), "u", Visits.SOURCE)).get("note"))
        .isEqualTo("x");
    assertThat(rowOf(form.record(null, row("remark", "x"), "u", Visits.SOURCE)).get("note"))
        .isEqualTo("none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "String DEFAULT 'it''s'                   | it's",
        "String DEFAULT 'a\\'b' CODEC(ZSTD)       | a'b",
        "LowCardinality(String) DEFAULT ''        | ``",
        "Int16 DEFAULT -7 COMMENT 'minus'         | -7",
        "UInt64 DEFAULT 18446744073709551615      | -1",
        "Float64 DEFAULT 1.5e3                    | 1500.0",
        "Decimal(10, 2) DEFAULT 1.5 TTL d + 1     | 1.50",
        "Bool DEFAULT true                        | true",
        "Nullable(Int32) DEFAULT NULL             | null",
        "Date DEFAULT '1970-01-03'                | 2",
        "Enum8('a' = 1, 'b' = 2) DEFAULT 'b'      | b",
      })
  void aDefaultThatIsALiteralStandsForWhatIsAbsent(String column, String value) {
    transform.configure(settings("schema", SCHEMA + ", more " + column));

    Struct row = rowOf(Form.MAP.record(null, row("note", "x"), "c", Visits.SOURCE));

    Object more = row.get("more");
    assertThat(more instanceof BigDecimal number ? number.toPlainString() : String.valueOf(more))
        .isEqualTo(value);
    row.validate();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Int8 DEFAULT 300         | DEFAULT 300 is no Int8: the value is out of range",
        "Int8 DEFAULT 'x'         | DEFAULT 'x' is no Int8",
        "Int8 DEFAULT NULL        | DEFAULT NULL in a column that forbids null",
        "UUID DEFAULT 'x'         | DEFAULT 'x' is no UUID",
        "Decimal(3, 1) DEFAULT 99.99 | DEFAULT 99.99 is no Decimal(3, 1)",
      })
  void aDefaultThatTheColumnCannotHoldIsRefusedWithTheColumn(String column, String message) {
    assertThatThrownBy(() -> transform.configure(settings("schema", SCHEMA + ", more " + column)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("column more: " + message);
  }

  @ParameterizedTest
  @EnumSource
  void anExpressionIsNoDefaultOfOurs(Form form) {
    transform.configure(settings("schema", SCHEMA + ", more DateTime DEFAULT now()"));

    assertThatThrownBy(
            () -> transform.apply(form.record(null, row("note", "x"), "c", Visits.SOURCE)))
        .hasMessageContaining("column more: found nothing");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsMissingMayCountAsNullButNotWhereNullIsForbidden(Form form) {
    transform.configure(settings("missing.columns", "ignore"));
    assertThat(rowOf(form.record(null, row("remark", "x"), "u", Visits.SOURCE)).get("note"))
        .isNull();

    transform.configure(
        settings(
            "missing.columns",
            "ignore",
            "null.handling",
            "default",
            "schema",
            SCHEMA + ", n Int8"));
    assertThatThrownBy(
            () -> transform.apply(form.record(null, row("note", "x"), "u", Visits.SOURCE)))
        .hasMessageContaining("column n: found nothing");
  }

  @ParameterizedTest
  @EnumSource
  void whatNobodyKnowsIsLeftOutOrAnError(Form form) {
    transform.configure(settings("missing.columns", "ignore"));
    rowOf(form.record(null, row("remark", "x"), "u", Visits.SOURCE));

    transform.configure(settings("missing.columns", "ignore", "unknown.columns", "fail"));
    assertThatThrownBy(
            () -> transform.apply(form.record(null, row("remark", "x"), "u", Visits.SOURCE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("neither the schema nor ignored.columns names the columns [remark]");
    rowOf(form.record(null, row("note", "x"), "u", Visits.SOURCE));

    transform.configure(
        settings(
            "missing.columns", "ignore",
            "unknown.columns", "fail",
            "ignored.columns", "remark, never_seen"));
    rowOf(form.record(null, row("remark", "x"), "u", Visits.SOURCE));
  }

  @Test
  void aColumnIsNotBothReadAndIgnored() {
    assertThatThrownBy(() -> transform.configure(settings("ignored.columns", "note")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("ignored.columns")
        .hasMessageContaining("the column note of the schema reads it");
    assertThatThrownBy(() -> transform.configure(settings("missing.columns", "null")))
        .isInstanceOf(ConfigException.class);
  }
}

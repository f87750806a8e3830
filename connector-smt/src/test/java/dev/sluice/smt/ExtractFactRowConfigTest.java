package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtractFactRowConfigTest extends TransformTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          schema               | id                     | a type should stand
          schema               | id Strin               | the type Strin is not supported
          schema.name          | ''                     | non-empty
          renames              | a                      | two names joined by a colon
          renames              | a:nowhere              | nowhere for configuration renames: the schema has no such column
          renames              | a:points,b:points      | from two places
          metadata.columns     | points:lsm             | lsn, op, commit_ts, tx_id, snapshot
          metadata.columns     | nowhere:lsn            | nowhere for configuration metadata.columns: the schema has no such column
          metadata.columns     | points:op              | cannot hold op
          metadata.columns     | updated_at:lsn,updated_at:tx_id | from two places
          timestamp.unit       | hours                  | seconds, millis, micros, nanos
          timestamp.zone       | Mars/Olympus           | UTC or Europe/Berlin
          delete.handling      | keep                   | flag, drop
          delete.field         | removed                | no such column
          delete.field         | points                 | whole number or Bool
          version.field        | removed                | no such column
          version.field        | is_deleted             | Int64, UInt64, DateTime or DateTime64
          null.handling        | zero                   | fail, default
          unavailable.handling | keep                   | fail, null
          truncate.handling    | drop                   | fail, skip, pass
          """)
  void wrongSettingIsRefusedByName(String setting, String value, String allowed) {
    assertThatThrownBy(() -> transform.configure(Visits.settings(setting, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(setting)
        .hasMessageContaining(allowed);
  }

  @Test
  void schemaIsRequired() {
    assertThatThrownBy(() -> transform.configure(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Missing required configuration \"schema\", or \"schemas\" for many tables");
  }

  @ParameterizedTest
  @ValueSource(strings = {"renames", "metadata.columns", "timestamp.zone", "null.handling"})
  void nullIsAnErrorBesideItsSetting(String setting) {
    Map<String, String> settings = Visits.settings(setting, null);

    assertThat(transform.config().validate(settings))
        .filteredOn(value -> value.name().equals(setting))
        .singleElement()
        .satisfies(value -> assertThat(value.errorMessages()).isNotEmpty());
    assertThatThrownBy(() -> transform.configure(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(setting);
  }

  @Test
  void errorsOfAValidationStandBesideTheirSettings() {
    Map<String, String> settings = Visits.settings("renames", "a", "timestamp.unit", "hours");
    settings.put("schema", "id Strin");

    assertThat(transform.config().validate(settings))
        .filteredOn(value -> !value.errorMessages().isEmpty())
        .extracting("name")
        .containsExactlyInAnyOrder("schema", "renames", "timestamp.unit");
  }

  @Test
  void columnsOfDeletesNeedNotExistWhenDeletesAreDropped() {
    transform.configure(Map.of("schema", "id String", "delete.handling", "drop"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Nullable(Int8)", "LowCardinality(Int8)"})
  void deleteFieldByWhichNoSinkCouldTellDeletedRowsIsRefusedForTruncates(String type) {
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", "id String, updated_at Int64, is_deleted " + type);
    transform.configure(settings);

    settings.put("truncate.handling", "pass");
    assertThatThrownBy(() -> transform.configure(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("delete.field")
        .hasMessageContaining("truncate.handling=pass")
        .hasMessageContaining(type);
  }

  @Test
  void truncatesThatPassNeedTheColumnsOfDeletesEvenWhenDeletesAreDropped() {
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", "id String");
    settings.put("delete.handling", "drop");
    settings.put("truncate.handling", "pass");
    assertThatThrownBy(() -> transform.configure(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("delete.field");

    settings.put("schema", "id String, is_deleted Int8");
    assertThatThrownBy(() -> transform.configure(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("version.field");
  }

  @Test
  void everySettingIsDocumented() {
    assertThat(transform.config().configKeys().values())
        .hasSize(20)
        .allSatisfy(
            key -> {
              assertThat(key.documentation).endsWith(".");
              assertThat(key.displayName).isNotBlank();
              assertThat(key.group).isNotBlank();
            });
  }
}

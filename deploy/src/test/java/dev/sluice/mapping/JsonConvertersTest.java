package dev.sluice.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonConvertersTest {

  @ParameterizedTest
  @ValueSource(strings = {JsonConverters.KAFKAS, "JsonConverter", "Json"})
  void kafkasConverterIsKnownByEveryNameThatConnectTakes(String name) {
    Map<String, String> config = Map.of("value.converter", name);
    assertThat(JsonConverters.isKafkas(config)).isTrue();
    assertThat(JsonConverters.isSchemaless(config)).isFalse();
    assertThat(JsonConverters.replacesNulls(config)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {JsonConverters.SCHEMALESS, "SchemalessJsonConverter", "SchemalessJson"})
  void ownConverterIsKnownByEveryNameThatConnectTakes(String name) {
    Map<String, String> config = Map.of("value.converter", name);
    assertThat(JsonConverters.isKafkas(config)).isFalse();
    assertThat(JsonConverters.isSchemaless(config)).isTrue();
    assertThat(JsonConverters.replacesNulls(config)).isFalse();
  }

  @Test
  void kafkasConverterDoesWhatItsSettingsSay() {
    Map<String, String> config =
        Map.of(
            "value.converter", JsonConverters.KAFKAS,
            "value.converter.schemas.enable", "false",
            "value.converter.replace.null.with.default", "False");
    assertThat(JsonConverters.isSchemaless(config)).isTrue();
    assertThat(JsonConverters.replacesNulls(config)).isFalse();
  }

  @Test
  void whoUnderstandOneAnotherHaveTheSameFormat() {
    assertThat(JsonConverters.format(Map.of("value.converter", "SchemalessJson")))
        .isEqualTo("JSON without schemas");
    assertThat(
            JsonConverters.format(
                Map.of(
                    "value.converter", "JsonConverter", "value.converter.schemas.enable", "false")))
        .isEqualTo("JSON without schemas");
    assertThat(JsonConverters.format(Map.of("value.converter", JsonConverters.KAFKAS)))
        .isEqualTo("JSON with schemas");
    assertThat(JsonConverters.format(Map.of("value.converter", "io.confluent.AvroConverter")))
        .isEqualTo("what AvroConverter writes");
    assertThat(JsonConverters.format(Map.of())).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "io.confluent.connect.avro.AvroConverter"})
  void otherConvertersAreNoneOfThem(String name) {
    Map<String, String> config = Map.of("value.converter", name);
    assertThat(JsonConverters.isKafkas(config)).isFalse();
    assertThat(JsonConverters.isSchemaless(config)).isFalse();
    assertThat(JsonConverters.replacesNulls(Map.of())).isFalse();
  }
}

package dev.sluice.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemalessJsonConverterTest {

  private final SchemalessJsonConverter converter = new SchemalessJsonConverter();

  private Object read(String json) {
    return converter.toConnectData("t", json.getBytes(StandardCharsets.UTF_8)).value();
  }

  private String written(Schema schema, Object value) {
    return new String(converter.fromConnectData("t", schema, value), StandardCharsets.UTF_8);
  }

  @Test
  void nullStaysNullWhereTheColumnHasADefault() {
    Schema schema =
        SchemaBuilder.struct()
            .field("state", SchemaBuilder.int32().optional().defaultValue(7).build())
            .field("kind", SchemaBuilder.string().defaultValue("visit").build())
            .build();

    assertThat(written(schema, new Struct(schema)))
        .isEqualTo("{\"state\":null,\"kind\":\"visit\"}");
    assertThat(written(schema, new Struct(schema).put("state", 7).put("kind", "")))
        .isEqualTo("{\"state\":7,\"kind\":\"\"}");
  }

  @Test
  void tombstoneHasNoBytes() {
    assertThat(converter.fromConnectData("t", null, null)).isNull();
    assertThat(converter.toConnectData("t", null).value()).isNull();
    assertThat(converter.toConnectData("t", "null".getBytes(StandardCharsets.UTF_8)).value())
        .isNull();
  }

  @Test
  void recordsOfChangingShapeAreReadEachAsItIs() {
    assertThat(read("{\"a\":1,\"b\":{\"c\":2},\"d\":3}"))
        .isEqualTo(Map.of("a", 1L, "b", Map.of("c", 2L), "d", 3L));
    assertThat(read("{\"a\":1,\"d\":3,\"b\":{\"c\":4,\"a\":5}}"))
        .isEqualTo(Map.of("a", 1L, "d", 3L, "b", Map.of("c", 4L, "a", 5L)));
    assertThat(read("{\"ab\":1,\"a\":2,\"\":3,\"\\u0061\\\"\":4}"))
        .isEqualTo(Map.of("ab", 1L, "a", 2L, "", 3L, "a\"", 4L));
  }

  @Test
  void moreNamesThanAnyTableHasAreReadAllTheSame() {
    Map<String, Object> wide = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      wide.put("column" + i, (long) i);
    }

    for (int round = 0; round < 2; round++) {
      assertThat(read(written(null, wide))).isEqualTo(wide);
    }
  }

  @Test
  void namesAreInterned() {
    Map<?, ?> read = (Map<?, ?>) read("{\"customer_id\":1}");

    assertThat(read.keySet().iterator().next()).isSameAs("customer_id");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "' [ 1 , -0 , 0 ] '|1,0,0",
        "[9223372036854775807, -9223372036854775808]|9223372036854775807,-9223372036854775808",
        "[1.0, -1.5e3, 1E-2, 0e+1, -0.0]|1.0,-1500.0,0.01,0.0,-0.0",
        "[true,false,[]]|true,false,[]",
        "[\"\\u20ac\\/\\ud83d\\ude80\", \"€🚀\"]|€/🚀,€🚀",
      })
  void whatJsonAllowsIsRead(String json, String expected) {
    assertThat((List<?>) read(json))
        .extracting(Object::toString)
        .containsExactly(expected.split(","));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{\"a\":1",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "\"",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12",
        "\"\\ud83d\"",
        "\"\\ud83da\"",
        "\"\\ude80\\ud83d\"",
        "\"a\nb\"",
        "tru",
        "truE",
        "nul",
        "-",
        "-a",
        "01",
        "1.",
        "1.e3",
        "1e",
        "1e+",
        ".5",
        "+1",
        "NaN",
        "1 2",
        "{} {}",
        "[]]",
        "1e1234567",
        "1e-1234567",
        "1e99999999999",
        "'a'"
      })
  void whatIsNoJsonIsRefusedWithItsPlace(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("byte");
  }

  @Test
  void textThatIsNotUtf8IsRefused() {
    assertThatThrownBy(() -> converter.toConnectData("t", new byte[] {'"', (byte) 0xC3, '"'}))
        .isInstanceOf(DataException.class)
        .hasMessage("No JSON: a text that is not UTF-8, at byte 2");
    assertThat(read("\"\uFFFD\"")).isEqualTo("\uFFFD");
  }

  @Test
  void everyPlaceOfAnErrorIsItsOwn() {
    assertThatThrownBy(() -> read("[1] x"))
        .hasMessage("No JSON: more follows the value, at byte 4");
    assertThatThrownBy(() -> read("\"a\u0001\""))
        .hasMessage("No JSON: a control character in a text, at byte 2");
    assertThatThrownBy(() -> read("[1.]")).hasMessage("No JSON: wanted a digit, at byte 3");
  }

  /**
   * A space is the first character that a text may hold; the last ASCII one is no control either.
   */
  @Test
  void charactersBesideThoseThatAreRefusedAreRead() {
    assertThat(read("\" \u007f\\n \u007f\"")).isEqualTo(" \u007f\n \u007f");
    assertThat(read(" \t\r\n1 \t\r\n")).isEqualTo(1L);
  }

  @Test
  void exponentsHaveAnEnd() {
    assertThat(read("1e-000300")).isEqualTo(1e-300);
    assertThat(read("[0e-123456]")).isEqualTo(List.of(0.0));
    assertThatThrownBy(() -> read("[1e-1234567]")).hasMessageContaining("too many digits");
    assertThatThrownBy(() -> read("1".repeat(200_001))).hasMessageContaining("too many digits");
  }

  @Test
  void aNumberKeepsAllItsDigits() {
    assertThat(read("0.1")).isEqualTo(0.1);
    assertThat(read("-12345678901.125")).isEqualTo(-12345678901.125);
    assertThat(read("0.30000000000000004")).isEqualTo(0.30000000000000004);
    assertThat(read("1.7976931348623157E308")).isEqualTo(Double.MAX_VALUE);
    assertThat(read("4.9E-324")).isEqualTo(Double.MIN_VALUE);
    assertThat(read("-0.0")).isEqualTo(-0.0);
    for (String exact :
        List.of(
            "0.12345678901234567890",
            "123456789012345678.25",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "1E+400",
            "-1.5E-400",
            "9".repeat(1_000))) {
      assertThat(read(exact)).isEqualTo(new BigDecimal(exact));
    }
  }

  @Test
  void nestingHasAnEnd() {
    assertThat(read("[".repeat(512) + "]".repeat(512))).isInstanceOf(List.class);
    assertThat((List<?>) read("[" + "[],{},".repeat(600) + "0]")).hasSize(1_201);
    assertThatThrownBy(() -> read("{\"a\":".repeat(513) + "0" + "}".repeat(513)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nested too deep");
    assertThatThrownBy(() -> read("[".repeat(513) + "]".repeat(513)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nested too deep");
  }

  @Test
  void decimalWithoutItsScaleIsRefusedWithTheSettingThatHelps() {
    Schema schema = SchemaBuilder.struct().field("points", Decimal.schema(2)).build();

    assertThatThrownBy(
            () -> written(schema, new Struct(schema).put("points", new BigDecimal("1.25"))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("points")
        .hasMessageContaining("decimal.handling.mode=string")
        .hasMessageNotContaining("1.25");
  }

  @Test
  void nullInARequiredFieldIsRefusedByName() {
    Schema schema = SchemaBuilder.struct().field("id", Schema.STRING_SCHEMA).build();

    assertThatThrownBy(() -> written(schema, new Struct(schema)))
        .isInstanceOf(DataException.class)
        .hasMessage("null in the required field id");
  }

  @Test
  void whatJsonCannotHoldIsRefused() {
    Schema one = SchemaBuilder.struct().field("id", Schema.STRING_SCHEMA).build();
    Schema other = SchemaBuilder.struct().field("id", Schema.OPTIONAL_STRING_SCHEMA).build();

    assertThatThrownBy(() -> written(one, new Struct(other))).isInstanceOf(DataException.class);
    assertThatThrownBy(() -> written(null, "\uD83D")).isInstanceOf(DataException.class);
    assertThatThrownBy(() -> written(null, new java.util.Date())).isInstanceOf(DataException.class);
    assertThatThrownBy(() -> written(null, new Object())).isInstanceOf(DataException.class);
  }

  @Test
  void schemasAreRefusedAtConfiguration() {
    converter.configure(Map.of("schemas.enable", "false", "converter.type", "value"), false);

    assertThatThrownBy(() -> converter.configure(Map.of("schemas.enable", "true"), false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("schemas.enable")
        .hasMessageContaining("org.apache.kafka.connect.json.JsonConverter");
  }

  @Test
  void pluginIsDescribedToTheWorker() {
    assertThat(converter.config().names())
        .containsExactlyInAnyOrder("schemas.enable", "refused.handling");
    assertThat(converter.version()).isEqualTo("unpackaged");
  }

  @Test
  void workersFindItByItsServiceFile() {
    assertThat(java.util.ServiceLoader.load(Converter.class))
        .hasAtLeastOneElementOfType(SchemalessJsonConverter.class);
  }
}

package dev.sluice.smt.type;

import static dev.sluice.smt.type.Conversion.REFUSED;
import static dev.sluice.smt.type.Conversion.convert;
import static dev.sluice.smt.type.Conversion.named;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of values other than times. */
class WireTypeTest {

  private static final Schema VARIABLE_DECIMAL =
      SchemaBuilder.struct()
          .name("io.debezium.data.VariableScaleDecimal")
          .field("scale", Schema.INT32_SCHEMA)
          .field("value", Schema.BYTES_SCHEMA)
          .build();

  private static final Schema POINT =
      SchemaBuilder.struct()
          .name("io.debezium.data.geometry.Point")
          .field("x", Schema.FLOAT64_SCHEMA)
          .field("y", Schema.FLOAT64_SCHEMA)
          .field("wkb", Schema.OPTIONAL_BYTES_SCHEMA)
          .field("srid", Schema.OPTIONAL_INT32_SCHEMA)
          .build();

  private static Struct variable(String number) {
    var decimal = new BigDecimal(number);
    return new Struct(VARIABLE_DECIMAL)
        .put("scale", decimal.scale())
        .put("value", decimal.unscaledValue().toByteArray());
  }

  private static Map<String, Object> variableMap(String number) {
    var decimal = new BigDecimal(number);
    byte[] unscaled = decimal.unscaledValue().toByteArray();
    return Map.of(
        "scale", (long) decimal.scale(), "value", Base64.getEncoder().encodeToString(unscaled));
  }

  @Test
  void numericMeansTheSameInEveryForm() {
    Schema decimal = Decimal.schema(3);
    record Form(Object value, Schema schema) {}
    var forms =
        List.of(
            new Form(new BigDecimal("-1234.500"), decimal),
            new Form(variable("-1234.500"), VARIABLE_DECIMAL),
            new Form(variableMap("-1234.500"), null),
            new Form("-1234.500", Schema.STRING_SCHEMA),
            new Form("-1234.500", null));
    for (Form form : forms) {
      assertThat(convert(form.value, form.schema, "String")).isEqualTo("-1234.500");
      assertThat(convert(form.value, form.schema, "Float64")).isEqualTo(-1234.5);
      assertThat(convert(form.value, form.schema, "Float32")).isEqualTo(-1234.5f);
      assertThat(convert(form.value, form.schema, "Decimal(9, 1)"))
          .isEqualTo(new BigDecimal("-1234.5"));
      assertThat(convert(form.value, form.schema, "Decimal(9, 0)")).asString().startsWith(REFUSED);
      assertThat(convert(form.value, form.schema, "Int32")).asString().startsWith(REFUSED);
      assertThat(convert(form.value, form.schema, "Date")).asString().startsWith(REFUSED);
      assertThat(convert(form.value, form.schema, "Bool")).asString().startsWith(REFUSED);
    }
    assertThat(convert(variable("70"), VARIABLE_DECIMAL, "UInt8")).isEqualTo((short) 70);
    Struct window = variable("70").put("value", ByteBuffer.wrap(new byte[] {9, 70, 9}, 1, 1));
    assertThat(convert(window, VARIABLE_DECIMAL, "String")).isEqualTo("70");
  }

  @Test
  void mapWithScaleAndValueOfOtherKindsIsNoDecimal() {
    assertThat(convert(Map.of("scale", "1", "value", "x"), null, "String"))
        .isEqualTo("{\"scale\":\"1\",\"value\":\"x\"}");
    assertThat(convert(Map.of("scale", 1L, "value", 2L), null, "String"))
        .isEqualTo("{\"scale\":1,\"value\":2}");
    assertThat(convert(Map.of("scale", 1L, "value", "MQ==", "more", 1L), null, "Float64"))
        .asString()
        .startsWith(REFUSED);
    assertThat(convert(Map.of("scale", 1L), null, "Float64")).asString().startsWith(REFUSED);
  }

  @Test
  void scalarSchemasAreReadByTheirType() {
    assertThat(convert((byte) 1, Schema.INT8_SCHEMA, "String")).isEqualTo("1");
    assertThat(convert((short) 1, Schema.INT16_SCHEMA, "Int32")).isEqualTo(1);
    assertThat(convert(1, Schema.INT32_SCHEMA, "Int8")).isEqualTo((byte) 1);
    assertThat(convert(1L, Schema.INT64_SCHEMA, "Float64")).isEqualTo(1.0);
    assertThat(convert(0.1f, Schema.FLOAT32_SCHEMA, "String")).isEqualTo("0.1");
    assertThat(convert(0.1f, Schema.FLOAT32_SCHEMA, "Float32")).isEqualTo(0.1f);
    assertThat(convert(0.1, Schema.FLOAT64_SCHEMA, "Float64")).isEqualTo(0.1);
    assertThat(convert(true, Schema.BOOLEAN_SCHEMA, "Int8")).isEqualTo((byte) 1);
    assertThat(convert("a", Schema.STRING_SCHEMA, "String")).isEqualTo("a");
  }

  @Test
  void plainValuesAreReadByTheirClass() {
    assertThat(convert((byte) 1, null, "String")).isEqualTo("1");
    assertThat(convert((short) 2, null, "String")).isEqualTo("2");
    assertThat(convert(3, null, "String")).isEqualTo("3");
    assertThat(convert(0.5f, null, "Float64")).isEqualTo(0.5);
    assertThat(convert(ByteBuffer.wrap(new byte[] {1}), null, "String")).isEqualTo("01");
    assertThat(convert(BigInteger.ONE, null, "String")).asString().startsWith(REFUSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.debezium.data.Uuid", "io.debezium.data.Json", "io.debezium.data.Enum",
        "io.debezium.data.Xml", "io.debezium.data.Ltree", "io.debezium.data.Tsvector",
        "io.debezium.time.Interval", "io.debezium.time.ZonedTime", "unknown.to.us",
      })
  void textsOfNamedSchemasAreTexts(String name) {
    assertThat(convert("1", named(Schema.Type.STRING, name), "String")).isEqualTo("1");
    assertThat(convert("1", named(Schema.Type.STRING, name), "Int32")).isEqualTo(1);
  }

  @Test
  void durationIsItsNumberOfMicroseconds() {
    Schema duration = named(Schema.Type.INT64, "io.debezium.time.MicroDuration");
    assertThat(convert(90_000_000L, duration, "Int64")).isEqualTo(90_000_000L);
    assertThat(convert(90_000_000L, duration, "String")).isEqualTo("90000000");
  }

  @Test
  void bytesAreWrittenInHexadecimal() {
    byte[] bytes = {0, 15, (byte) 0xf0};
    assertThat(convert(bytes, Schema.BYTES_SCHEMA, "String")).isEqualTo("000ff0");
    assertThat(convert(ByteBuffer.wrap(bytes), Schema.BYTES_SCHEMA, "String")).isEqualTo("000ff0");
    assertThat(convert(ByteBuffer.wrap(bytes, 1, 2), Schema.BYTES_SCHEMA, "String"))
        .isEqualTo("0ff0");
    assertThat(convert(bytes, Schema.BYTES_SCHEMA, "Int64")).asString().startsWith(REFUSED);
  }

  @Test
  void bitsAreWrittenAsPostgresPrintsThem() {
    assertThat(convert(new byte[] {0b101}, bits("5"), "String")).isEqualTo("00101");
    assertThat(convert(ByteBuffer.wrap(new byte[] {0b101}), bits("5"), "String"))
        .isEqualTo("00101");
    assertThat(
            convert(
                ByteBuffer.wrap(new byte[] {7, 0b101}, 1, 1).asReadOnlyBuffer(),
                bits("5"),
                "String"))
        .isEqualTo("00101");
    assertThat(convert(new byte[] {1, 2}, bits("10"), "String")).isEqualTo("1000000001");
    assertThat(convert(new byte[] {}, bits("3"), "String")).isEqualTo("000");
    assertThat(convert(new byte[] {0b101}, bits(null), "String")).isEqualTo("101");
    assertThat(convert(new byte[] {0b101}, bits("2147483647"), "String")).isEqualTo("101");
    assertThat(convert(new byte[] {0b101}, bits("5"), "Int64")).asString().startsWith(REFUSED);
    assertThat(convert(new byte[] {0b101}, bits("many"), "String")).asString().startsWith(REFUSED);
  }

  private static Schema bits(String length) {
    SchemaBuilder builder = SchemaBuilder.bytes().name("io.debezium.data.Bits");
    return length == null ? builder.build() : builder.parameter("length", length).build();
  }

  @Test
  void structuresBecomeJsonWithTheirKeysInOrder() {
    Struct point =
        new Struct(POINT).put("x", 1.5).put("y", -2.0).put("wkb", new byte[] {1, 2}).put("srid", 7);
    String text = "{\"srid\":7,\"wkb\":\"AQI=\",\"x\":1.5,\"y\":-2}";
    assertThat(convert(point, POINT, "String")).isEqualTo(text);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("y", -2.0);
    map.put("x", 1.5);
    map.put("wkb", "AQI=");
    map.put("srid", 7L);
    assertThat(convert(map, null, "String")).isEqualTo(text);
    assertThat(convert(new Struct(POINT).put("x", 0.0).put("y", 0.0), POINT, "String"))
        .isEqualTo("{\"srid\":null,\"wkb\":null,\"x\":0,\"y\":0}");
  }

  @Test
  void nullsInStructuresAreNotReplacedByDefaults() {
    Schema schema =
        SchemaBuilder.struct()
            .field("a", SchemaBuilder.int32().optional().defaultValue(5).build())
            .build();
    assertThat(convert(new Struct(schema), schema, "String")).isEqualTo("{\"a\":null}");
  }

  @Test
  void hstoreMapsBecomeJson() {
    Schema hstore = SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.OPTIONAL_STRING_SCHEMA).build();
    Map<String, String> map = new LinkedHashMap<>();
    map.put("b", null);
    map.put("a", "x y\"\\\n\r\t\u0001é");
    String text = "{\"a\":\"x y\\\"\\\\\\n\\r\\t\\u0001é\",\"b\":null}";
    assertThat(convert(map, hstore, "String")).isEqualTo(text);
    assertThat(convert(map, null, "String")).isEqualTo(text);
    assertThat(convert(Map.of(), hstore, "String")).isEqualTo("{}");
    assertThat(convert(map, hstore, "Int64")).asString().startsWith(REFUSED);
  }

  @Test
  void arraysBecomeJsonWithNumbersAndBooleansBare() {
    Schema timestamps =
        SchemaBuilder.array(named(Schema.Type.INT64, "io.debezium.time.MicroTimestamp")).build();
    assertThat(convert(Arrays.asList(0L, null), timestamps, "String"))
        .isEqualTo("[\"1970-01-01T00:00:00\",null]");
    Schema numerics = SchemaBuilder.array(VARIABLE_DECIMAL).build();
    assertThat(convert(List.of(variable("1.50")), numerics, "String")).isEqualTo("[1.50]");
    assertThat(convert(List.of(variableMap("1.50")), null, "String")).isEqualTo("[1.50]");
    assertThat(
            convert(
                List.of(true, 1L, 0.5, 0.25f, new BigDecimal("1.0"), "1", List.of(), Map.of()),
                null,
                "String"))
        .isEqualTo("[true,1,0.5,0.25,1.0,\"1\",[],{}]");
    assertThat(
            convert(
                List.of(Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY),
                null,
                "String"))
        .isEqualTo("[\"NaN\",\"Infinity\",\"-Infinity\"]");
    Schema bytes = SchemaBuilder.array(Schema.BYTES_SCHEMA).build();
    assertThat(convert(List.of(ByteBuffer.wrap(new byte[] {1})), bytes, "String"))
        .isEqualTo("[\"AQ==\"]");
    assertThat(convert(List.of(new byte[] {1}), bytes, "Array(String)")).isEqualTo(List.of("01"));
  }

  @Test
  void nestingHasABound() {
    Object nested = List.of();
    for (int i = 0; i < 99; i++) {
      nested = List.of(nested);
    }
    assertThat(convert(nested, null, "String")).isEqualTo("[".repeat(100) + "]".repeat(100));
    assertThat(convert(List.of(nested), null, "String"))
        .isEqualTo(REFUSED + "the value is nested too deeply");
    Object siblings = java.util.Collections.nCopies(200, List.of());
    assertThat(convert(siblings, null, "String")).asString().endsWith(",[]]");
  }

  @Test
  void valuesThatContradictTheirSchemaAreRefusedWithoutBeingShown() {
    String refused = REFUSED + "the value is not what its schema says";
    assertThat(convert("secret", Schema.INT64_SCHEMA, "String")).isEqualTo(refused);
    assertThat(convert(5L, Schema.STRING_SCHEMA, "String")).isEqualTo(refused);
    assertThat(convert("x", named(Schema.Type.INT32, "io.debezium.time.Date"), "Date"))
        .isEqualTo(refused);
    assertThat(convert(new Struct(VARIABLE_DECIMAL), VARIABLE_DECIMAL, "String"))
        .isEqualTo(refused);
    Struct empty = new Struct(VARIABLE_DECIMAL).put("scale", 1).put("value", new byte[0]);
    assertThat(convert(empty, VARIABLE_DECIMAL, "String")).isEqualTo(refused);
    assertThat(convert(Map.of("scale", 1L, "value", "§"), null, "String")).isEqualTo(refused);
    assertThat(convert(Map.of("scale", 1L << 40, "value", "AQ=="), null, "String"))
        .isEqualTo(refused);
    Schema misnamed = SchemaBuilder.struct().name("io.debezium.data.VariableScaleDecimal").build();
    assertThat(convert(new Struct(misnamed), misnamed, "String")).isEqualTo(refused);
  }

  @Test
  void errorsNameTheFoundTypeByKindAndSchema() {
    assertThat(WireType.of(null).describe("x", null)).isEqualTo("text");
    assertThat(WireType.of(null).describe(1L, null)).isEqualTo("integer");
    Schema date = named(Schema.Type.INT32, "io.debezium.time.Date");
    assertThat(WireType.of(date).describe(1, date)).isEqualTo("date (io.debezium.time.Date)");
    assertThat(WireType.of(Schema.INT64_SCHEMA).describe(1L, Schema.INT64_SCHEMA))
        .isEqualTo("integer");
  }
}

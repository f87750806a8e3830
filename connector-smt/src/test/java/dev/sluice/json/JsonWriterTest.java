package dev.sluice.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written, byte for byte. */
class JsonWriterTest {

  private final JsonWriter writer = new JsonWriter();

  private String written(Object value) {
    return written(null, value);
  }

  private String written(Schema schema, Object value) {
    return new String(writer.write(schema, value), StandardCharsets.UTF_8);
  }

  private static List<Long> numbersAroundEachPowerOfTen() {
    var numbers = new TreeSet<Long>();
    for (BigInteger power = BigInteger.ONE;
        power.bitLength() < 64;
        power = power.multiply(BigInteger.TEN)) {
      for (long near = -1; near <= 1; near++) {
        long number = power.longValue() + near;
        numbers.add(number);
        numbers.add(-number);
      }
    }
    for (long end : new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE}) {
      numbers.add(end);
    }
    return List.copyOf(numbers);
  }

  @ParameterizedTest
  @MethodSource("numbersAroundEachPowerOfTen")
  void numberHasItsDigits(long number) {
    assertThat(written(number)).isEqualTo(Long.toString(number));
  }

  @Test
  void eachClassOfValueHasItsForm() {
    assertThat(written(List.of(7, (short) -8, (byte) 9, true, false)))
        .isEqualTo("[7,-8,9,true,false]");
    assertThat(written(List.of(1.5, -0.0, 1e300, 0.1f, 1e-5f)))
        .isEqualTo("[1.5,-0.0,1.0E300,0.1,1.0E-5]");
    assertThat(written(List.of(Double.NaN, Double.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY)))
        .isEqualTo("[\"NaN\",\"-Infinity\",\"Infinity\"]");
    assertThat(written(Arrays.asList("", null, List.of(), Map.of())))
        .isEqualTo("[\"\",null,[],{}]");
  }

  @Test
  void bytesBecomeBase64AndTheirWindowIsLeftAsItWas() {
    ByteBuffer window = ByteBuffer.wrap(new byte[] {0, 1, 2, -1, 0}, 1, 3);

    assertThat(written(List.of(new byte[] {1, 2, -1}, window, window)))
        .isEqualTo("[\"AQL/\",\"AQL/\",\"AQL/\"]");
    assertThat(written(new byte[0])).isEqualTo("\"\"");
  }

  @Test
  void printableAsciiStandsForItselfAndTheRestIsEscapedOrUtf8() {
    StringBuilder ascii = new StringBuilder();
    for (char character = ' '; character <= '~'; character++) {
      ascii.append(character);
    }
    String plain = ascii.toString();

    assertThat(written(plain))
        .isEqualTo("\"" + plain.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
    assertThat(written("\b\t\n\f\r")).isEqualTo("\"\\b\\t\\n\\f\\r\"");
    assertThat(written("\u0000\u0001\u000b\u001f\u007f"))
        .isEqualTo("\"\\u0000\\u0001\\u000B\\u001F\u007f\"");
    assertThat(written("\u0080\u07ff\u0800\u20ac\ud7ff\ue000\uffff"))
        .isEqualTo("\"\u0080\u07ff\u0800\u20ac\ud7ff\ue000\uffff\"");
    assertThat(written("a\ud83d\ude80\udbff\udfff")).isEqualTo("\"a\\uD83D\\uDE80\\uDBFF\\uDFFF\"");
  }

  @ParameterizedTest
  @MethodSource("textsWithHalfAPair")
  void halfOfASurrogatePairIsRefused(String text) {
    assertThatThrownBy(() -> written(text))
        .isInstanceOf(DataException.class)
        .hasMessage("A text holds half of a surrogate pair");
  }

  private static List<String> textsWithHalfAPair() {
    return List.of("a\ud83d", "\ud83da", "\ud83d\ud83d\ude80", "\ude80", "\ude80\ud83d");
  }

  /** Of each kind of character: they take one to six bytes. */
  @Test
  void textOfAnyLengthFindsRoom() {
    for (String character : List.of("x", "\"", "\u0001", "\u00e9", "\u20ac", "\ud83d\ude80")) {
      for (int length : new int[] {8_180, 8_189, 8_190, 8_191, 8_192, 40_000}) {
        String text = character.repeat(length);
        assertThat(new JsonReader().read(new JsonWriter().write(null, text)))
            .as("%d times %s", length, character)
            .isEqualTo(text);
      }
    }
  }

  /** So that each kind of value meets a buffer that is full to the last byte. */
  @Test
  void anyValueAfterAnyLengthFindsRoom() {
    List<Object> values =
        List.of(
            1L,
            Long.MIN_VALUE,
            -100L,
            true,
            false,
            "",
            "x",
            "\u0001",
            1.5,
            List.of(),
            Map.of(),
            new byte[1]);
    for (Object value : values) {
      String alone = written(value);
      for (int length = 8_160; length < 8_193; length++) {
        String text = "x".repeat(length);
        String json =
            new String(new JsonWriter().write(null, List.of(text, value)), StandardCharsets.UTF_8);
        assertThat(json).isEqualTo("[\"" + text + "\"," + alone + "]");
      }
    }
  }

  @Test
  void mapsWithOtherKeysThanTextBecomeListsOfPairs() {
    Schema counts = SchemaBuilder.map(Schema.INT32_SCHEMA, Schema.STRING_SCHEMA).build();
    Schema texts = SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.OPTIONAL_INT32_SCHEMA).build();
    Map<Object, Object> mixed = new TreeMap<>(Map.of(1, "a", 2, "b"));

    assertThat(written(counts, mixed)).isEqualTo("[[1,\"a\"],[2,\"b\"]]");
    assertThat(written(mixed)).isEqualTo("[[1,\"a\"],[2,\"b\"]]");
    assertThat(written(counts, Map.of())).isEqualTo("[]");
    assertThat(written(texts, new TreeMap<>(Map.of("a", 1, "b", 2))))
        .isEqualTo("{\"a\":1,\"b\":2}");
    assertThat(written(Map.of("a", List.of(1, 2)))).isEqualTo("{\"a\":[1,2]}");
  }

  @Test
  void nestedStructsAndListsFollowTheirSchemas() {
    Schema inner = SchemaBuilder.struct().optional().field("x", Schema.INT32_SCHEMA).build();
    Schema schema =
        SchemaBuilder.struct()
            .field("first", inner)
            .field("second", inner)
            .field("many", SchemaBuilder.array(inner).build())
            .field("numbers", SchemaBuilder.array(Schema.OPTIONAL_INT32_SCHEMA).build())
            .build();
    Struct value =
        new Struct(schema)
            .put("first", new Struct(inner).put("x", 1))
            .put("many", List.of(new Struct(inner).put("x", 2), new Struct(inner).put("x", 3)))
            .put("numbers", Arrays.asList(4, null));

    String json =
        "{\"first\":{\"x\":1},\"second\":null,\"many\":[{\"x\":2},{\"x\":3}],\"numbers\":[4,null]}";
    assertThat(written(schema, value)).isEqualTo(json);
    assertThat(written(value)).as("without the schema beside it").isEqualTo(json);
  }

  @Test
  void nullInAListThatForbidsItIsRefused() {
    Schema schema = SchemaBuilder.array(Schema.INT32_SCHEMA).build();

    assertThatThrownBy(() -> written(schema, Arrays.asList(1, null)))
        .isInstanceOf(DataException.class)
        .hasMessage("null in the required field value");
  }

  @Test
  void datesOfConnectBecomeTheNumbersOfTheirSchemas() {
    Schema schema =
        SchemaBuilder.struct()
            .field("day", Date.SCHEMA)
            .field("time", Time.SCHEMA)
            .field("instant", Timestamp.SCHEMA)
            .build();
    Struct value =
        new Struct(schema)
            .put("day", new java.util.Date(86_400_000L * 3))
            .put("time", new java.util.Date(1_234))
            .put("instant", new java.util.Date(-1_500));

    assertThat(written(schema, value)).isEqualTo("{\"day\":3,\"time\":1234,\"instant\":-1500}");
    assertThatThrownBy(() -> written(new java.util.Date(0)))
        .isInstanceOf(DataException.class)
        .hasMessage("value holds a date without a schema");
  }

  @Test
  void recordsSchemaMayBeAnEqualOne() {
    Schema one = SchemaBuilder.struct().field("id", Schema.INT32_SCHEMA).build();
    Schema equal = SchemaBuilder.struct().field("id", Schema.INT32_SCHEMA).build();

    assertThat(written(one, new Struct(equal).put("id", 1))).isEqualTo("{\"id\":1}");
  }
}

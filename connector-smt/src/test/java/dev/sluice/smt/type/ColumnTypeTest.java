package dev.sluice.smt.type;

import static dev.sluice.smt.type.Conversion.REFUSED;
import static dev.sluice.smt.type.Conversion.convert;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each type takes, at its limits, and what it refuses; values come without a schema. */
class ColumnTypeTest {

  private static final String NO_CONVERSION =
      REFUSED + "there is no conversion between these types";

  private static final String OUT_OF_RANGE = REFUSED + "the value is out of range";

  @ParameterizedTest
  @CsvSource({
    "Int8, -128, 127",
    "Int16, -32768, 32767",
    "Int32, -2147483648, 2147483647",
    "Int64, -9223372036854775808, 9223372036854775807",
    "UInt8, 0, 255",
    "UInt16, 0, 65535",
    "UInt32, 0, 4294967295",
  })
  void wholeNumbersReachTheirLimitsAndNoFarther(String type, BigDecimal min, BigDecimal max) {
    for (BigDecimal limit : List.of(min, max)) {
      assertThat(text(convert(limit.toPlainString(), null, type))).isEqualTo(limit.toString());
      assertThat(text(convert(limit.longValueExact(), null, type))).isEqualTo(limit.toString());
      assertThat(text(convert(limit, null, type))).isEqualTo(limit.toString());
      assertThat(text(convert(limit + ".000", null, type))).isEqualTo(limit.toString());
    }
    BigDecimal below = min.subtract(BigDecimal.ONE);
    BigDecimal above = max.add(BigDecimal.ONE);
    for (BigDecimal beyond : List.of(below, above)) {
      assertThat(convert(beyond.toPlainString(), null, type)).isEqualTo(OUT_OF_RANGE);
      assertThat(convert(beyond, null, type)).isEqualTo(OUT_OF_RANGE);
      if (beyond.toBigInteger().bitLength() < 63) {
        assertThat(convert(beyond.longValueExact(), null, type)).isEqualTo(OUT_OF_RANGE);
        assertThat(convert(beyond.doubleValue(), null, type)).isEqualTo(OUT_OF_RANGE);
      }
    }
  }

  private static String text(Object number) {
    return String.valueOf(number);
  }

  @ParameterizedTest
  @CsvSource({
    "Int8, INT8",
    "Int16, INT16",
    "Int32, INT32",
    "Int64, INT64",
    "UInt8, INT16",
    "UInt16, INT32",
    "UInt32, INT64",
    "UInt64, INT64",
    "Float32, FLOAT32",
    "Float64, FLOAT64",
    "Bool, BOOLEAN",
    "String, STRING",
    "FixedString(3), STRING",
    "UUID, STRING",
    "Date, INT32",
    "Date32, INT32",
    "DateTime, INT64",
    "DateTime64(6), INT64",
  })
  void eachTypeHasItsCarrierAndADefaultOfThatCarrier(String name, Schema.Type carrier) {
    DeclaredType type = DeclaredType.parse(name, TimeRules.DEFAULT);

    assertThat(type.schema().type()).isEqualTo(carrier);
    assertThat(type.schema().isOptional()).isFalse();
    org.apache.kafka.connect.data.ConnectSchema.validateValue(type.schema(), type.type().zero());
  }

  @Test
  void defaultsAreThoseOfClickHouse() {
    assertThat(zero("UUID")).isEqualTo("00000000-0000-0000-0000-000000000000");
    assertThat(zero("Enum8('b' = 2, 'a' = -1)")).isEqualTo("a");
    assertThat(zero("Decimal(9, 3)")).isEqualTo(new BigDecimal("0.000"));
    assertThat(zero("Array(String)")).isEqualTo(List.of());
    assertThat(zero("Bool")).isEqualTo(false);
    assertThat(zero("Float64")).isEqualTo(0.0);
    assertThat(zero("Int8")).isEqualTo((byte) 0);
    assertThat(zero("String")).isEqualTo("");
    assertThat(zero("DateTime")).isEqualTo(0L);
    assertThat(zero("Date")).isEqualTo(0);
  }

  private static Object zero(String type) {
    return DeclaredType.parse(type, TimeRules.DEFAULT).type().zero();
  }

  @Test
  void unsignedSixtyFourBitsAreKeptAsBits() {
    assertThat(convert("18446744073709551615", null, "UInt64")).isEqualTo(-1L);
    assertThat(convert("9223372036854775808", null, "UInt64")).isEqualTo(Long.MIN_VALUE);
    assertThat(convert(new BigDecimal("18446744073709551615"), null, "UInt64")).isEqualTo(-1L);
    assertThat(convert(0x1p63, null, "UInt64")).isEqualTo(Long.MIN_VALUE);
    assertThat(convert(0x1p64, null, "UInt64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("18446744073709551616", null, "UInt64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("-1", null, "UInt64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(-1L, null, "UInt64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(new BigDecimal("-1"), null, "UInt64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("1960-01-01T00:00:00Z", null, "UInt64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("0.0", null, "UInt64")).isEqualTo(0L);
  }

  @Test
  void largerOfTwoVersionsHeedsTheSign() {
    ColumnType signed = DeclaredType.parse("Int64", TimeRules.DEFAULT).type();
    ColumnType unsigned = DeclaredType.parse("UInt64", TimeRules.DEFAULT).type();
    ColumnType time = DeclaredType.parse("DateTime64(3)", TimeRules.DEFAULT).type();

    assertThat(signed.laterOf(-1L, 5L)).isEqualTo(5L);
    assertThat(signed.laterOf(5L, -1L)).isEqualTo(5L);
    assertThat(unsigned.laterOf(-1L, 5L)).isEqualTo(-1L);
    assertThat(unsigned.laterOf(5L, -1L)).isEqualTo(-1L);
    assertThat(time.laterOf(7L, 5L)).isEqualTo(7L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1.5", "", "-", "abc", "1e", "0x10", " 1", "1 ", "1d", "１", "--1", "1e-1", "NaN"})
  void textThatIsNoWholeNumberIsRefused(String text) {
    for (String type : List.of("Int8", "Int32", "Int64", "UInt64")) {
      assertThat(convert(text, null, type)).asString().startsWith(REFUSED);
    }
  }

  @Test
  void wholeNumbersTakeExponentsButNotTheirMemory() {
    assertThat(convert("1e3", null, "Int32")).isEqualTo(1000);
    assertThat(convert("1.2e1", null, "Int32")).isEqualTo(12);
    assertThat(convert("0e5", null, "Int32")).isEqualTo(0);
    for (String type : List.of("Int32", "UInt64", "Decimal(10, 2)")) {
      assertThat(convert("1e999999999", null, type)).asString().startsWith(REFUSED);
      assertThat(convert("1e-999999999", null, type)).asString().startsWith(REFUSED);
    }
    for (String number : List.of("1e999999999", "1e-999999999", "-1e200001", "1e-200001")) {
      for (String type : List.of("String", "Int32", "UInt64", "Decimal(10, 2)", "Float64")) {
        assertThat(convert(new BigDecimal(number), null, type)).asString().startsWith(REFUSED);
      }
    }
    var finest = new BigDecimal("1e-16383");
    assertThat(convert(finest, null, "String")).isEqualTo("0." + "0".repeat(16_382) + "1");
  }

  @Test
  void doublesBecomeWholeNumbersOnlyWhenTheyAre() {
    assertThat(convert(5.0, null, "Int32")).isEqualTo(5);
    assertThat(convert(-0.0, null, "Int32")).isEqualTo(0);
    assertThat(convert(0x1p62, null, "Int64")).isEqualTo(1L << 62);
    assertThat(convert(-0x1p63, null, "Int64")).isEqualTo(Long.MIN_VALUE);
    assertThat(convert(0x1p63, null, "Int64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(-0x1.0000000000001p63, null, "Int64")).isEqualTo(OUT_OF_RANGE);
    for (double number :
        new double[] {0.5, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      assertThat(convert(number, null, "Int64")).asString().startsWith(REFUSED);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0",
    "-0, -0.0",
    "12.50, 12.5",
    "-0.1, -0.1",
    "0.1, 0.1",
    ".5, 0.5",
    "9007199254740992, 9007199254740992",
    "9007199254740993, 9007199254740992",
    "9999999999999999, 1e16",
    "0.00000000000000001, 1e-17",
    "123456789012345678901234567890, 123456789012345678901234567890",
    "1e308, 1e308",
    "4.9e-324, 4.9e-324",
    "1e-400, 0",
    "NaN, NaN",
    "NAN, NaN",
    "Infinity, Infinity",
    "-Infinity, -Infinity",
    "inf, Infinity",
    "-inf, -Infinity",
    "POSITIVE_INFINITY, Infinity",
    "NEGATIVE_INFINITY, -Infinity",
  })
  void textBecomesTheNearestDouble(String text, double number) {
    assertThat(convert(text, null, "Float64")).isEqualTo(number);
    Object narrow = Math.abs(number) == 1e308 ? OUT_OF_RANGE : (float) number;
    assertThat(convert(text, null, "Float32")).isEqualTo(narrow);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1e309", "-1e309", "1f", "1d", "0x1p3", "", ".", "-", "-.", "1.2.3", " 1", "e5"})
  void textThatNoDoubleHoldsIsRefused(String text) {
    assertThat(convert(text, null, "Float64")).asString().startsWith(REFUSED);
    assertThat(convert(text, null, "Float32")).asString().startsWith(REFUSED);
  }

  @Test
  void floatsRefuseWhatWouldOverflowOrLoseDigitsOfAWholeNumber() {
    assertThat(convert(1L << 53, null, "Float64")).isEqualTo(0x1p53);
    assertThat(convert((1L << 53) + 1, null, "Float64")).asString().startsWith(REFUSED);
    assertThat(convert(Long.MAX_VALUE, null, "Float64")).asString().startsWith(REFUSED);
    assertThat(convert(Long.MIN_VALUE, null, "Float64")).isEqualTo(-0x1p63);
    assertThat(convert(1L << 24, null, "Float32")).isEqualTo(0x1p24f);
    assertThat(convert((1L << 24) + 1, null, "Float32")).asString().startsWith(REFUSED);
    assertThat(convert("1e39", null, "Float32")).asString().startsWith(REFUSED);
    assertThat(convert(1e39, null, "Float32")).asString().startsWith(REFUSED);
    assertThat(convert(new BigDecimal("1e39"), null, "Float32")).asString().startsWith(REFUSED);
    assertThat(convert(new BigDecimal("1e309"), null, "Float64")).asString().startsWith(REFUSED);
    assertThat(convert(new BigDecimal("0.1"), null, "Float32")).isEqualTo(0.1f);
    assertThat(convert(new BigDecimal("0.1"), null, "Float64")).isEqualTo(0.1);
    assertThat(convert(Double.NaN, null, "Float32")).isEqualTo(Float.NaN);
    assertThat(convert(Double.NEGATIVE_INFINITY, null, "Float32"))
        .isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(convert(true, null, "Float64")).isEqualTo(1.0);
    assertThat(convert(false, null, "Float32")).isEqualTo(0f);
  }

  @Test
  void decimalsAreRescaledExactlyOrRefused() {
    assertThat(convert("12.5", null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("12.50"));
    assertThat(convert("12.500", null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("12.50"));
    assertThat(convert(7L, null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("7.00"));
    assertThat(convert(0.1, null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("0.10"));
    assertThat(convert(0.1f, null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("0.10"));
    assertThat(convert("-999.99", null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("-999.99"));
    assertThat(convert("0e50", null, "Decimal(5, 2)")).isEqualTo(new BigDecimal("0.00"));
    assertThat(convert("1000", null, "Decimal(5, 2)")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("0.001", null, "Decimal(5, 2)"))
        .isEqualTo(REFUSED + "the value has more decimal places than the column");
    assertThat(convert(Double.NaN, null, "Decimal(5, 2)"))
        .isEqualTo(REFUSED + "the value is not finite");
    assertThat(convert(Float.POSITIVE_INFINITY, null, "Decimal(5, 2)"))
        .isEqualTo(REFUSED + "the value is not finite");
    assertThat(convert("NaN", null, "Decimal(5, 2)"))
        .isEqualTo(REFUSED + "the text is not a number");
    assertThat(DeclaredType.parse("Decimal(5, 2)", TimeRules.DEFAULT).schema().name())
        .isEqualTo(Decimal.LOGICAL_NAME);
  }

  @Test
  void booleansAreReadFromTheWordsAndNumbersOfPostgres() {
    for (Object yes : List.of(true, 1L, "true", "t", "1")) {
      assertThat(convert(yes, null, "Bool")).isEqualTo(true);
    }
    for (Object no : List.of(false, 0L, "false", "f", "0")) {
      assertThat(convert(no, null, "Bool")).isEqualTo(false);
    }
    for (Object neither : List.of(2L, -1L, "yes", "TRUE", "")) {
      assertThat(convert(neither, null, "Bool"))
          .isEqualTo(REFUSED + "the value is neither true nor false");
    }
    assertThat(convert(true, null, "UInt8")).isEqualTo((short) 1);
    assertThat(convert(true, null, "Int64")).isEqualTo(1L);
    assertThat(convert(false, null, "Int64")).isEqualTo(0L);
  }

  @Test
  void everythingHasAText() {
    assertThat(convert(42L, null, "String")).isEqualTo("42");
    assertThat(convert(true, null, "String")).isEqualTo("true");
    assertThat(convert(1e21, null, "String")).isEqualTo("1000000000000000000000");
    assertThat(convert(1.0, null, "String")).isEqualTo("1");
    assertThat(convert(0.1f, null, "String")).isEqualTo("0.1");
    assertThat(convert(-0.0, null, "String")).isEqualTo("-0");
    assertThat(convert(-0.0f, null, "String")).isEqualTo("-0");
    assertThat(convert(0.0, null, "String")).isEqualTo("0");
    assertThat(convert(-1.5, null, "String")).isEqualTo("-1.5");
    assertThat(convert(Double.NaN, null, "String")).isEqualTo("NaN");
    assertThat(convert(Double.NEGATIVE_INFINITY, null, "String")).isEqualTo("-Infinity");
    assertThat(convert(Float.NaN, null, "String")).isEqualTo("NaN");
    assertThat(convert(Float.POSITIVE_INFINITY, null, "String")).isEqualTo("Infinity");
    assertThat(convert(new BigDecimal("1.500"), null, "String")).isEqualTo("1.500");
    assertThat(convert(new byte[] {0, (byte) 0xff}, null, "String")).isEqualTo("00ff");
    assertThat(convert(List.of(1L, "a"), null, "String")).isEqualTo("[1,\"a\"]");
  }

  @Test
  void fixedStringsCountBytes() {
    assertThat(convert("äb", null, "FixedString(3)")).isEqualTo("äb");
    assertThat(convert("abc", null, "FixedString(3)")).isEqualTo("abc");
    assertThat(convert("", null, "FixedString(1)")).isEqualTo("");
    assertThat(convert("äbc", null, "FixedString(3)"))
        .isEqualTo(REFUSED + "the text is longer than the column");
    assertThat(convert("a", null, "FixedString(3)")).isEqualTo("a");
    assertThat(convert(1234L, null, "FixedString(3)")).asString().startsWith(REFUSED);
  }

  @Test
  void uuidsAreMadeCanonical() {
    String uuid = "6f1c0a52-8a4e-4b61-9d0e-0c8d5f3c7a11";
    assertThat(convert(uuid, null, "UUID")).isEqualTo(uuid);
    assertThat(convert(uuid.toUpperCase(java.util.Locale.ROOT), null, "UUID")).isEqualTo(uuid);
    for (String bad :
        List.of(
            "",
            "1-1-1-1-1",
            uuid + "0",
            uuid.replace('6', 'g'),
            "6f1c0a5-28a4e-4b61-9d0e-0c8d5f3c7a11",
            "6f1c0a528a4e4b619d0e0c8d5f3c7a11")) {
      assertThat(convert(bad, null, "UUID")).isEqualTo(REFUSED + "the text is not a UUID");
    }
  }

  @Test
  void enumsGoByName() {
    String type = "Enum8('a' = 1, 'it\\'s' = 2)";
    assertThat(convert("a", null, type)).isEqualTo("a");
    assertThat(convert("it's", null, type)).isEqualTo("it's");
    assertThat(convert("b", null, type))
        .isEqualTo(REFUSED + "the text is none of the column's names");
    assertThat(convert(1L, null, type)).isEqualTo(NO_CONVERSION);
  }

  @Test
  void arraysConvertTheirElements() {
    assertThat(convert(List.of(1L, 2L), null, "Array(UInt8)"))
        .isEqualTo(List.of((short) 1, (short) 2));
    assertThat(convert(List.of(), null, "Array(String)")).isEqualTo(List.of());
    assertThat(convert(Arrays.asList("a", null), null, "Array(Nullable(String))"))
        .isEqualTo(Arrays.asList("a", null));
    assertThat(convert(Arrays.asList("a", null), null, "Array(String)"))
        .isEqualTo(REFUSED + "the array has a null element, which its column forbids");
    assertThat(convert(List.of(300L), null, "Array(UInt8)")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(List.of(List.of("a")), null, "Array(Nullable(String))"))
        .asString()
        .endsWith("the array has arrays in it, which have no place in the column");
    assertThat(convert(List.of(List.of(1L)), null, "Array(Array(Int8))"))
        .isEqualTo(List.of(List.of((byte) 1)));
    Schema dates =
        SchemaBuilder.array(Conversion.named(Schema.Type.INT32, "io.debezium.time.Date")).build();
    assertThat(convert(List.of(1), dates, "Array(DateTime)")).isEqualTo(List.of(86_400L));
    Schema schema = DeclaredType.parse("Array(Nullable(UInt8))", TimeRules.DEFAULT).schema();
    assertThat(schema.valueSchema().isOptional()).isTrue();
    assertThat(schema.valueSchema().parameters())
        .containsEntry("clickhouse.type", "Nullable(UInt8)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Int8",
        "UInt64",
        "Int64",
        "Float64",
        "Bool",
        "Decimal(9, 2)",
        "UUID",
        "Enum8('a' = 1)",
        "Date",
        "DateTime",
        "DateTime64(3)",
      })
  void bytesAndStructuresOnlyHaveATextOrElements(String type) {
    assertThat(convert(new byte[] {1}, null, type)).isEqualTo(NO_CONVERSION);
    assertThat(convert(Map.of("a", 1L), null, type)).isEqualTo(NO_CONVERSION);
    assertThat(convert(List.of(1L), null, type)).isEqualTo(NO_CONVERSION);
  }

  @Test
  void conversionsThatMakeNoSenseAreRefused() {
    for (String type : List.of("Decimal(9, 2)", "UUID", "Enum8('a' = 1)", "Date", "DateTime")) {
      assertThat(convert(true, null, type)).isEqualTo(NO_CONVERSION);
    }
    for (String type : List.of("UUID", "Enum8('a' = 1)", "Date", "DateTime", "Bool")) {
      assertThat(convert(1.5, null, type)).isEqualTo(NO_CONVERSION);
      assertThat(convert(BigDecimal.ONE, null, type)).isEqualTo(NO_CONVERSION);
    }
    assertThat(convert("x", null, "Array(String)")).isEqualTo(NO_CONVERSION);
    assertThat(convert(new Object(), null, "String")).isEqualTo(NO_CONVERSION);
  }
}

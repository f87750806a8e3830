package dev.sluice.smt.type;

import static dev.sluice.smt.type.Conversion.REFUSED;
import static dev.sluice.smt.type.Conversion.convert;
import static dev.sluice.smt.type.Conversion.named;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Date;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dates and times in every form that Debezium and Connect give them. */
class TimeConversionTest {

  private static final String OUT_OF_RANGE = REFUSED + "the value is out of range";
  private static final String NOT_ISO = REFUSED + "the text is not an ISO-8601 date or timestamp";

  private static final Schema DATE = named(Schema.Type.INT32, "io.debezium.time.Date");
  private static final Schema MICRO_TIMESTAMP =
      named(Schema.Type.INT64, "io.debezium.time.MicroTimestamp");
  private static final Schema MILLI_TIMESTAMP =
      named(Schema.Type.INT64, "io.debezium.time.Timestamp");
  private static final Schema NANO_TIMESTAMP =
      named(Schema.Type.INT64, "io.debezium.time.NanoTimestamp");
  private static final Schema ZONED = named(Schema.Type.STRING, "io.debezium.time.ZonedTimestamp");
  private static final Schema ISO_TIMESTAMP =
      named(Schema.Type.STRING, "io.debezium.time.IsoTimestamp");
  private static final Schema ISO_DATE = named(Schema.Type.STRING, "io.debezium.time.IsoDate");

  /** 2026-11-22T10:00:00 with as many digits as each form has. */
  record Wire(Schema schema, Object value, String text, int nanos) {}

  static List<Wire> timestamps() {
    return List.of(
        new Wire(MILLI_TIMESTAMP, 1_795_341_600_123L, "2026-11-22T10:00:00.123", 123_000_000),
        new Wire(
            MICRO_TIMESTAMP, 1_795_341_600_123_456L, "2026-11-22T10:00:00.123456", 123_456_000),
        new Wire(
            NANO_TIMESTAMP,
            1_795_341_600_123_456_789L,
            "2026-11-22T10:00:00.123456789",
            123_456_789),
        new Wire(
            Timestamp.SCHEMA, new Date(1_795_341_600_123L), "2026-11-22T10:00:00.123", 123_000_000),
        new Wire(
            ISO_TIMESTAMP,
            "2026-11-22T10:00:00.123456Z",
            "2026-11-22T10:00:00.123456",
            123_456_000),
        new Wire(ZONED, "2026-11-22T10:00:00.123456Z", "2026-11-22T10:00:00.123456Z", 123_456_000),
        new Wire(ZONED, "2026-11-22T11:30:00.5+01:30", "2026-11-22T11:30:00.5+01:30", 500_000_000),
        new Wire(null, "2026-11-22 10:00:00.123456", "2026-11-22 10:00:00.123456", 123_456_000),
        new Wire(null, "2026-11-22T05:00:00-05", "2026-11-22T05:00:00-05", 0));
  }

  @ParameterizedTest
  @MethodSource("timestamps")
  void timestampsMeanTheSameInEveryForm(Wire wire) {
    long second = 1_795_341_600L;
    assertThat(to(wire, "String")).isEqualTo(wire.text());
    assertThat(to(wire, "Int64")).isEqualTo(second * 1_000 + wire.nanos() / 1_000_000);
    assertThat(to(wire, "UInt64")).isEqualTo(second * 1_000 + wire.nanos() / 1_000_000);
    assertThat(to(wire, "DateTime")).isEqualTo(second);
    assertThat(to(wire, "DateTime64(0)")).isEqualTo(second);
    assertThat(to(wire, "DateTime64(6)")).isEqualTo(second * 1_000_000 + wire.nanos() / 1_000);
    assertThat(to(wire, "DateTime64(9, 'UTC')")).isEqualTo(second * 1_000_000_000 + wire.nanos());
    assertThat(to(wire, "Date")).isEqualTo(20_779);
    assertThat(to(wire, "Date32")).isEqualTo(20_779);
    for (String type :
        List.of("Int32", "UInt32", "Float64", "Bool", "Decimal(30, 6)", "UUID", "Array(Int64)")) {
      assertThat(to(wire, type)).asString().startsWith(REFUSED);
    }
  }

  private static Object to(Wire wire, String type) {
    return convert(wire.value(), wire.schema(), type);
  }

  @Test
  void instantsBeforeTheEpochAreRoundedDown() {
    assertThat(convert("1969-12-31T23:59:59.9999Z", null, "Int64")).isEqualTo(-1L);
    assertThat(convert(-1L, MICRO_TIMESTAMP, "Int64")).isEqualTo(-1L);
    assertThat(convert(-1_000_001L, MICRO_TIMESTAMP, "DateTime64(3)")).isEqualTo(-1_001L);
    assertThat(convert(-1L, NANO_TIMESTAMP, "DateTime64(6)")).isEqualTo(-1L);
    assertThat(convert(-1L, MILLI_TIMESTAMP, "Date32")).isEqualTo(-1);
    assertThat(convert(-1L, MILLI_TIMESTAMP, "String")).isEqualTo("1969-12-31T23:59:59.999");
  }

  @Test
  void timestampsWithoutAZoneAreReadInTheZoneOfTheSettings() {
    TimeRules berlin = Conversion.rules(TimestampUnit.MILLIS, "Europe/Berlin");
    // Berlin is one hour ahead in winter and two in summer.
    assertThat(convert("2026-11-22T10:00:00", null, "DateTime", berlin))
        .isEqualTo(1_795_341_600L - 3_600);
    assertThat(convert("2026-07-01T00:00:00", null, "DateTime", berlin))
        .isEqualTo(1_782_864_000L - 7_200);
    assertThat(convert("2026-11-22T10:00:00Z", null, "DateTime", berlin)).isEqualTo(1_795_341_600L);
    assertThat(convert("2026-11-22T10:00:00Z", ISO_TIMESTAMP, "DateTime", berlin))
        .isEqualTo(1_795_341_600L - 3_600);
    assertThat(convert(1_795_341_600_000L, MILLI_TIMESTAMP, "DateTime", berlin))
        .isEqualTo(1_795_341_600L - 3_600);
    assertThat(convert(1_795_341_600_000L, null, "DateTime", berlin))
        .isEqualTo(1_795_341_600L - 3_600);
    assertThat(convert("2026-11-22T23:30:00Z", null, "Date", berlin)).isEqualTo(20_780);
    assertThat(convert("2026-11-22T23:30:00", null, "Date", berlin)).isEqualTo(20_779);
    assertThat(convert("2026-11-22", null, "Date", berlin)).isEqualTo(20_779);
    assertThat(convert("2026-11-22", null, "Int64", berlin))
        .isEqualTo((20_779L * 86_400 - 3_600) * 1_000);
    assertThat(convert(1_795_341_600_000L, MILLI_TIMESTAMP, "String", berlin))
        .isEqualTo("2026-11-22T10:00:00");
  }

  @ParameterizedTest
  @CsvSource({
    "SECONDS, 1795341600, 1795341600000",
    "MILLIS, 1795341600123, 1795341600123",
    "MICROS, 1795341600123456, 1795341600123",
    "NANOS, 1795341600123456789, 1795341600123",
    "MICROS, -1, -1",
  })
  void bareNumbersAreCountedInTheUnitOfTheSettings(TimestampUnit unit, long number, long millis) {
    TimeRules rules = Conversion.rules(unit, "Z");
    assertThat(convert(number, null, "DateTime64(3)", rules)).isEqualTo(millis);
    assertThat(convert(number, Schema.INT64_SCHEMA, "DateTime64(3)", rules)).isEqualTo(millis);
    assertThat(convert(number, null, "Int64", rules)).isEqualTo(number);
  }

  @Test
  void bareNumbersForDatesAreDays() {
    assertThat(convert(20_779L, null, "Date")).isEqualTo(20_779);
    assertThat(convert(20_779, Schema.INT32_SCHEMA, "Date32")).isEqualTo(20_779);
    assertThat(convert(1_795_341_600_000L, null, "Date32")).isEqualTo(OUT_OF_RANGE);
  }

  @Test
  void datesMeanTheSameInEveryForm() {
    var connectDate = org.apache.kafka.connect.data.Date.SCHEMA;
    var forms =
        List.of(
            new Wire(DATE, 20_779, "2026-11-22", 0),
            new Wire(connectDate, new Date(20_779 * 86_400_000L), "2026-11-22", 0),
            new Wire(ISO_DATE, "2026-11-22Z", "2026-11-22", 0),
            new Wire(null, "2026-11-22", "2026-11-22", 0));
    for (Wire date : forms) {
      assertThat(to(date, "String")).isEqualTo("2026-11-22");
      assertThat(to(date, "Date")).isEqualTo(20_779);
      assertThat(to(date, "Date32")).isEqualTo(20_779);
      assertThat(to(date, "Int64")).isEqualTo(20_779 * 86_400_000L);
      assertThat(to(date, "DateTime64(6)")).isEqualTo(20_779 * 86_400_000_000L);
      assertThat(to(date, "Int32")).asString().startsWith(REFUSED);
      assertThat(to(date, "Float64")).asString().startsWith(REFUSED);
    }
  }

  @Test
  void timesOfDayHaveATextAndNothingElse() {
    long micros = 36_000_123_456L;
    var forms =
        List.of(
            new Wire(named(Schema.Type.INT32, "io.debezium.time.Time"), 36_000_123, ".123", 0),
            new Wire(named(Schema.Type.INT64, "io.debezium.time.MicroTime"), micros, ".123456", 0),
            new Wire(
                named(Schema.Type.INT64, "io.debezium.time.NanoTime"),
                micros * 1_000 + 789,
                ".123456789",
                0),
            new Wire(Time.SCHEMA, new Date(36_000_123), ".123", 0),
            new Wire(
                named(Schema.Type.STRING, "io.debezium.time.IsoTime"), "10:00:00.5Z", ".5", 0));
    for (Wire time : forms) {
      assertThat(to(time, "String")).isEqualTo("10:00:00" + time.text());
      for (String type : List.of("Int64", "DateTime", "Date", "Float64", "Int32")) {
        assertThat(to(time, type)).asString().startsWith(REFUSED);
      }
    }
    Schema microTime = named(Schema.Type.INT64, "io.debezium.time.MicroTime");
    assertThat(convert(86_400_000_000L, microTime, "String")).isEqualTo("24:00:00");
    assertThat(convert(0L, microTime, "String")).isEqualTo("00:00:00");
    assertThat(convert(86_400_000_001L, microTime, "String")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(-1L, microTime, "String")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(Long.MAX_VALUE, microTime, "String")).asString().startsWith(REFUSED);
    Schema zonedTime = named(Schema.Type.STRING, "io.debezium.time.ZonedTime");
    assertThat(convert("10:00:00Z", zonedTime, "String")).isEqualTo("10:00:00Z");
  }

  static List<Wire> infinities() {
    return List.of(
        new Wire(null, "infinity", "+", 0),
        new Wire(null, "-infinity", "-", 0),
        new Wire(ZONED, "infinity", "+", 0),
        new Wire(ZONED, "-infinity", "-", 0),
        new Wire(ISO_TIMESTAMP, "infinity", "+", 0),
        new Wire(ISO_TIMESTAMP, "-infinity", "-", 0),
        new Wire(ISO_TIMESTAMP, "+294247-01-10T04:00:25.2Z", "+", 0),
        new Wire(ISO_TIMESTAMP, "+292278994-08-16T23:00:00Z", "+", 0),
        new Wire(ISO_TIMESTAMP, "-292275055-05-16T23:00:00Z", "-", 0),
        new Wire(ISO_DATE, "+5877611-06-21Z", "+", 0),
        new Wire(ISO_DATE, "-5877641-06-24Z", "-", 0),
        new Wire(ISO_TIMESTAMP, "-290308-12-21T19:59:27.6Z", "-", 0),
        new Wire(MICRO_TIMESTAMP, 9_223_372_036_825_200_000L, "+", 0),
        new Wire(MICRO_TIMESTAMP, -9_223_372_036_832_400_000L, "-", 0),
        new Wire(MILLI_TIMESTAMP, 9_223_372_036_825_200L, "+", 0),
        new Wire(MILLI_TIMESTAMP, -9_223_372_036_832_400L, "-", 0),
        new Wire(NANO_TIMESTAMP, Long.MAX_VALUE, "+", 0),
        new Wire(NANO_TIMESTAMP, Long.MIN_VALUE, "-", 0),
        new Wire(Timestamp.SCHEMA, new Date(9_223_372_036_825_200L), "+", 0),
        new Wire(Timestamp.SCHEMA, new Date(-9_223_372_036_832_400L), "-", 0),
        new Wire(DATE, -2_147_472_692, "+", 0),
        new Wire(DATE, -2_147_472_691, "-", 0),
        new Wire(DATE, -622_191_234, "+", 0),
        new Wire(DATE, -622_191_233, "+", 0),
        new Wire(DATE, -625_821_272, "-", 0),
        new Wire(DATE, -625_821_273, "-", 0),
        new Wire(ISO_DATE, "-5877611-06-21Z", "+", 0),
        new Wire(ISO_DATE, "-5877611-06-22Z", "-", 0),
        new Wire(ISO_DATE, "+292278994-08-16Z", "+", 0),
        new Wire(ISO_DATE, "+292269055-12-02Z", "-", 0));
  }

  /** As text that says nothing of a time, or of a wall clock's. */
  @ParameterizedTest
  @CsvSource({
    "+294247-01-10T04:00:25.2Z,       253402300799999",
    "-290308-12-21T19:59:27.6Z,       -62135596800000",
    "+292278994-08-16T23:00:00Z,      253402300799999",
    "+292278994-08-17T00:00:00Z,      253402300799999",
    "-292275055-05-16T13:00:00Z,      -62135596800000",
    "+292269055-12-02T23:00:00.000000Z, -62135596800000",
  })
  void infinityIsKnownWithoutASchema(String text, long millis) {
    assertThat(convert(text, null, "Int64")).isEqualTo(millis);
    assertThat(convert(text, ZONED, "Int64")).isEqualTo(millis);
    assertThat(convert(text, null, "DateTime64(6)")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(text, null, "Date32")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(text, null, "String")).isEqualTo(text);
  }

  @ParameterizedTest
  @MethodSource("infinities")
  void infinityIsKnownInEveryForm(Wire infinity) {
    boolean negative = infinity.text().equals("-");
    assertThat(to(infinity, "Int64"))
        .isEqualTo(negative ? -62_135_596_800_000L : 253_402_300_799_999L);
    assertThat(to(infinity, "String")).isEqualTo(negative ? "-infinity" : "infinity");
    assertThat(to(infinity, "DateTime64(3)")).isEqualTo(OUT_OF_RANGE);
    assertThat(to(infinity, "Date32")).isEqualTo(OUT_OF_RANGE);
    assertThat(to(infinity, "UInt64"))
        .isEqualTo(negative ? OUT_OF_RANGE : (Object) 253_402_300_799_999L);
  }

  @Test
  void pointsNextToInfinityAreOrdinary() {
    assertThat(convert(9_223_372_036_825_200_001L, MICRO_TIMESTAMP, "Int64"))
        .isEqualTo(9_223_372_036_825_200L);
    assertThat(convert(-9_223_372_036_832_399_999L, MICRO_TIMESTAMP, "Int64"))
        .isEqualTo(-9_223_372_036_832_400L);
    assertThat(convert(9_223_372_036_825_000_000L, MICRO_TIMESTAMP, "Int64"))
        .isEqualTo(9_223_372_036_825_000L);
    assertThat(convert(-9_223_372_036_833_000_000L, MICRO_TIMESTAMP, "Int64"))
        .isEqualTo(-9_223_372_036_833_000L);
    assertThat(convert(Long.MAX_VALUE, MICRO_TIMESTAMP, "Int64")).isEqualTo(Long.MAX_VALUE / 1_000);
    assertThat(convert(-2_147_472_690, DATE, "Int64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(-622_191_236, DATE, "Int64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(-2_440_588, DATE, "String")).isEqualTo("-4713-11-24");
    assertThat(convert(-2_440_589, DATE, "String")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(2_145_042_905, DATE, "String")).isEqualTo("+5874897-12-31");
    assertThat(convert(2_145_042_906, DATE, "String")).isEqualTo(OUT_OF_RANGE);
  }

  @ParameterizedTest
  @CsvSource({
    "Date, 1970-01-01, 2149-06-06",
    "Date32, 1900-01-01, 2299-12-31",
    "DateTime, 1970-01-01T00:00:00, 2106-02-07T06:28:15",
    "DateTime64(0), 1900-01-01T00:00:00, 2299-12-31T23:59:59",
    "DateTime64(6), 1900-01-01T00:00:00, 2299-12-31T23:59:59.999999",
    "DateTime64(9), 1900-01-01T00:00:00, 2262-04-11T23:47:15.999999999",
  })
  void timesReachTheirLimitsAndNoFarther(String type, String first, String last) {
    assertThat(convert(first, null, type)).isInstanceOf(Number.class);
    assertThat(convert(last, null, type)).isInstanceOf(Number.class);
    boolean isDate = !first.contains("T");
    Object before =
        isDate ? LocalDate.parse(first).minusDays(1) : LocalDateTime.parse(first).minusNanos(1);
    Object after =
        isDate ? LocalDate.parse(last).plusDays(1) : LocalDateTime.parse(last).plusSeconds(1);
    assertThat(convert(before.toString(), null, type)).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(after.toString(), null, type)).isEqualTo(OUT_OF_RANGE);
  }

  @ParameterizedTest
  @CsvSource({
    "2024-02-29T00:00:00Z, 1709164800",
    "2000-02-29T12:30:15Z, 951827415",
    "1999-12-31T23:59:59Z, 946684799",
    "0001-01-01T00:00:00Z, -62135596800",
    "0000-01-01T00:00:00Z, -62167219200",
    "-4712-01-01T12:00:00Z, -210863476800",
    "+294276-12-31T23:59:59Z, 9224318015999",
    "2026-11-22T10:00Z, 1795341600",
    "2026-11-22T10:00:00+0530, 1795321800",
    "2026-11-22T10:00:00+05:30:15, 1795321785",
    "2026-11-22T10:00:00-00:00, 1795341600",
  })
  void isoTextIsReadToTheSecond(String text, long second) {
    assertThat(convert(text, ZONED, "Int64")).isEqualTo(second * 1_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00z",
        "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00+1",
        "2026-01-01T00:00:00+01:0",
        "2026-01-01T00:00:0",
        "2026-01-01T",
        "2026-1-1",
        "026-01-01",
        "12026-01-01",
        "2026/01/01",
        "2026-01-01x",
        "-",
        "",
        "2026-01-01T00:00:00 ",
        "Infinity",
        "+infinity",
        "2026-01-01Z0",
        "٢٠٢٦-01-01",
        "2026-01-01T10",
        "+1234567890-01-01",
      })
  void otherTextIsNoTimestamp(String text) {
    assertThat(convert(text, ZONED, "Int64")).asString().startsWith(REFUSED);
    assertThat(convert(text, ZONED, "DateTime64(3)")).asString().startsWith(REFUSED);
  }

  @Test
  void errorsOfIsoTextSayWhatIsWrong() {
    assertThat(convert("nonsense", ZONED, "Int64")).isEqualTo(NOT_ISO);
    assertThat(convert("2026-02-30", ZONED, "Int64"))
        .isEqualTo(REFUSED + "the calendar has no such day");
    assertThat(convert("2026-02-03T00:00:00.1234567891", ZONED, "Int64"))
        .isEqualTo(REFUSED + "the timestamp is finer than nanoseconds");
  }

  @Test
  void infinityIsNoNumberWhereASchemaSaysThatItIsATime() {
    assertThat(convert("infinity", ZONED, "Float64")).asString().startsWith(REFUSED);
    assertThat(convert("infinity", null, "Float64")).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void timestampsThatNoMillisecondCountHoldsAreRefused() {
    TimeRules seconds = Conversion.rules(TimestampUnit.SECONDS, "Europe/Berlin");
    assertThat(convert(Long.MAX_VALUE, null, "DateTime64(3)", seconds)).isEqualTo(OUT_OF_RANGE);
    assertThat(convert(Long.MIN_VALUE, null, "DateTime64(3)", seconds)).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("+999999999-01-01T00:00:00Z", ZONED, "Int64")).isEqualTo(OUT_OF_RANGE);
    assertThat(convert("-999999999-01-01T00:00:00Z", ZONED, "Int64")).isEqualTo(OUT_OF_RANGE);
  }
}

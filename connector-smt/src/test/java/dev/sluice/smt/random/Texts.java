package dev.sluice.smt.random;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;

/** Random texts, of which many nearly are something else. */
final class Texts {

  private static final List<String> SPECIAL =
      List.of(
          "",
          "-",
          "+",
          ".",
          "-0",
          "0.000",
          "00012",
          "+7",
          "5.",
          ".5",
          "1e3",
          "12e-1",
          "1E+2",
          "1e400",
          "1e-400",
          "NaN",
          "Infinity",
          "-Infinity",
          "infinity",
          "-infinity",
          "true",
          "t",
          "1",
          "0",
          "false",
          "f",
          "TRUE",
          "red",
          "green",
          "blue",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "-9223372036854775809",
          "18446744073709551615",
          "18446744073709551616",
          "4294967295",
          "4294967296",
          "100000e-3",
          "2026-11-22",
          "2026-11-22Z",
          "2026-02-30",
          "2026-11-22T10:00",
          "2026-11-22 10:00:00.5",
          "2026-11-22T24:00:00Z",
          "2026-11-22T10:00:00.123456789Z",
          "1969-12-31T23:59:59.9999999Z",
          "2026-11-22T10:00:00.1234567891Z",
          "-0043-03-15",
          "2026-03-29T02:30:00",
          "2026-10-25T02:30:00",
          "+10000-01-01T00:00:00Z",
          "10000-01-01",
          "2026-1-1");

  /** Without the letters that spell a number's name. */
  private static final String LETTERS = "abcdefgh -:.TZ0123456789äß€\u0001\"\\😀";

  private Texts() {}

  static String any(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> decimal(random).toPlainString();
      case 1 -> String.valueOf(random.nextLong() >> random.nextInt(64));
      case 2 -> Wire.dateTime(random) + (random.nextBoolean() ? "Z" : "+05:30");
      case 3 -> uuid(random);
      case 4 -> SPECIAL.get(random.nextInt(SPECIAL.size()));
      default -> letters(random);
    };
  }

  static BigDecimal decimal(Random random) {
    var unscaled = new BigInteger(1 + random.nextInt(120), random);
    int scale = random.nextInt(12);
    return new BigDecimal(random.nextBoolean() ? unscaled : unscaled.negate(), scale);
  }

  private static String uuid(Random random) {
    String uuid = new UUID(random.nextLong(), random.nextLong()).toString();
    return random.nextBoolean() ? uuid : uuid.toUpperCase(Locale.ROOT);
  }

  private static String letters(Random random) {
    int[] points = LETTERS.codePoints().toArray();
    var text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      text.appendCodePoint(points[random.nextInt(points.length)]);
    }
    return text.toString();
  }
}

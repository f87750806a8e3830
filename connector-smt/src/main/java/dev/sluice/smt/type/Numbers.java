package dev.sluice.smt.type;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;

/** Reading numbers exactly. Every method throws {@link Mismatch} rather than change a value. */
final class Numbers {

  /** More digits than any Postgres numeric has, on either side of the point. */
  private static final int MAX_DIGITS = 200_000;

  /** 10^0 to 10^22, the powers of ten that a double holds exactly. */
  private static final double[] POWERS_OF_TEN = new double[23];

  /** Up to here every whole number is a double. */
  private static final long EXACT_IN_DOUBLE = 1L << 53;

  static {
    double power = 1;
    for (int i = 0; i < POWERS_OF_TEN.length; i++) {
      POWERS_OF_TEN[i] = power;
      power *= 10;
    }
  }

  private Numbers() {}

  /** Reads a whole number; {@code 5.00} is one, as it is in Postgres. */
  static long wholeNumber(String text) {
    int length = text.length();
    boolean negative = length > 0 && text.charAt(0) == '-';
    int digits = negative ? length - 1 : length;
    if (digits == 0 || digits > 18) {
      return wholeNumber(decimal(text));
    }
    long number = 0;
    for (int i = negative ? 1 : 0; i < length; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return wholeNumber(decimal(text));
      }
      number = number * 10 + digit;
    }
    return negative ? -number : number;
  }

  static long wholeNumber(BigDecimal number) {
    if (number.signum() == 0) {
      return 0;
    }
    if ((long) number.precision() - number.scale() > 19) {
      throw ColumnType.outOfRange();
    }
    BigInteger whole = wholePart(number);
    if (whole.bitLength() > 63) {
      throw ColumnType.outOfRange();
    }
    return whole.longValue();
  }

  static long wholeNumber(double number) {
    if (number != Math.rint(number)) {
      throw notWhole();
    }
    if (number < -0x1p63 || number >= 0x1p63) {
      throw ColumnType.outOfRange();
    }
    return (long) number;
  }

  /** Reads a whole number from 0 to 2^64 - 1 as its 64 bits. */
  static long unsignedNumber(BigDecimal number) {
    if (number.signum() == 0) {
      return 0;
    }
    if ((long) number.precision() - number.scale() > 20) {
      throw ColumnType.outOfRange();
    }
    BigInteger whole = wholePart(number);
    if (whole.signum() < 0 || whole.bitLength() > 64) {
      throw ColumnType.outOfRange();
    }
    return whole.longValue();
  }

  private static BigInteger wholePart(BigDecimal number) {
    // Zeros after the point are cut off first: a tiny fraction must not be written out in full.
    BigDecimal plain = number.stripTrailingZeros();
    if (plain.scale() > 0) {
      throw notWhole();
    }
    return plain.toBigInteger();
  }

  /** Reads decimal text, plain or with an exponent. */
  static BigDecimal decimal(String text) {
    if (!looksDecimal(text)) {
      throw notANumber();
    }
    try {
      return bounded(new BigDecimal(text));
    } catch (NumberFormatException e) {
      throw notANumber();
    }
  }

  /** Refuses numbers whose digits, written out, would fill the memory. */
  static BigDecimal bounded(BigDecimal number) {
    if (Math.abs((long) number.scale()) > MAX_DIGITS) {
      throw ColumnType.outOfRange();
    }
    return number;
  }

  /** The decimal that a double prints as, which is what Postgres shows for it. */
  static BigDecimal decimal(double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw new Mismatch("the value is not finite");
    }
    return BigDecimal.valueOf(number);
  }

  static BigDecimal decimal(float number) {
    if (Float.isNaN(number) || Float.isInfinite(number)) {
      throw new Mismatch("the value is not finite");
    }
    return new BigDecimal(Float.toString(number));
  }

  /** The digits that tell a double from its neighbours, without an exponent. */
  static String plainText(double number) {
    return Double.isNaN(number) || Double.isInfinite(number)
        ? Double.toString(number)
        : plainText(decimal(number), 1 / number < 0);
  }

  static String plainText(float number) {
    return Float.isNaN(number) || Float.isInfinite(number)
        ? Float.toString(number)
        : plainText(decimal(number), 1 / number < 0);
  }

  private static String plainText(BigDecimal number, boolean negative) {
    String text = number.stripTrailingZeros().toPlainString();
    // A decimal has no negative zero.
    return negative && number.signum() == 0 ? "-" + text : text;
  }

  /** Reads the nearest double. {@code NaN} and the infinities are numbers here. */
  static double nearestDouble(String text) {
    double number = shortDouble(text);
    if (!Double.isNaN(number)) {
      return number;
    }
    if (looksDecimal(text)) {
      try {
        number = Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw notANumber();
      }
      if (Double.isInfinite(number)) {
        throw ColumnType.outOfRange();
      }
      return number;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "nan" -> Double.NaN;
      // The words with underscores are what Debezium writes for an infinite numeric.
      case "infinity", "+infinity", "inf", "+inf", "positive_infinity" -> Double.POSITIVE_INFINITY;
      case "-infinity", "-inf", "negative_infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw notANumber();
    };
  }

  /**
   * Reads text such as {@code -123.45} without an allocation, or gives NaN when the text is of
   * another form. Up to 2^53 the digits and the power of ten are both exact doubles, so that their
   * quotient is correctly rounded.
   */
  private static double shortDouble(String text) {
    int length = text.length();
    int i = length > 0 && text.charAt(0) == '-' ? 1 : 0;
    boolean negative = i == 1;
    if (length == i || length > 17) {
      return Double.NaN;
    }
    long digits = 0;
    int point = -1;
    for (; i < length; i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        digits = digits * 10 + (c - '0');
      } else if (c == '.' && point < 0) {
        point = i;
      } else {
        return Double.NaN;
      }
    }
    int decimals = point < 0 ? 0 : length - point - 1;
    boolean digitMissing = point >= 0 && (decimals == 0 || point == (negative ? 1 : 0));
    if (digits > EXACT_IN_DOUBLE || digitMissing) {
      return Double.NaN;
    }
    double number = digits / POWERS_OF_TEN[decimals];
    return negative ? -number : number;
  }

  /** Keeps out what only Java reads as a number: {@code 1d}, {@code 0x1p3}, blanks. */
  private static boolean looksDecimal(String text) {
    boolean digit = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        digit = true;
      } else if (c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
        return false;
      }
    }
    return digit;
  }

  private static Mismatch notANumber() {
    return new Mismatch("the text is not a number");
  }

  private static Mismatch notWhole() {
    return new Mismatch("the value is not a whole number");
  }
}

package dev.sluice.smt.type;

import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Dates and timestamps as ISO-8601 text: {@code 2026-11-22}, {@code 2026-11-22T10:00:00.123456Z},
 * with a blank instead of the T, with an offset or none, and Postgres' {@code infinity}.
 *
 * <p>Reading walks over the text once and copies nothing, because every timestamp of a schemaless
 * topic passes here. Text of another form, days that no calendar has, and fractions finer than
 * nanoseconds are a {@link Mismatch}.
 */
final class IsoText {

  private static final int[] DAYS_BEFORE_MONTH = {
    0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
  };

  /** By the number of digits after the point. */
  private static final int[] NANOS_OF_LAST_DIGIT = {
    1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1
  };

  private static final int DAYS_FROM_YEAR_0_TO_EPOCH = 719_528;
  private static final long NANOS_PER_DAY = 86_400_000_000_000L;

  private IsoText() {}

  /** True for text that can be a date, as opposed to a number. */
  static boolean looksLikeDate(String text) {
    int dash = text.indexOf('-', 1);
    boolean dated = dash > 0 && text.charAt(dash - 1) >= '0' && text.charAt(dash - 1) <= '9';
    return dated || text.endsWith("infinity");
  }

  /** Reads a text and hands what it says to the target. */
  static Object read(String text, ColumnType target) {
    return read(text, target, false);
  }

  /** Reads a text whose offset means nothing: a wall clock's time, which Debezium ends with Z. */
  static Object readWallClock(String text, ColumnType target) {
    return read(text, target, true);
  }

  private static Object read(String text, ColumnType target, boolean wallClock) {
    int length = text.length();
    int yearEnd = endOfYear(text);
    int dateEnd = yearEnd + 6;
    if (yearEnd < 0 || length < dateEnd) {
      return readInfinity(text, target);
    }
    requireSign(text, yearEnd, '-');
    requireSign(text, yearEnd + 3, '-');
    int month = twoDigits(text, yearEnd + 1);
    int year = year(text, yearEnd);
    long day = epochDay(year, month, twoDigits(text, yearEnd + 4));
    if (length == dateEnd || length == dateEnd + 1 && text.charAt(dateEnd) == 'Z') {
      return Infinity.orDate(day, year, target);
    }
    if (text.charAt(dateEnd) != 'T') {
      requireSign(text, dateEnd, ' ');
    }
    requireSign(text, dateEnd + 3, ':');
    int hour = twoDigits(text, dateEnd + 1);
    int minute = twoDigits(text, dateEnd + 4);
    int at = dateEnd + 6;
    int second = 0;
    int nanos = 0;
    if (at < length && text.charAt(at) == ':') {
      second = twoDigits(text, at + 1);
      at += 3;
      if (at < length && text.charAt(at) == '.') {
        int end = endOfDigits(text, at + 1);
        nanos = nanos(text, at + 1, end);
        at = end;
      }
    }
    if (hour > 23 || minute > 59 || second > 59) {
      throw malformed();
    }
    long seconds = day * InstantType.SECONDS_PER_DAY + (hour * 60L + minute) * 60 + second;
    if (at == length) {
      return Infinity.orWallClock(seconds, nanos, target);
    }
    int offset = offset(text, at);
    if (Infinity.isFar(year)) {
      return Infinity.orTimestamp(seconds, nanos, year, target);
    }
    return wallClock
        ? target.fromWallClock(seconds, nanos)
        : target.fromInstant(seconds - offset, nanos);
  }

  private static Object readInfinity(String text, ColumnType target) {
    return switch (text) {
      case "infinity" -> target.fromInfinity(false);
      case "-infinity" -> target.fromInfinity(true);
      default -> throw malformed();
    };
  }

  /** Where the year ends: it has four digits, or more after a sign. Negative when there is none. */
  private static int endOfYear(String text) {
    int length = text.length();
    boolean signed = length > 0 && (text.charAt(0) == '-' || text.charAt(0) == '+');
    int end = signed ? endOfDigits(text, 1) : Math.min(4, length);
    boolean possible = signed ? end >= 5 && end <= 10 : length >= 4;
    return possible ? end : -1;
  }

  private static int year(String text, int end) {
    char sign = text.charAt(0);
    int year = 0;
    for (int i = sign == '-' || sign == '+' ? 1 : 0; i < end; i++) {
      year = year * 10 + digit(text, i);
    }
    return sign == '-' ? -year : year;
  }

  private static long epochDay(int year, int month, int dayOfMonth) {
    if (month < 1 || month > 12 || dayOfMonth < 1) {
      throw noSuchDay();
    }
    boolean leap = (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
    int leapDay = leap && month > 2 ? 1 : 0;
    int lengthOfMonth = DAYS_BEFORE_MONTH[month + 1] - DAYS_BEFORE_MONTH[month];
    if (dayOfMonth > lengthOfMonth + (leap && month == 2 ? 1 : 0)) {
      throw noSuchDay();
    }
    int before = year - 1;
    int centuries = Math.floorDiv(before, 100);
    // A shift divides and rounds down, below zero as well.
    long daysBeforeYear = 365L * year + (before >> 2) - centuries + (centuries >> 2) + 1;
    return daysBeforeYear
        + DAYS_BEFORE_MONTH[month]
        + leapDay
        + dayOfMonth
        - 1
        - DAYS_FROM_YEAR_0_TO_EPOCH;
  }

  private static int endOfDigits(String text, int start) {
    int end = start;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end;
  }

  private static int nanos(String text, int start, int end) {
    if (end == start) {
      throw malformed();
    }
    if (end - start > 9) {
      throw new Mismatch("the timestamp is finer than nanoseconds");
    }
    int fraction = 0;
    for (int i = start; i < end; i++) {
      fraction = fraction * 10 + (text.charAt(i) - '0');
    }
    return fraction * NANOS_OF_LAST_DIGIT[end - start];
  }

  /** Reads the rest of the text: Z, +01, +0130, +01:30 or +01:30:15. */
  private static int offset(String text, int start) {
    int length = text.length();
    char sign = text.charAt(start);
    if (sign == 'Z' && length == start + 1) {
      return 0;
    }
    if (sign != '-') {
      requireSign(text, start, '+');
    }
    int seconds = 0;
    int at = start + 1;
    for (int unit = 3_600; unit > 0 && (at < length || unit == 3_600); unit /= 60) {
      at += unit < 3_600 && text.charAt(at) == ':' ? 1 : 0;
      seconds += twoDigits(text, at) * unit;
      at += 2;
    }
    if (at != length) {
      throw malformed();
    }
    return sign == '-' ? -seconds : seconds;
  }

  private static int twoDigits(String text, int at) {
    if (at + 2 > text.length()) {
      throw malformed();
    }
    int tens = text.charAt(at) - '0';
    int ones = text.charAt(at + 1) - '0';
    if ((tens | ones | 9 - tens | 9 - ones) < 0) {
      throw malformed();
    }
    return tens * 10 + ones;
  }

  private static int digit(String text, int at) {
    int digit = text.charAt(at) - '0';
    if (digit < 0 || digit > 9) {
      throw malformed();
    }
    return digit;
  }

  private static void requireSign(String text, int at, char expected) {
    if (at >= text.length() || text.charAt(at) != expected) {
      throw malformed();
    }
  }

  private static Mismatch malformed() {
    return new Mismatch("the text is not an ISO-8601 date or timestamp");
  }

  private static Mismatch noSuchDay() {
    return new Mismatch("the calendar has no such day");
  }

  static String ofInstant(long seconds, int nanos) {
    return ofWallClock(seconds, nanos) + "Z";
  }

  static String ofWallClock(long seconds, int nanos) {
    return LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC)
        .format(DateTimeFormatter.ISO_LOCAL_DATE_TIME);
  }

  static String ofTimeOfDay(long nanos) {
    if (nanos == NANOS_PER_DAY) {
      return "24:00:00"; // Postgres has this time, Java has not.
    }
    if (nanos < 0 || nanos > NANOS_PER_DAY) {
      throw ColumnType.outOfRange();
    }
    return LocalTime.ofNanoOfDay(nanos).format(DateTimeFormatter.ISO_LOCAL_TIME);
  }
}

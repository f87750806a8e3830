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

  private static final int DAYS_FROM_YEAR_0_TO_EPOCH = 719_528;
  private static final long NANOS_PER_DAY = 86_400_000_000_000L;

  private final String text;
  private int at;

  private IsoText(String text) {
    this.text = text;
  }

  /** True for text that can be a date, as opposed to a number. */
  static boolean looksLikeDate(String text) {
    return text.length() > 7 && (text.indexOf('-', 1) > 0 || text.charAt(text.length() - 1) == 'y');
  }

  /** Reads a text and hands what it says to the target. */
  static Object read(String text, ColumnType target) {
    return switch (text) {
      case "infinity" -> target.fromInfinity(false);
      case "-infinity" -> target.fromInfinity(true);
      default -> new IsoText(text).read(target, false);
    };
  }

  /** Reads a text whose offset means nothing: a wall clock's time, which Debezium ends with Z. */
  static Object readWallClock(String text, ColumnType target) {
    return switch (text) {
      case "infinity" -> target.fromInfinity(false);
      case "-infinity" -> target.fromInfinity(true);
      default -> new IsoText(text).read(target, true);
    };
  }

  private Object read(ColumnType target, boolean wallClock) {
    long day = date();
    if (at == text.length() || skip('Z') && at == text.length()) {
      return Infinity.orDate(day, target);
    }
    if (!skip('T') && !skip(' ')) {
      throw malformed();
    }
    int secondOfDay = timeOfDay();
    int nanos = skip('.') ? fraction() : 0;
    long seconds = day * InstantType.SECONDS_PER_DAY + secondOfDay;
    boolean bare = at == text.length();
    int offset = bare ? 0 : offset();
    if (at != text.length()) {
      throw malformed();
    }
    return bare || wallClock
        ? Infinity.orWallClock(seconds, nanos, target)
        : target.fromInstant(seconds - offset, nanos);
  }

  private long date() {
    boolean negative = skip('-');
    boolean signed = negative || skip('+');
    int start = at;
    int year = 0;
    for (; at < text.length() && isDigit(at) && at - start < 9; at++) {
      year = year * 10 + (text.charAt(at) - '0');
    }
    int digits = at - start;
    if (digits < 4 || digits > 4 && !signed) {
      throw malformed();
    }
    require('-');
    int month = twoDigits();
    require('-');
    int dayOfMonth = twoDigits();
    return epochDay(negative ? -year : year, month, dayOfMonth);
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
    long before = year - 1L;
    long daysBeforeYear =
        365L * year
            + Math.floorDiv(before, 4L)
            - Math.floorDiv(before, 100L)
            + Math.floorDiv(before, 400L)
            + 1;
    return daysBeforeYear
        + DAYS_BEFORE_MONTH[month]
        + leapDay
        + dayOfMonth
        - 1
        - DAYS_FROM_YEAR_0_TO_EPOCH;
  }

  private int timeOfDay() {
    int hour = twoDigits();
    require(':');
    int minute = twoDigits();
    int second = skip(':') ? twoDigits() : 0;
    if (hour > 23 || minute > 59 || second > 59) {
      throw malformed();
    }
    return (hour * 60 + minute) * 60 + second;
  }

  private int fraction() {
    int start = at;
    int nanos = 0;
    for (; at < text.length() && isDigit(at); at++) {
      if (at - start == 9) {
        throw new Mismatch("the timestamp is finer than nanoseconds");
      }
      nanos = nanos * 10 + (text.charAt(at) - '0');
    }
    if (at == start) {
      throw malformed();
    }
    for (int digits = at - start; digits < 9; digits++) {
      nanos *= 10;
    }
    return nanos;
  }

  private int offset() {
    if (skip('Z')) {
      return 0;
    }
    boolean negative = skip('-');
    if (!negative) {
      require('+');
    }
    int seconds = twoDigits() * 3_600;
    if (at < text.length()) {
      skip(':');
      seconds += twoDigits() * 60;
    }
    if (at < text.length()) {
      skip(':');
      seconds += twoDigits();
    }
    return negative ? -seconds : seconds;
  }

  private int twoDigits() {
    if (at + 2 > text.length() || !isDigit(at) || !isDigit(at + 1)) {
      throw malformed();
    }
    int number = (text.charAt(at) - '0') * 10 + text.charAt(at + 1) - '0';
    at += 2;
    return number;
  }

  private boolean isDigit(int index) {
    char c = text.charAt(index);
    return c >= '0' && c <= '9';
  }

  private boolean skip(char expected) {
    if (at < text.length() && text.charAt(at) == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void require(char expected) {
    if (!skip(expected)) {
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

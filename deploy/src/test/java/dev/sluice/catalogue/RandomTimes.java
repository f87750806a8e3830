package dev.sluice.catalogue;

import dev.sluice.catalogue.RandomValues.Source;
import dev.sluice.catalogue.RandomValues.Value;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;

/**
 * Random and edge times, each made of a number of microseconds (or days) since the epoch, from
 * which both the text for Postgres and the fact are written.
 */
final class RandomTimes {

  static final long DAY = 86_400_000_000L;

  /** What times a column is given: all that Postgres has, or fewer. */
  enum Span {
    /** Those of Postgres, from 4714 BC, less the last thirty years, see design.md. */
    ALL(micros("-4713-11-24T00:00"), micros("+294246-12-30T00:00")),
    /** Those of a DateTime64 and a Date32. */
    CENTURIES(micros("1900-01-01T00:00"), micros("2299-12-31T23:59:59.999999")),
    /** Those of a DateTime64(9). */
    NANOS(micros("1900-01-01T00:00"), micros("2262-04-11T23:47:15.999999")),
    /** Those of a DateTime. */
    SECONDS(0, micros("2106-02-07T06:28:15.999999")),
    /** Those of a Date. */
    SHORT(0, micros("2149-06-06T23:59:59.999999"));

    final long first;
    final long last;

    Span(long first, long last) {
      this.first = first;
      this.last = last;
    }
  }

  /**
   * Moments at which a clock somewhere jumped or will, days that some calendar has not, and the
   * ends of the ways to count.
   */
  private static final List<String> EDGES =
      List.of(
          "1970-01-01T00:00",
          "1969-12-31T23:59:59.999999",
          "2000-01-01T00:00",
          "1999-12-31T23:59:59.999999",
          "2026-03-08T02:30", // not in St. John's
          "2026-11-01T01:30", // twice there
          "2026-03-29T02:30", // not in Berlin
          "2026-10-25T02:30", // twice there
          "2011-12-30T12:00", // not in Apia
          "1892-07-04T12:00", // twice there
          "1986-01-01T00:10", // not in Kathmandu
          "1893-04-01T00:03",
          "1883-11-18T12:00",
          "1582-10-04T23:59:59.999999",
          "1582-10-10T00:00", // not in the Julian and Gregorian calendar
          "1500-02-28T12:00",
          "2024-02-29T23:59:59.9995",
          "2038-01-19T03:14:08",
          "1932-01-01T00:00",
          "2037-12-31T23:59:59.999999",
          "0001-01-01T00:00",
          "0001-01-02T00:00",
          "0000-12-31T23:59:59.999999",
          "0000-02-29T00:00",
          "-0001-12-31T00:00",
          "9999-12-30T00:00",
          "9999-12-31T00:00",
          "9999-12-31T23:59:59.999999",
          "+10000-01-01T00:00");

  private RandomTimes() {}

  private static long micros(String iso) {
    LocalDateTime time = LocalDateTime.parse(iso);
    return time.toEpochSecond(ZoneOffset.UTC) * 1_000_000 + time.getNano() / 1_000;
  }

  private static LocalDateTime utc(long micros) {
    return LocalDateTime.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000),
        (int) Math.floorMod(micros, 1_000_000L) * 1_000,
        ZoneOffset.UTC);
  }

  private static long any(Random random, Span span) {
    List<Long> edges = new ArrayList<>(List.of(span.first, span.last));
    EDGES.stream()
        .map(RandomTimes::micros)
        .filter(edge -> edge >= span.first && edge <= span.last)
        .forEach(edges::add);
    return switch (random.nextInt(4)) {
      case 0 -> RandomValues.pick(random, edges);
      case 1 -> random.nextLong(span.first, span.last);
      case 2 -> random.nextLong(0, 1L << 51);
      default ->
          random.nextLong(
              Math.max(span.first, Span.CENTURIES.first), Math.min(span.last, Span.CENTURIES.last));
    };
  }

  /**
   * Timestamps without a zone.
   *
   * @param step of which the microseconds are a multiple
   * @param fact of the microseconds
   */
  static Source timestamp(Span span, long step, LongFunction<String> fact) {
    return random -> {
      long micros = any(random, span) / step * step;
      return new Value(postgres(utc(micros), ""), fact.apply(micros));
    };
  }

  /** Timestamps with a zone, each written as some clock on earth shows it. */
  static Source timestamptz(Span span, long step, LongFunction<String> fact) {
    return random -> {
      long micros = any(random, span) / step * step;
      // At the very ends, another clock may be beyond what Postgres has.
      int seconds =
          span == Span.ALL || random.nextInt(4) == 0
              ? 0
              : random.nextInt(3) == 0
                  ? random.nextInt(-57_599, 57_600)
                  : random.nextInt(-63, 64) * 900;
      LocalDateTime shown = utc(micros).plusSeconds(seconds);
      String offset = ZoneOffset.ofTotalSeconds(seconds).getId();
      return new Value(postgres(shown, offset), fact.apply(micros));
    };
  }

  static Source date(Span span, LongFunction<String> factOfDay) {
    return random -> {
      LocalDate day = utc(any(random, span)).toLocalDate();
      return new Value(era(day, ""), factOfDay.apply(day.toEpochDay()));
    };
  }

  /**
   * Without those that the clocks of this JVM's zone never showed: of these, Debezium makes the
   * time an hour or a day later, in every array, and in a snapshot of every date.
   */
  static Source shownHere(Source source) {
    return RandomValues.where(source, value -> isShownHere(value.text()));
  }

  private static boolean isShownHere(String text) {
    // A day counts as its noon: where only its midnight is missing, it stays the same day.
    LocalDateTime time =
        text.contains(":")
            ? LocalDateTime.parse(text.replace(' ', 'T'))
            : LocalDate.parse(text).atTime(LocalTime.NOON);
    return !ZoneId.systemDefault().getRules().getValidOffsets(time).isEmpty();
  }

  /**
   * Timestamps with a zone without those that the clocks of this JVM's zone showed twice: in
   * arrays, Debezium takes the second for the first.
   */
  static Source shownOnceHere(Source source) {
    return RandomValues.where(
        source,
        value -> {
          ZoneId here = ZoneId.systemDefault();
          LocalDateTime shown =
              OffsetDateTime.parse(value.text().replace(' ', 'T'))
                  .atZoneSameInstant(here)
                  .toLocalDateTime();
          return here.getRules().getValidOffsets(shown).size() == 1;
        });
  }

  /** Whether Debezium's snapshot, which reads a date with Java's old calendar, keeps it. */
  static boolean isKeptBySnapshot(String date) {
    if (date == null || date.endsWith("infinity")) {
      return true;
    }
    // It forgets the era, and that calendar goes from the 4th straight to the 15th.
    boolean unknown =
        date.endsWith("BC") || date.compareTo("1582-10-04") > 0 && date.compareTo("1582-10-15") < 0;
    return !unknown && (date.length() != 10 || isShownHere(date));
  }

  /**
   * The infinities now and then, as milliseconds of the last and first moment that they stand for.
   */
  static Source orInfinite(Source source) {
    return random ->
        switch (random.nextInt(20)) {
          case 0 -> new Value("infinity", "253402300799999");
          case 1 -> new Value("-infinity", "-62135596800000");
          default -> source.apply(random);
        };
  }

  private static String postgres(LocalDateTime time, String offset) {
    return era(time.toLocalDate(), " " + clock(time.toLocalTime()) + offset);
  }

  /** Postgres counts no year 0: before 1 is 1 BC. */
  private static String era(LocalDate day, String rest) {
    int year = day.getYear() > 0 ? day.getYear() : 1 - day.getYear();
    return "%04d-%02d-%02d%s%s"
        .formatted(
            year, day.getMonthValue(), day.getDayOfMonth(), rest, day.getYear() > 0 ? "" : " BC");
  }

  private static String clock(LocalTime time) {
    return "%02d:%02d:%02d.%06d"
        .formatted(time.getHour(), time.getMinute(), time.getSecond(), time.getNano() / 1_000);
  }

  static String millis(long micros) {
    return Long.toString(Math.floorDiv(micros, 1_000));
  }

  static String millisOfDay(long day) {
    return Long.toString(day * 86_400_000);
  }

  static String isoDay(long day) {
    return LocalDate.ofEpochDay(day) + "Z";
  }

  /** ISO 8601 without idle zeros. */
  static String iso(long micros) {
    LocalDateTime time = utc(micros);
    String fraction = "%06d".formatted(time.getNano() / 1_000).replaceAll("0+$", "");
    return whole(time) + (fraction.isEmpty() ? "" : "." + fraction) + "Z";
  }

  /** ISO 8601 with as many digits as are declared. */
  static String iso(long micros, int digits) {
    LocalDateTime time = utc(micros);
    String fraction = "%06d".formatted(time.getNano() / 1_000).substring(0, digits);
    return whole(time) + (digits == 0 ? "" : "." + fraction) + "Z";
  }

  private static String whole(LocalDateTime time) {
    return time.toLocalDate()
        + "T%02d:%02d:%02d".formatted(time.getHour(), time.getMinute(), time.getSecond());
  }

  /**
   * @param step of which the microseconds are a multiple
   */
  static Source time(long step) {
    return random -> {
      LocalTime time = anyTime(random, step);
      return new Value(clock(time), isoTime(time));
    };
  }

  /**
   * Null where this JVM's zone, which is the worker's too, is not UTC: what Debezium writes there
   * is the zone's doing.
   */
  static Source onlyInUtc(Source source) {
    return random ->
        ZoneId.systemDefault().getId().equals("UTC") ? source.apply(random) : Value.NULL;
  }

  static Source timetz() {
    return random -> {
      LocalTime time = anyTime(random, 1);
      int seconds = random.nextInt(-63, 64) * 900;
      return new Value(
          clock(time) + ZoneOffset.ofTotalSeconds(seconds).getId(),
          isoTime(time.minusSeconds(seconds)));
    };
  }

  private static LocalTime anyTime(Random random, long step) {
    long micros =
        switch (random.nextInt(4)) {
          case 0 -> RandomValues.pick(random, List.of(0L, 1L, DAY - 1, DAY / 2));
          case 1 -> random.nextLong(86_400) * 1_000_000;
          default -> random.nextLong(DAY);
        };
    return LocalTime.ofNanoOfDay(micros / step * step * 1_000);
  }

  private static String isoTime(LocalTime time) {
    String fraction = "%06d".formatted(time.getNano() / 1_000).replaceAll("0+$", "");
    return "%02d:%02d:%02d".formatted(time.getHour(), time.getMinute(), time.getSecond())
        + (fraction.isEmpty() ? "" : "." + fraction)
        + "Z";
  }

  /** Months, days and microseconds, of signs of their own; a month is a twelfth of 365.25 days. */
  static Source interval() {
    return random -> {
      long months = random.nextInt(3) == 0 ? random.nextInt(-2400, 2401) : 0;
      long days = random.nextInt(3) == 0 ? random.nextInt(-10_000, 10_001) : 0;
      long micros;
      do {
        micros =
            switch (random.nextInt(4)) {
              case 0 -> 0;
              case 1 -> random.nextLong(-100, 101);
              default -> random.nextLong(-400 * DAY, 400 * DAY);
            };
      } while (!isCountedExactly(months, days, micros));
      long of = Math.abs(micros);
      String clock =
          "%s%d:%02d:%02d.%06d"
              .formatted(
                  micros < 0 ? "-" : "",
                  of / 3_600_000_000L,
                  of / 60_000_000 % 60,
                  of / 1_000_000 % 60,
                  of % 1_000_000);
      return new Value(
          months + " mons " + days + " days " + clock,
          Long.toString(microsOf(months, days, micros)));
    };
  }

  private static long microsOf(long months, long days, long micros) {
    return months * 2_629_800_000_000L + days * DAY + micros;
  }

  /**
   * Debezium counts with doubles, from the months down to the seconds, and cuts off what is behind
   * the point of the microseconds: one in fifty intervals loses its last microsecond in the stream
   * ({@code 00:00:00.000249} becomes 248). Those are left out here; a load brings them as they are.
   */
  private static boolean isCountedExactly(long months, long days, long micros) {
    double hours = (months * 30.4375 + days) * 24 + micros / 3_600_000_000L;
    double minutes = hours * 60 + micros / 60_000_000 % 60;
    double ofMinute = micros / 1_000_000 % 60 + micros % 1_000_000 / 1e6;
    return (long) ((minutes * 60 + ofMinute) * 1_000_000) == microsOf(months, days, micros);
  }

  /**
   * Two moments of one range, as Postgres writes them: those with a zone in that of the session,
   * which Debezium's driver takes from its JVM. So they are left out where that is not UTC.
   */
  static Source timestampRange(boolean zoned) {
    Source ranges = timestampRanges(zoned);
    return zoned ? onlyInUtc(ranges) : ranges;
  }

  private static Source timestampRanges(boolean zoned) {
    return random -> {
      long lower = random.nextLong(Span.CENTURIES.first, Span.CENTURIES.last - DAY);
      long upper = lower + random.nextLong(1, DAY);
      List<String> bounds = new ArrayList<>();
      for (long micros : new long[] {lower, upper}) {
        LocalDateTime time = utc(micros);
        String fraction = "%06d".formatted(time.getNano() / 1_000).replaceAll("0+$", "");
        bounds.add(
            "\""
                + whole(time).replace('T', ' ')
                + (fraction.isEmpty() ? "" : "." + fraction)
                + (zoned ? "+00" : "")
                + "\"");
      }
      return Value.same("[" + String.join(",", bounds) + ")");
    };
  }
}

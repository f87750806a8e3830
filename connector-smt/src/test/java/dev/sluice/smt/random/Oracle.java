package dev.sluice.smt.random;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Says what a value must become, slowly and by the rules as they are written down: numbers through
 * BigDecimal, times through java.time. It shares no code with the transform.
 */
final class Oracle {

  /** The value cannot be held unchanged. */
  static final Object REFUSED = "(refused)";

  private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(64);
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final Pattern STARTS_LIKE_A_DATE = Pattern.compile("[+-]?\\d{4,9}-\\d\\d-.*");

  private static final Map<String, String[]> RANGES =
      Map.of(
          "Int8", new String[] {"-128", "127"},
          "Int16", new String[] {"-32768", "32767"},
          "Int32", new String[] {"-2147483648", "2147483647"},
          "Int64", new String[] {"-9223372036854775808", "9223372036854775807"},
          "UInt8", new String[] {"0", "255"},
          "UInt16", new String[] {"0", "65535"},
          "UInt32", new String[] {"0", "4294967295"},
          "UInt64", new String[] {"0", "18446744073709551615"});

  private final ZoneId zone;
  private final String unit;

  Oracle(ZoneId zone, String unit) {
    this.zone = zone;
    this.unit = unit;
  }

  Object expected(Meaning value, Target target) {
    try {
      return switch (target.base()) {
        case "String" -> text(value);
        case "FixedString" -> fixed(text(value), target.first());
        case "UUID" -> uuid(value);
        case "Enum8" -> oneOf(value, List.of("red", "green"));
        case "Bool" -> bool(value);
        case "Float32" -> float32(value);
        case "Float64" -> float64(value);
        case "Decimal" -> decimal(value, target.first(), target.second());
        case "Date" -> day(value, LocalDate.of(1970, 1, 1), LocalDate.of(2149, 6, 6));
        case "Date32" -> day(value, LocalDate.of(1900, 1, 1), LocalDate.of(2299, 12, 31));
        case "DateTime" -> ticks(value, 0, "1970-01-01T00:00:00Z", "2106-02-07T06:28:15Z");
        case "DateTime64" ->
            ticks(
                value,
                target.first(),
                "1900-01-01T00:00:00Z",
                target.first() == 9 ? "2262-04-11T23:47:15Z" : "2299-12-31T23:59:59Z");
        default -> integer(value, target.base());
      };
    } catch (ArithmeticException | DateTimeException e) {
      return REFUSED;
    }
  }

  static Object zero(Target target) {
    return switch (target.base()) {
      case "String", "FixedString" -> "";
      case "UUID" -> "00000000-0000-0000-0000-000000000000";
      case "Enum8" -> "green";
      case "Bool" -> false;
      case "Float32" -> 0f;
      case "Float64" -> 0.0;
      case "Decimal" -> new BigDecimal(BigInteger.ZERO, target.second());
      case "Date", "Date32", "Int32", "UInt16" -> 0;
      case "Int8" -> (byte) 0;
      case "Int16", "UInt8" -> (short) 0;
      default -> 0L;
    };
  }

  private String text(Meaning value) {
    if (value instanceof Meaning.Text v) {
      return v.text();
    } else if (value instanceof Meaning.Whole v) {
      return String.valueOf(v.number());
    } else if (value instanceof Meaning.Flag v) {
      return v.value() ? "true" : "false";
    } else if (value instanceof Meaning.Exact v) {
      return v.number().toPlainString();
    } else if (value instanceof Meaning.Wide v) {
      return plain(Double.toString(v.number()));
    } else if (value instanceof Meaning.Narrow v) {
      return plain(Float.toString(v.number()));
    } else if (value instanceof Meaning.Day v) {
      return v.date().toString();
    } else if (value instanceof Meaning.WallClock v) {
      return v.time().toLocalDate() + "T" + time(v.time().toLocalTime());
    } else if (value instanceof Meaning.Moment v) {
      return v.text();
    } else if (value instanceof Meaning.TimeOfDay v) {
      return time(v.time());
    } else if (value instanceof Meaning.Infinite v) {
      return v.negative() ? "-infinity" : "infinity";
    }
    var hex = new StringBuilder();
    for (byte b : ((Meaning.Bytes) value).bytes()) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }

  private static String plain(String number) {
    if (number.matches("-?(NaN|Infinity)")) {
      return number;
    }
    String text = new BigDecimal(number).stripTrailingZeros().toPlainString();
    return number.equals("-0.0") ? "-0" : text;
  }

  private static String time(LocalTime time) {
    String seconds =
        String.format("%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond());
    String fraction = String.format("%09d", time.getNano()).replaceFirst("0+$", "");
    return fraction.isEmpty() ? seconds : seconds + "." + fraction;
  }

  private static Object fixed(String text, int bytes) {
    return text.getBytes(StandardCharsets.UTF_8).length <= bytes ? text : REFUSED;
  }

  private static Object uuid(Meaning value) {
    String hex = "[0-9a-fA-F]";
    String form = hex + "{8}(-" + hex + "{4}){3}-" + hex + "{12}";
    return value instanceof Meaning.Text v && v.text().matches(form)
        ? v.text().toLowerCase(java.util.Locale.ROOT)
        : REFUSED;
  }

  private static Object oneOf(Meaning value, List<String> names) {
    return value instanceof Meaning.Text v && names.contains(v.text()) ? v.text() : REFUSED;
  }

  private static Object bool(Meaning value) {
    if (value instanceof Meaning.Flag v) {
      return v.value();
    } else if (value instanceof Meaning.Whole v && (v.number() == 0 || v.number() == 1)) {
      return v.number() == 1;
    } else if (value instanceof Meaning.Text v) {
      if (List.of("true", "t", "1").contains(v.text())) {
        return true;
      } else if (List.of("false", "f", "0").contains(v.text())) {
        return false;
      }
    }
    return REFUSED;
  }

  /** The number that a value is, or null. */
  private static BigDecimal number(Meaning value) {
    if (value instanceof Meaning.Whole v) {
      return BigDecimal.valueOf(v.number());
    } else if (value instanceof Meaning.Exact v) {
      return v.number();
    } else if (value instanceof Meaning.Text v && NUMBER.matcher(v.text()).matches()) {
      return new BigDecimal(v.text());
    } else if (value instanceof Meaning.Wide v && Double.isFinite(v.number())) {
      return new BigDecimal(v.number());
    } else if (value instanceof Meaning.Narrow v && Float.isFinite(v.number())) {
      return new BigDecimal(v.number());
    }
    return null;
  }

  private Object integer(Meaning value, String type) {
    BigDecimal number =
        value instanceof Meaning.Flag v
            ? (v.value() ? BigDecimal.ONE : BigDecimal.ZERO)
            : number(value);
    if (number == null && type.endsWith("Int64")) {
      Instant instant = instant(value);
      number = instant == null ? null : BigDecimal.valueOf(instant.toEpochMilli());
    }
    if (number == null) {
      return REFUSED;
    }
    BigInteger whole = number.toBigIntegerExact();
    String[] range = RANGES.get(type);
    if (whole.compareTo(new BigInteger(range[0])) < 0
        || whole.compareTo(new BigInteger(range[1])) > 0) {
      return REFUSED;
    }
    return switch (type) {
      case "Int8" -> whole.byteValueExact();
      case "Int16", "UInt8" -> whole.shortValueExact();
      case "Int32", "UInt16" -> whole.intValueExact();
      case "UInt64" ->
          (whole.bitLength() > 63 ? whole.subtract(TWO_TO_64) : whole).longValueExact();
      default -> whole.longValueExact();
    };
  }

  private static Object float64(Meaning value) {
    if (value instanceof Meaning.Wide v) {
      return v.number();
    } else if (value instanceof Meaning.Narrow v) {
      return (double) v.number();
    } else if (value instanceof Meaning.Flag v) {
      return v.value() ? 1.0 : 0.0;
    } else if (value instanceof Meaning.Text v && special(v.text()) != null) {
      return special(v.text());
    }
    BigDecimal number = number(value);
    if (number == null) {
      return REFUSED;
    }
    double nearest = Double.parseDouble(number.toString());
    boolean changed =
        value instanceof Meaning.Whole && new BigDecimal(nearest).compareTo(number) != 0;
    if (Double.isInfinite(nearest) || changed) {
      return REFUSED;
    }
    return isNegativeZero(value, nearest) ? -0.0 : nearest;
  }

  private static Object float32(Meaning value) {
    if (value instanceof Meaning.Narrow v) {
      return v.number();
    } else if (value instanceof Meaning.Flag v) {
      return v.value() ? 1f : 0f;
    } else if (value instanceof Meaning.Text v && special(v.text()) != null) {
      return special(v.text()).floatValue();
    } else if (value instanceof Meaning.Wide v && !Double.isFinite(v.number())) {
      return (float) v.number();
    }
    BigDecimal number = number(value);
    if (number == null) {
      return REFUSED;
    }
    float nearest = Float.parseFloat(number.toString());
    boolean changed =
        value instanceof Meaning.Whole && new BigDecimal(nearest).compareTo(number) != 0;
    if (Float.isInfinite(nearest) || changed) {
      return REFUSED;
    }
    boolean negative = value instanceof Meaning.Wide v && nearest == 0 && 1 / v.number() < 0;
    return negative || isNegativeZero(value, nearest) ? -0.0f : nearest;
  }

  /** BigDecimal forgets the sign of zero. */
  private static boolean isNegativeZero(Meaning value, double nearest) {
    boolean underflow = value instanceof Meaning.Exact v && v.number().signum() < 0;
    return nearest == 0
        && (underflow || value instanceof Meaning.Text v && v.text().startsWith("-"));
  }

  private static Double special(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "Infinity", "infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static Object decimal(Meaning value, int precision, int scale) {
    BigDecimal number = number(value);
    if (value instanceof Meaning.Wide v && Double.isFinite(v.number())) {
      number = new BigDecimal(Double.toString(v.number()));
    } else if (value instanceof Meaning.Narrow v && Float.isFinite(v.number())) {
      number = new BigDecimal(Float.toString(v.number()));
    }
    if (number == null) {
      return REFUSED;
    }
    BigDecimal rescaled = number.setScale(scale, RoundingMode.UNNECESSARY);
    boolean fits = rescaled.unscaledValue().abs().compareTo(BigInteger.TEN.pow(precision)) < 0;
    return fits ? rescaled : REFUSED;
  }

  private Object day(Meaning value, LocalDate first, LocalDate last) {
    LocalDate date = null;
    if (value instanceof Meaning.Whole v) {
      date = LocalDate.ofEpochDay(v.number());
    } else if (value instanceof Meaning.Day v) {
      date = v.date();
    } else if (value instanceof Meaning.WallClock v) {
      date = v.time().toLocalDate();
    } else if (value instanceof Meaning.Moment v) {
      date = v.instant().atZone(zone).toLocalDate();
    } else if (value instanceof Meaning.Text v && parsed(v.text()) != null) {
      return day(parsed(v.text()), first, last);
    }
    return date == null || date.isBefore(first) || date.isAfter(last)
        ? REFUSED
        : (Object) (int) date.toEpochDay();
  }

  private Object ticks(Meaning value, int decimals, String first, String last) {
    Instant instant = value instanceof Meaning.Whole v ? bare(v.number()) : instant(value);
    if (instant == null
        || instant.getEpochSecond() < Instant.parse(first).getEpochSecond()
        || instant.getEpochSecond() > Instant.parse(last).getEpochSecond()) {
      return REFUSED;
    }
    return new BigDecimal(instant.getEpochSecond())
        .add(new BigDecimal(instant.getNano()).movePointLeft(9))
        .movePointRight(decimals)
        .setScale(0, RoundingMode.FLOOR)
        .longValueExact();
  }

  private Instant bare(long number) {
    if (unit.equals("nanos") && (number == Long.MAX_VALUE || number == Long.MIN_VALUE)) {
      // This is how Debezium writes infinity in nanoseconds.
      return instant(new Meaning.Infinite(number < 0));
    }
    long perSecond =
        switch (unit) {
          case "seconds" -> 1;
          case "millis" -> 1_000;
          case "micros" -> 1_000_000;
          default -> 1_000_000_000;
        };
    BigDecimal seconds =
        new BigDecimal(number).divide(BigDecimal.valueOf(perSecond), 9, RoundingMode.UNNECESSARY);
    BigDecimal whole = seconds.setScale(0, RoundingMode.FLOOR);
    int nanos = seconds.subtract(whole).movePointRight(9).intValueExact();
    var shown =
        LocalDateTime.ofEpochSecond(whole.longValueExact(), nanos, java.time.ZoneOffset.UTC);
    return shown.atZone(zone).toInstant();
  }

  /** The point in time that a value is, or null. */
  private Instant instant(Meaning value) {
    if (value instanceof Meaning.Day v) {
      return v.date().atStartOfDay(zone).toInstant();
    } else if (value instanceof Meaning.WallClock v) {
      return v.time().atZone(zone).toInstant();
    } else if (value instanceof Meaning.Moment v) {
      return v.instant();
    } else if (value instanceof Meaning.Infinite v) {
      return Instant.parse(v.negative() ? "0001-01-01T00:00:00Z" : "9999-12-31T23:59:59.999Z");
    } else if (value instanceof Meaning.Text v && parsed(v.text()) != null) {
      return instant(parsed(v.text()));
    }
    return null;
  }

  /** The time that a text spells, or null. */
  private static Meaning parsed(String text) {
    if (text.equals("infinity") || text.equals("-infinity")) {
      return new Meaning.Infinite(text.startsWith("-"));
    }
    if (!STARTS_LIKE_A_DATE.matcher(text).matches()) {
      return null;
    }
    String iso = text.replace(' ', 'T');
    try {
      return new Meaning.Moment(OffsetDateTime.parse(iso).toInstant(), text);
    } catch (DateTimeException notWithAnOffset) {
      try {
        return new Meaning.WallClock(LocalDateTime.parse(iso));
      } catch (DateTimeException notWithATime) {
        try {
          return new Meaning.Day(LocalDate.parse(iso.replaceFirst("Z$", "")));
        } catch (DateTimeException notADate) {
          return null;
        }
      }
    }
  }
}

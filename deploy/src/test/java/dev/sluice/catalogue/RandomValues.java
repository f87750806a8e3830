package dev.sluice.catalogue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Random and edge values that are no times, each made as a pair: what is written into Postgres, and
 * the fact that it has to become. The fact is made together with the text, never read from it.
 */
final class RandomValues {

  /**
   * A value.
   *
   * @param text what Postgres's input function is given
   * @param fact what {@link #reading} has to give; null of null
   */
  record Value(String text, String fact) {
    static final Value NULL = new Value(null, null);

    static Value same(String text) {
      return new Value(text, text);
    }
  }

  /** A source of values. */
  interface Source extends Function<Random, Value> {}

  /** Pieces that something between the two databases might take for its own. */
  private static final List<String> PIECES =
      List.of(
          "'",
          "''",
          "\"",
          "\\",
          "\\\\",
          "\\N",
          "\\n",
          "\\.",
          "\t",
          "\n",
          "\r",
          "\r\n",
          "\b",
          "\f",
          "\u0001",
          "\u001f",
          "\u007f",
          "\u0085",
          "\u00a0",
          "\u2028",
          "\u200d",
          "\ufeff",
          "\ufffd",
          "\uffff",
          " ",
          "  ",
          "{",
          "}",
          "{}",
          "[1]",
          ",",
          ";",
          "%s",
          "$1",
          "${env:X}",
          "?",
          ":a",
          "NULL",
          "null",
          "NaN",
          "true",
          "0",
          "-1",
          "1e5",
          "2026-11-22",
          "infinity",
          "<a>",
          "&amp;",
          "\u00e9",
          "e\u0301",
          "\u00df",
          "\u0130",
          "\u20ac",
          "\u65e5\u672c",
          "\ud83d\ude80");

  private static final List<String> EDGES =
      List.of("", " ", "\\N", "\\", "NULL", "\"", "'", "\n", "\t", "{}", "{NULL}", "[]", "\"\"");

  private RandomValues() {}

  static Source oneOf(String... texts) {
    return random -> Value.same(pick(random, List.of(texts)));
  }

  /** Now and then null. */
  static Source orNull(Source source) {
    return random -> random.nextInt(8) == 0 ? Value.NULL : source.apply(random);
  }

  /** Only the values that a condition holds for. */
  static Source where(Source source, Predicate<Value> condition) {
    return random ->
        Stream.generate(() -> source.apply(random)).filter(condition).findFirst().orElseThrow();
  }

  /** The same value where another fact is to become of it. */
  static Source as(Source source, UnaryOperator<String> fact) {
    return random -> {
      Value value = source.apply(random);
      return new Value(value.text(), fact.apply(value.fact()));
    };
  }

  static <T> T pick(Random random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  /** Of any magnitude, and now and then the largest and the smallest. */
  static long number(Random random, long min, long max) {
    switch (random.nextInt(8)) {
      case 0:
        return pick(random, List.of(min, max, min + 1, max - 1));
      case 1:
        return Math.max(min, Math.min(max, random.nextInt(5) - 2));
      default:
        long any = random.nextLong() >> random.nextInt(64);
        return any >= min && any <= max
            ? any
            : BigInteger.valueOf(any)
                .mod(BigInteger.valueOf(max).subtract(BigInteger.valueOf(min)).add(BigInteger.ONE))
                .add(BigInteger.valueOf(min))
                .longValueExact();
    }
  }

  static Source whole(long min, long max) {
    return random -> Value.same(Long.toString(number(random, min, max)));
  }

  static Source bool() {
    return random -> {
      boolean value = random.nextBoolean();
      return new Value(
          pick(
              random,
              value ? List.of("t", "true", "yes", "on", "1") : List.of("f", "FALSE", "no", "0")),
          Boolean.toString(value));
    };
  }

  /** A decimal of so many digits, as a text without idle zeros. */
  static Source decimal(int precision, int scale) {
    return random -> {
      BigDecimal number = new BigDecimal(digits(random, precision), scale);
      return new Value(number.toPlainString(), plain(number));
    };
  }

  /** A decimal of no declared scale, as the text that keeps its idle zeros. */
  static Source decimalText() {
    return random -> {
      BigDecimal number = new BigDecimal(digits(random, 60), random.nextInt(71) - 10);
      return new Value(
          random.nextBoolean() ? number.toString() : number.toPlainString(),
          number.toPlainString());
    };
  }

  /** A decimal as the double that is nearest. */
  static Source decimalAsDouble(Source decimals) {
    return random -> {
      String text = decimals.apply(random).text();
      return new Value(text, bits(Double.parseDouble(text)));
    };
  }

  /** Decimals that only a numeric without a scale has. */
  static Source wideDecimal() {
    return random ->
        switch (random.nextInt(6)) {
          case 0 -> Value.same(pick(random, List.of("NaN", "Infinity", "-Infinity")));
          case 1 -> Value.same(pick(random, List.of("1e300", "-1e-300", "5e-324", "1e-400", "0")));
          default -> decimalText().apply(random);
        };
  }

  private static BigInteger digits(Random random, int most) {
    BigInteger limit = BigInteger.TEN.pow(random.nextInt(6) == 0 ? most : 1 + random.nextInt(most));
    BigInteger any =
        random.nextInt(6) == 0
            ? limit.subtract(BigInteger.ONE)
            : new BigInteger(limit.bitLength() + 8, random).mod(limit);
    return random.nextBoolean() ? any : any.negate();
  }

  static String plain(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }

  static Source float64() {
    return random -> {
      double number =
          switch (random.nextInt(4)) {
            case 0 -> pick(random, DOUBLES);
            case 1 -> random.nextInt(2_000_000) / 1000.0 - 1000;
            default -> Double.longBitsToDouble(random.nextLong());
          };
      return new Value(Double.toString(number), bits(number));
    };
  }

  static Source float32() {
    return random -> {
      float number =
          switch (random.nextInt(4)) {
            case 0 -> pick(random, FLOATS);
            case 1 -> random.nextInt(2_000_000) / 1000f - 1000;
            default -> Float.intBitsToFloat(random.nextInt());
          };
      String bits =
          Float.isNaN(number) ? "nan" : Integer.toUnsignedString(Float.floatToRawIntBits(number));
      return new Value(Float.toString(number), bits);
    };
  }

  /**
   * A float of six digits, which are the fewest that tell it from its neighbours, or one that has
   * none; as the text without an exponent. Java writes the digits of others, see StreamedText.
   */
  static Source shortFloat() {
    return random -> {
      if (random.nextInt(5) == 0) {
        return Value.same(
            pick(random, List.of("NaN", "Infinity", "-Infinity", "-0", "0", "33554430")));
      }
      BigDecimal number = new BigDecimal(random.nextInt(-999_999, 1_000_000));
      number = number.movePointLeft(random.nextInt(8)).scaleByPowerOfTen(random.nextInt(2));
      return new Value(number.toString(), plain(number));
    };
  }

  private static final List<Double> DOUBLES =
      List.of(
          Double.NaN,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY,
          -0.0,
          0.0,
          Double.MAX_VALUE,
          Double.MIN_VALUE,
          Double.MIN_NORMAL,
          0x1p53,
          0x1p63,
          2e-3,
          5.684341886080802E-14,
          2.2250738585072011e-308);

  private static final List<Float> FLOATS =
      List.of(
          Float.NaN,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY,
          -0f,
          0f,
          Float.MAX_VALUE,
          Float.MIN_VALUE,
          Float.MIN_NORMAL,
          0x1p24f,
          1.17549429e-38f);

  static String bits(double number) {
    return Double.isNaN(number) ? "nan" : Long.toUnsignedString(Double.doubleToRawLongBits(number));
  }

  /** Text of at most so many characters, all but the one that Postgres has not. */
  static Source text(int most) {
    return random -> Value.same(anyText(random, most));
  }

  private static String anyText(Random random, int most) {
    if (random.nextInt(5) == 0) {
      return pick(random, EDGES);
    }
    StringBuilder text = new StringBuilder();
    for (int pieces = random.nextInt(Math.min(most, 12)); pieces >= 0; pieces--) {
      switch (random.nextInt(4)) {
        case 0 -> text.appendCodePoint(1 + random.nextInt(0xd7ff));
        case 1 -> text.appendCodePoint(0x10000 + random.nextInt(0x100000));
        default -> text.append(pick(random, PIECES));
      }
    }
    int[] codePoints = text.codePoints().limit(most).toArray();
    return new String(codePoints, 0, codePoints.length);
  }

  /** A char(n) has its n characters, whatever was written. */
  static Source padded(int length) {
    return random -> {
      String text = anyText(random, length);
      int missing = length - text.codePointCount(0, text.length());
      return new Value(text, text + " ".repeat(missing));
    };
  }

  static Source uuid() {
    return random -> {
      UUID uuid = new UUID(random.nextLong(), random.nextLong());
      String text = uuid.toString();
      return new Value(
          pick(random, List.of(text, text.toUpperCase(Locale.ROOT), "{" + text + "}")), text);
    };
  }

  /**
   * @param encoding how the bytes are to arrive
   */
  static Source bytes(Function<byte[], String> encoding) {
    return random -> {
      byte[] bytes = new byte[random.nextInt(4) == 0 ? random.nextInt(200) : random.nextInt(8)];
      random.nextBytes(bytes);
      return new Value("\\x" + HexFormat.of().formatHex(bytes), encoding.apply(bytes));
    };
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  static Source inet() {
    return random -> {
      boolean short4 = random.nextBoolean();
      String address = short4 ? ipv4(random, 32) : ipv6(random);
      int most = short4 ? 32 : 128;
      int mask = random.nextInt(most + 1);
      return switch (random.nextInt(3)) {
        case 0 -> Value.same(address);
        case 1 -> new Value(address + "/" + most, address);
        default -> new Value(address + "/" + mask, mask == most ? address : address + "/" + mask);
      };
    };
  }

  /** A network has no bits behind its mask, and always says how long it is. */
  static Source cidr() {
    return random -> {
      int mask = random.nextInt(33);
      String network = ipv4(random, mask) + "/" + mask;
      return Value.same(network);
    };
  }

  private static String ipv4(Random random, int mask) {
    int bits = mask == 0 ? 0 : random.nextInt() & -1 << 32 - mask;
    return (bits >>> 24)
        + "."
        + (bits >>> 16 & 255)
        + "."
        + (bits >>> 8 & 255)
        + "."
        + (bits & 255);
  }

  /** Of groups that are not 0, which have one way only to be written. */
  private static String ipv6(Random random) {
    List<String> groups = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      groups.add(Integer.toHexString(1 + random.nextInt(0xffff)));
    }
    return String.join(":", groups);
  }

  static Source mac(int bytes) {
    return random -> {
      byte[] mac = new byte[bytes];
      random.nextBytes(mac);
      String fact = HexFormat.ofDelimiter(":").formatHex(mac);
      return new Value(
          pick(random, List.of(fact, fact.toUpperCase(Locale.ROOT), fact.replace(':', '-'))), fact);
    };
  }

  /** Kept as it was written, with all its blanks. */
  static Source json() {
    return random -> Value.same(anyJson(random, 3, "  ", "\n"));
  }

  /** Written as Postgres writes it: a blank behind each colon and comma, keys in their order. */
  static Source jsonb() {
    return random -> Value.same(anyJson(random, 3, "", ""));
  }

  private static String anyJson(Random random, int depth, String before, String behind) {
    List<String> members = new ArrayList<>();
    int size = random.nextInt(4);
    switch (random.nextInt(depth > 0 ? 6 : 4)) {
      case 0:
        return pick(random, List.of("null", "true", "false"));
      case 1:
        return new BigDecimal(digits(random, 20), random.nextInt(20)).toPlainString();
      case 2, 3:
        return quoted(anyText(random, 10));
      case 4:
        for (int i = 0; i < size; i++) {
          members.add(anyJson(random, depth - 1, before, behind));
        }
        return "[" + before + String.join(before + ", ", members) + behind + "]";
      default:
        for (int i = 0; i < size; i++) {
          String key = quoted(Character.toString('a' + i));
          members.add(key + before + ": " + anyJson(random, depth - 1, before, behind));
        }
        return "{" + behind + String.join(behind + ", ", members) + before + "}";
    }
  }

  private static String quoted(String text) {
    return quoted(
        text,
        Map.of(
            '"', "\\\"", '\\', "\\\\", '\b', "\\b", '\f', "\\f", '\n', "\\n", '\r', "\\r", '\t',
            "\\t"));
  }

  private static String quoted(String text, Map<Character, String> escapes) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      String plain = c < ' ' ? "\\u%04x".formatted((int) c) : Character.toString(c);
      json.append(escapes.getOrDefault(c, plain));
    }
    return json.append('"').toString();
  }

  static Source xml() {
    return random -> {
      String text =
          anyText(random, 10)
              .replaceAll("[^\\t\\n -~\\u00a0-\\ud7ff]", "")
              .replace("&", "&amp;")
              .replace("<", "&lt;")
              .replace(">", "&gt;");
      return Value.same("<a b=\"" + random.nextInt(9) + "\">" + text + "<c/></a>");
    };
  }

  /** Bits as Bool, for one of them. */
  static Source bit() {
    return random -> random.nextBoolean() ? new Value("1", "true") : new Value("0", "false");
  }

  /**
   * A range of what is counted, which Postgres writes with its first and without its last.
   *
   * @param text of a number
   */
  static Source range(long most, Function<Long, String> text) {
    return random -> {
      long lower = random.nextLong(-most, most);
      long upper = Math.min(most, lower + random.nextInt(5));
      return switch (random.nextInt(6)) {
        case 0 -> new Value("empty", "empty");
        case 1 -> new Value("(," + text.apply(upper) + "]", "(," + text.apply(upper + 1) + ")");
        case 2 -> new Value("(" + text.apply(lower) + ",)", "[" + text.apply(lower + 1) + ",)");
        case 3 -> new Value("[,]", "(,)");
        default -> {
          boolean first = random.nextBoolean();
          boolean last = random.nextBoolean();
          long from = first ? lower : lower + 1;
          long to = last ? upper + 1 : upper;
          yield new Value(
              (first ? "[" : "(")
                  + text.apply(lower)
                  + ","
                  + text.apply(upper)
                  + (last ? "]" : ")"),
              from < to ? "[" + text.apply(from) + "," + text.apply(to) + ")" : "empty");
        }
      };
    };
  }

  /** A range of what is not counted, which Postgres leaves as it is. */
  static Source numericRange() {
    return random -> {
      BigDecimal lower = new BigDecimal(digits(random, 12), random.nextInt(6));
      BigDecimal upper = lower.add(new BigDecimal(1 + random.nextInt(1000)).movePointLeft(2));
      return Value.same(
          pick(random, List.of("[", "("))
              + lower.toPlainString()
              + ","
              + upper.toPlainString()
              + pick(random, List.of("]", ")")));
    };
  }

  /** Elements of one dimension, some of them null if they may be. */
  static Source array(Source elements, boolean nulls) {
    return array(
        elements,
        nulls,
        facts ->
            facts.stream()
                .map(
                    fact ->
                        fact == null
                            ? "~"
                            : fact.getBytes(StandardCharsets.UTF_8).length + ":" + fact)
                .collect(Collectors.joining(",")));
  }

  /**
   * The same where JSON is to become of it.
   *
   * @param bare whether the elements are numbers or words of JSON, or else texts
   */
  static Source jsonArray(Source elements, boolean nulls, boolean bare) {
    return array(
        elements,
        nulls,
        facts ->
            facts.stream()
                .map(fact -> fact == null || isBare(fact, bare) ? fact + "" : quotedByUs(fact))
                .collect(Collectors.joining(",", "[", "]")));
  }

  private static boolean isBare(String fact, boolean bare) {
    return bare && !fact.endsWith("NaN") && !fact.endsWith("Infinity");
  }

  /** The transform has no short forms but these. */
  private static String quotedByUs(String text) {
    return quoted(text, Map.of('"', "\\\"", '\\', "\\\\", '\n', "\\n", '\r', "\\r", '\t', "\\t"));
  }

  private static Source array(
      Source elements, boolean nulls, Function<List<String>, String> factOfElements) {
    return random -> {
      List<String> text = new ArrayList<>();
      List<String> facts = new ArrayList<>();
      for (int size = random.nextInt(5); size > 0; size--) {
        Value value = nulls ? orNull(elements).apply(random) : elements.apply(random);
        text.add(
            value.text() == null
                ? "NULL"
                : "\"" + value.text().replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
        facts.add(value.fact());
      }
      // Postgres counts from 1 unless it is told where to begin.
      int first = random.nextInt(30) - 2;
      String begin =
          text.isEmpty() || random.nextInt(4) > 0
              ? ""
              : "[" + first + ":" + (first + text.size() - 1) + "]=";
      return new Value(begin + "{" + String.join(",", text) + "}", factOfElements.apply(facts));
    };
  }

  /** SQL of ClickHouse that says what a fact column holds, in the words of the pairs above. */
  static String reading(String column, String type) {
    String plain = type.replaceAll("^LowCardinality\\((.*)\\)$", "$1");
    plain = plain.replaceAll("^Nullable\\((.*)\\)$", "$1");
    if (plain.startsWith("Array(")) {
      String element = reading("e", plain.substring("Array(".length(), plain.length() - 1));
      return ("arrayStringConcat(arrayMap(e -> ifNull(concat(toString(length(%1$s)), ':', %1$s),"
              + " '~'), %2$s), ',')")
          .formatted(element, column);
    }
    String value =
        switch (plain.replaceAll("[^\\w].*", "") + plain.replaceAll("\\D*64\\((\\d).*", "_$1")) {
          case "DateTime64_3" -> "toUnixTimestamp64Milli(%s)";
          case "DateTime64_6" -> "toUnixTimestamp64Micro(%s)";
          case "DateTime64_9" -> "toUnixTimestamp64Nano(%s)";
          default ->
              switch (plain.replaceAll("\\(.*", "")) {
                case "DateTime" -> "toUnixTimestamp(%s)";
                case "Date32" -> "toInt32(%s)";
                case "Date" -> "toUInt16(%s)";
                case "Float32" -> "if(isNaN(%1$s), 'nan', toString(reinterpretAsUInt32(%1$s)))";
                case "Float64" -> "if(isNaN(%1$s), 'nan', toString(reinterpretAsUInt64(%1$s)))";
                default -> "%s";
              };
        };
    return "toString(" + value.formatted(column) + ")";
  }
}

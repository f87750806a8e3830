package dev.sluice.json;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.DataException;

/**
 * Reads JSON (RFC 8259) in UTF-8 into maps, lists, texts, longs, doubles and booleans. Change
 * events of one table have the same members in the same order, so each name is expected where it
 * stood the last time, and found without hashing.
 *
 * <p>A number becomes a double only where that keeps all its digits, and else a {@link BigDecimal}:
 * what it is to be is known later.
 *
 * <p>Failure semantics: {@link DataException} for anything that is not exactly one value, for text
 * that is no UTF-8 and for numbers of more than {@value #MOST_DIGITS} digits; it says at which
 * byte. Not thread-safe.
 */
final class JsonReader {

  private static final int MAX_DEPTH = 512;

  /** For the columns of most tables, without growing. */
  private static final int FIRST_CAPACITY = 64;

  /** Up to so many digits, double and decimal text tell one another. */
  private static final int DIGITS_OF_DOUBLES = 15;

  /** And up to this exponent, which is far from where doubles end or lose digits. */
  private static final int EXPONENT_OF_DOUBLES = 280;

  /** More digits than any Postgres numeric has, on either side of the point. */
  private static final int MOST_DIGITS = 200_000;

  /** Names known at the same time; more than any table has columns. */
  private static final int MAX_NAMES = 4096;

  private static final char REPLACEMENT = '\uFFFD';

  private final Map<String, Name> names = new HashMap<>();
  private Name previous = new Name("", new byte[0]);
  private byte[] json;
  private int at;
  private int depth;

  /** The name of a member, and the one that came after it the last time. */
  private static final class Name {
    final String text;
    final byte[] bytes;
    Name next;

    Name(String text, byte[] bytes) {
      this.text = text;
      this.bytes = bytes;
    }
  }

  /** One value; null for JSON's null. */
  Object read(byte[] bytes) {
    json = bytes;
    at = 0;
    depth = 0;
    try {
      Object value = value(next());
      if (at < json.length) {
        skipSpace();
        if (at < json.length) {
          throw bad("more follows the value");
        }
      }
      return value;
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new DataException("The JSON ends too early, after " + bytes.length + " bytes");
    } finally {
      json = null;
    }
  }

  /** The next byte that is no space; it is taken. */
  private byte next() {
    byte found = json[at++];
    if (found <= ' ') {
      at--;
      skipSpace();
      found = json[at++];
    }
    return found;
  }

  private void skipSpace() {
    while (at < json.length
        && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
      at++;
    }
  }

  private Object value(byte first) {
    return switch (first) {
      case '"' -> text();
      case '{' -> object();
      case '[' -> list();
      case 't' -> word("true", Boolean.TRUE);
      case 'f' -> word("false", Boolean.FALSE);
      case 'n' -> word("null", null);
      default -> number(first);
    };
  }

  private Object word(String word, Object value) {
    for (int i = 1; i < word.length(); i++) {
      if (json[at++] != word.charAt(i)) {
        throw bad("a word that JSON does not know");
      }
    }
    return value;
  }

  private Map<String, Object> object() {
    deeper();
    Map<String, Object> members = new HashMap<>(FIRST_CAPACITY);
    byte found = next();
    while (found != '}') {
      if (found != '"') {
        throw bad("wanted a name");
      }
      String name = name();
      if (next() != ':') {
        throw bad("wanted a colon");
      }
      members.put(name, value(next()));
      found = afterMember('}');
    }
    depth--;
    return members;
  }

  private List<Object> list() {
    deeper();
    List<Object> values = new ArrayList<>();
    byte found = next();
    while (found != ']') {
      values.add(value(found));
      found = afterMember(']');
    }
    depth--;
    return values;
  }

  /** The closing bracket, or the first byte of the next member. */
  private byte afterMember(char close) {
    byte found = next();
    if (found == ',') {
      found = next();
      if (found == close) {
        throw bad("a comma too many");
      }
      return found;
    }
    if (found != close) {
      throw bad("wanted a comma or a closing bracket");
    }
    return found;
  }

  private void deeper() {
    if (++depth > MAX_DEPTH) {
      throw bad("nested too deep");
    }
  }

  private String name() {
    Name expected = previous.next;
    if (expected != null) {
      byte[] name = expected.bytes;
      int end = at + name.length;
      if (end < json.length
          && json[end] == '"'
          && Arrays.equals(json, at, end, name, 0, name.length)) {
        at = end + 1;
        previous = expected;
        return expected.text;
      }
    }
    return unexpectedName();
  }

  private String unexpectedName() {
    int begin = at;
    String text = text();
    Name name = names.get(text);
    if (name == null) {
      if (names.size() == MAX_NAMES) {
        names.clear();
      }
      // Interned, so that whoever looks a name up finds it by identity.
      name = new Name(text.intern(), Arrays.copyOfRange(json, begin, at - 1));
      names.put(name.text, name);
    }
    previous.next = name;
    previous = name;
    return name.text;
  }

  /** A text whose opening quote has been taken. */
  private String text() {
    byte[] source = json;
    int begin = at;
    int i = begin;
    byte found = source[i];
    while (found != '"' && found != '\\' && found >= ' ') {
      found = source[++i];
    }
    at = i;
    if (found == '"') {
      at = i + 1;
      return new String(source, begin, i - begin, StandardCharsets.ISO_8859_1);
    }
    return longText(begin);
  }

  /** A text with characters that are not their own byte; {@code at} stands on the first of them. */
  private String longText(int begin) {
    StringBuilder text = null;
    int plain = begin;
    while (json[at] != '"') {
      byte found = json[at];
      if (found == '\\') {
        if (text == null) {
          text = new StringBuilder();
        }
        text.append(decoded(plain, at));
        at++;
        escaped(text);
        plain = at;
      } else if (found >= 0 && found < ' ') {
        throw bad("a control character in a text");
      } else {
        at++;
      }
    }
    String rest = decoded(plain, at);
    at++;
    return text == null ? rest : text.append(rest).toString();
  }

  private String decoded(int from, int to) {
    String text = new String(json, from, to - from, StandardCharsets.UTF_8);
    // The constructor puts this character where it finds no UTF-8; it may also be meant.
    if (text.indexOf(REPLACEMENT) >= 0) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json, from, to - from));
      } catch (CharacterCodingException e) {
        throw bad("a text that is not UTF-8");
      }
    }
    return text;
  }

  /** What an escape stands for; its backslash has been taken. */
  private void escaped(StringBuilder text) {
    byte letter = json[at++];
    switch (letter) {
      case '"', '\\', '/' -> text.append((char) letter);
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'u' -> {
        char unit = unit();
        text.append(unit);
        if (Character.isSurrogate(unit)) {
          boolean second = json[at++] == '\\' && json[at++] == 'u';
          char low = second ? unit() : 0;
          if (!Character.isSurrogatePair(unit, low)) {
            throw bad("half of a surrogate pair");
          }
          text.append(low);
        }
      }
      default -> throw bad("an escape that JSON does not know");
    }
  }

  private char unit() {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(json[at++], 16);
      if (digit < 0) {
        throw bad("an escape that is not hexadecimal");
      }
      unit = unit << 4 | digit;
    }
    return (char) unit;
  }

  private Number number(byte first) {
    int begin = at - 1;
    boolean negative = first == '-';
    byte digit = negative ? take() : first;
    if (digit < '0' || digit > '9') {
      throw bad("wanted a value");
    }
    long whole = '0' - digit;
    boolean fits = true;
    byte found = peek();
    if (digit == '0' && isDigit(found)) {
      throw bad("a number with a leading zero");
    }
    // Counted down, as there is one more negative number than there are positive ones.
    for (; isDigit(found); found = peek()) {
      int next = found - '0';
      fits &= whole > Long.MIN_VALUE / 10 || whole == Long.MIN_VALUE / 10 && next <= 8;
      whole = whole * 10 - next;
      at++;
    }
    if (found == '.' || found == 'e' || found == 'E') {
      return fraction(begin);
    }
    if (!fits || !negative && whole == Long.MIN_VALUE) {
      return decimal(begin);
    }
    return negative ? whole : -whole;
  }

  private Number fraction(int begin) {
    if (peek() == '.') {
      at++;
      digits();
    }
    int mantissa = at;
    if (peek() == 'e' || peek() == 'E') {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
    // Sign and point are counted with the digits: then a few more numbers are decimals.
    if (mantissa - begin <= DIGITS_OF_DOUBLES && isModest(mantissa)) {
      return Double.parseDouble(new String(json, begin, at - begin, StandardCharsets.ISO_8859_1));
    }
    BigDecimal number = decimal(begin);
    double nearest = number.doubleValue();
    // 17 digits of a double's own text, as other producers write it.
    boolean same = Double.isFinite(nearest) && BigDecimal.valueOf(nearest).compareTo(number) == 0;
    return same ? (Number) nearest : number;
  }

  /** Whether the exponent that begins here is none, or one of a double with all its digits. */
  private boolean isModest(int begin) {
    int exponent = 0;
    for (int i = begin; i < at && exponent <= EXPONENT_OF_DOUBLES; i++) {
      exponent = isDigit(json[i]) ? exponent * 10 + json[i] - '0' : exponent;
    }
    return exponent <= EXPONENT_OF_DOUBLES;
  }

  private BigDecimal decimal(int begin) {
    try {
      String text = new String(json, begin, at - begin, StandardCharsets.ISO_8859_1);
      if (text.length() <= MOST_DIGITS) {
        BigDecimal number = new BigDecimal(text);
        if (Math.abs((long) number.scale()) <= MOST_DIGITS) {
          return number;
        }
      }
    } catch (NumberFormatException e) {
      // Its exponent has more than 32 bits.
    }
    throw bad("a number of too many digits");
  }

  private void digits() {
    if (!isDigit(peek())) {
      throw bad("wanted a digit");
    }
    while (isDigit(peek())) {
      at++;
    }
  }

  private byte take() {
    return json[at++];
  }

  /** The byte ahead; a space at the end. */
  private byte peek() {
    return at < json.length ? json[at] : (byte) ' ';
  }

  private static boolean isDigit(byte found) {
    return found >= '0' && found <= '9';
  }

  private DataException bad(String what) {
    return new DataException("No JSON: " + what + ", at byte " + Math.min(at, json.length));
  }
}

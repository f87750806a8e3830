package dev.sluice.json;

import dev.sluice.smt.PlanCache;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;

/**
 * Writes values of Connect as JSON in UTF-8, straight into bytes. What a Struct's schema says, the
 * names of its fields above all, is prepared once per schema.
 *
 * <p>Failure semantics: {@link DataException} for null in a required field, for a Struct of another
 * schema than its record's, and for types that JSON cannot hold; it names the field. Not
 * thread-safe.
 */
final class JsonWriter {

  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SMALLEST = "-9223372036854775808".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_NUMBER = SMALLEST.length;
  private static final int LONGEST_ESCAPE = 6;

  private final PlanCache<StructPlan> plans = new PlanCache<>(StructPlan::of);
  private byte[] bytes = new byte[8192];
  private int size;

  /** How Structs of one schema are written. */
  private record StructPlan(FieldPlan[] fields) {

    static StructPlan of(Schema schema) {
      return new StructPlan(schema.fields().stream().map(FieldPlan::of).toArray(FieldPlan[]::new));
    }
  }

  /**
   * How one field is written.
   *
   * @param name a comma, the name as JSON text, and a colon
   * @param defaultValue what the Struct gives in place of a null that is meant; null without one
   * @param struct the plan of a Struct; null for other values
   */
  private record FieldPlan(Field field, byte[] name, Object defaultValue, StructPlan struct) {

    static FieldPlan of(Field field) {
      JsonWriter name = new JsonWriter();
      name.write((byte) ',');
      name.text(field.name());
      name.write((byte) ':');
      Schema schema = field.schema();
      return new FieldPlan(
          field,
          name.written(),
          // A required field that is not set means its default; an optional one means null.
          schema.isOptional() ? schema.defaultValue() : null,
          schema.type() == Schema.Type.STRUCT ? StructPlan.of(schema) : null);
    }

    /** Null where an optional field holds null, whatever its default. */
    Object of(Struct struct) {
      Object value = struct.get(field);
      return value != null && value == defaultValue
          ? struct.getWithoutDefault(field.name())
          : value;
    }
  }

  /**
   * One value.
   *
   * @param schema may be null: the class of the value tells then
   * @param value may be null
   */
  byte[] write(Schema schema, Object value) {
    size = 0;
    if (value instanceof Struct struct
        && schema != null
        && struct.schema() != schema
        && !struct.schema().equals(schema)) {
      throw new DataException("The record's schema is not that of its Struct");
    }
    value(schema, value, "value");
    return written();
  }

  private byte[] written() {
    return Arrays.copyOf(bytes, size);
  }

  /** The name is that of the field, for errors. */
  private void value(Schema schema, Object value, String name) {
    if (value instanceof String text) {
      text(text);
    } else if (value instanceof Long || value instanceof Integer) {
      number(((Number) value).longValue());
    } else if (value instanceof Boolean flag) {
      write(flag ? TRUE : FALSE);
    } else if (value == null) {
      nothing(schema, name);
    } else if (value instanceof Struct struct) {
      struct(plans.planFor(struct.schema()), struct);
    } else if (value instanceof Double || value instanceof Float) {
      floating((Number) value);
    } else if (value instanceof Short || value instanceof Byte) {
      number(((Number) value).longValue());
    } else if (value instanceof byte[] array) {
      base64(array);
    } else if (value instanceof ByteBuffer window) {
      byte[] array = new byte[window.remaining()];
      window.duplicate().get(array);
      base64(array);
    } else if (value instanceof Collection<?> list) {
      list(schema == null ? null : schema.valueSchema(), list, name);
    } else if (value instanceof Map<?, ?> map) {
      map(schema, map, name);
    } else if (value instanceof java.util.Date date) {
      date(schema, date, name);
    } else {
      throw new DataException("JSON without schemas cannot hold " + kind(value) + " of " + name);
    }
  }

  private static String kind(Object value) {
    return value instanceof BigDecimal
        ? "the decimal (its scale is in the schema; decimal.handling.mode=string gives text)"
        : "the " + value.getClass().getName();
  }

  private void nothing(Schema schema, String name) {
    if (schema != null && !schema.isOptional()) {
      throw new DataException("null in the required field " + name);
    }
    write(NULL);
  }

  private void struct(StructPlan plan, Struct struct) {
    int begin = size;
    for (FieldPlan field : plan.fields) {
      write(field.name);
      Object value = field.of(struct);
      if (field.struct != null && value != null) {
        struct(field.struct, (Struct) value);
      } else {
        value(field.field.schema(), value, field.field.name());
      }
    }
    close(begin, '{', '}');
  }

  private void list(Schema schema, Collection<?> list, String name) {
    int begin = size;
    for (Object value : list) {
      write((byte) ',');
      value(schema, value, name);
    }
    close(begin, '[', ']');
  }

  /** Keys that are no text make a list of pairs. */
  private void map(Schema schema, Map<?, ?> map, String name) {
    boolean object =
        schema == null
            ? map.keySet().stream().allMatch(String.class::isInstance)
            : schema.keySchema().type() == Schema.Type.STRING;
    int begin = size;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      write((byte) ',');
      int pair = size;
      if (!object) {
        write((byte) ',');
      }
      value(schema == null ? null : schema.keySchema(), entry.getKey(), name);
      write((byte) (object ? ':' : ','));
      value(schema == null ? null : schema.valueSchema(), entry.getValue(), name);
      if (!object) {
        close(pair, '[', ']');
      }
    }
    close(begin, object ? '{' : '[', object ? '}' : ']');
  }

  /**
   * Every member has been written with a comma before it: the first one's place is the bracket's.
   */
  private void close(int begin, char open, char close) {
    if (size == begin) {
      write((byte) open);
    } else {
      bytes[begin] = (byte) open;
    }
    write((byte) close);
  }

  private void date(Schema schema, java.util.Date date, String name) {
    String logical = schema == null ? null : schema.name();
    if (Timestamp.LOGICAL_NAME.equals(logical)) {
      number(Timestamp.fromLogical(schema, date));
    } else if (Date.LOGICAL_NAME.equals(logical)) {
      number(Date.fromLogical(schema, date));
    } else if (Time.LOGICAL_NAME.equals(logical)) {
      number(Time.fromLogical(schema, date));
    } else {
      throw new DataException(name + " holds a date without a schema");
    }
  }

  private void number(long value) {
    if (value == Long.MIN_VALUE) {
      write(SMALLEST);
      return;
    }
    ensure(LONGEST_NUMBER);
    long rest = Math.abs(value);
    if (value < 0) {
      bytes[size++] = '-';
    }
    int digits = 1;
    for (long power = 10; digits < 19 && rest >= power; power *= 10) {
      digits++;
    }
    size += digits;
    for (int at = size - 1; digits > 0; digits--) {
      bytes[at--] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /** JSON has no word for NaN and the infinities: they become text. */
  private void floating(Number value) {
    if (Double.isFinite(value.doubleValue())) {
      write(value.toString().getBytes(StandardCharsets.US_ASCII));
    } else {
      text(value.toString());
    }
  }

  private void base64(byte[] array) {
    write((byte) '"');
    write(Base64.getEncoder().encode(array));
    write((byte) '"');
  }

  private void text(String text) {
    int length = text.length();
    ensure(length + 2);
    byte[] target = bytes;
    int at = size;
    target[at++] = '"';
    for (int i = 0; i < length; i++) {
      char character = text.charAt(i);
      if (character < ' ' || character > '~' || character == '"' || character == '\\') {
        size = at;
        escape(text, i);
        return;
      }
      target[at++] = (byte) character;
    }
    target[at++] = '"';
    size = at;
  }

  /** The rest of a text, from the first character that is not its own byte. */
  private void escape(String text, int from) {
    ensure((text.length() - from) * LONGEST_ESCAPE + 1);
    for (int i = from; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character < ' ') {
        control(character);
      } else if (character < 0x80) {
        if (character == '"' || character == '\\') {
          bytes[size++] = '\\';
        }
        bytes[size++] = (byte) character;
      } else if (character < 0x800) {
        bytes[size++] = (byte) (0xC0 | character >> 6);
        tail(character);
      } else if (!Character.isSurrogate(character)) {
        bytes[size++] = (byte) (0xE0 | character >> 12);
        tail(character >> 6);
        tail(character);
      } else if (Character.isHighSurrogate(character)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        // As Kafka's converter writes it: a key's bytes, which decide its partition, stay the same.
        unit(character);
        unit(text.charAt(++i));
      } else {
        throw new DataException("A text holds half of a surrogate pair");
      }
    }
    bytes[size++] = '"';
  }

  private void tail(int sixBits) {
    bytes[size++] = (byte) (0x80 | sixBits & 0x3F);
  }

  private void control(char character) {
    int letter = "\b\t\n\f\r".indexOf(character);
    if (letter < 0) {
      unit(character);
      return;
    }
    bytes[size++] = '\\';
    bytes[size++] = (byte) "btnfr".charAt(letter);
  }

  /** One UTF-16 unit by its number. */
  private void unit(char character) {
    bytes[size++] = '\\';
    bytes[size++] = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
      bytes[size++] = HEX[character >> shift & 15];
    }
  }

  private void write(byte one) {
    ensure(1);
    bytes[size++] = one;
  }

  private void write(byte[] many) {
    ensure(many.length);
    System.arraycopy(many, 0, bytes, size, many.length);
    size += many.length;
  }

  private void ensure(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, more)));
    }
  }
}

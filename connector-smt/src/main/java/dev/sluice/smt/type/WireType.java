package dev.sluice.smt.type;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.util.Base64;
import java.util.BitSet;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * The forms in which a value can arrive: those of Debezium, known by the name of their schema,
 * those of Connect, and {@link #PLAIN} for input without schemas. Each constant reads its form and
 * hands the meaning to the target type, so that the two sides of the matrix never meet.
 *
 * <p>Failure semantics: {@link Mismatch} from the target type passes through; a value of another
 * class than its schema promises is a {@link Mismatch} as well.
 */
public enum WireType {
  TEXT("text", (value, schema, target) -> target.fromText((String) value)),
  INTEGER("integer", (value, schema, target) -> target.fromInteger(((Number) value).longValue())),
  BOOLEAN("boolean", (value, schema, target) -> target.fromBoolean((Boolean) value)),
  FLOAT("float", (value, schema, target) -> target.fromFloat((Float) value)),
  DOUBLE("double", (value, schema, target) -> target.fromDouble((Double) value)),
  DECIMAL(
      "decimal",
      (value, schema, target) -> target.fromDecimal(Numbers.bounded((BigDecimal) value))),
  /** A numeric of no declared scale: a struct of scale and unscaled value. */
  VARIABLE_DECIMAL("decimal", (value, schema, target) -> readDecimal((Struct) value, target)),
  /** The same as a converter without schemas writes it. */
  VARIABLE_DECIMAL_MAP(
      "decimal", (value, schema, target) -> readDecimal((Map<?, ?>) value, target)),
  BYTES("bytes", (value, schema, target) -> target.fromBytes(bytes(value))),
  /** Bits, the last one first. */
  BITS(
      "bits",
      (value, schema, target) ->
          target.fromBits(BitSet.valueOf(bytes(value)), numberOfBits(schema))),
  DATE_IN_DAYS("date", (value, schema, target) -> Infinity.orDate((Integer) value, target)),
  CONNECT_DATE(
      "date",
      (value, schema, target) ->
          Infinity.orDate(Math.floorDiv(millis(value), 86_400_000L), target)),
  TIME_IN_MILLIS(
      "time", (value, schema, target) -> target.fromTimeOfDay(1_000_000L * (Integer) value)),
  TIME_IN_MICROS(
      "time",
      (value, schema, target) -> target.fromTimeOfDay(Math.multiplyExact(1_000, (Long) value))),
  TIME_IN_NANOS("time", (value, schema, target) -> target.fromTimeOfDay((Long) value)),
  CONNECT_TIME(
      "time",
      (value, schema, target) ->
          target.fromTimeOfDay(Math.multiplyExact(1_000_000, millis(value)))),
  TIMESTAMP_IN_MILLIS(
      "timestamp", (value, schema, target) -> TimestampUnit.MILLIS.read((Long) value, target)),
  TIMESTAMP_IN_MICROS(
      "timestamp", (value, schema, target) -> TimestampUnit.MICROS.read((Long) value, target)),
  TIMESTAMP_IN_NANOS(
      "timestamp", (value, schema, target) -> TimestampUnit.NANOS.read((Long) value, target)),
  CONNECT_TIMESTAMP(
      "timestamp", (value, schema, target) -> TimestampUnit.MILLIS.read(millis(value), target)),
  /** ISO-8601 text with an offset. */
  TIMESTAMP_TEXT("timestamp", (value, schema, target) -> target.fromIsoText((String) value)),
  /** ISO-8601 text of a wall clock's time, to which Debezium adds a Z all the same. */
  WALL_CLOCK_TEXT(
      "timestamp", (value, schema, target) -> IsoText.readWallClock((String) value, target)),
  LIST("array", (value, schema, target) -> target.fromList((List<?>) value, schema)),
  STRUCTURE("structure", (value, schema, target) -> target.fromStructure(value, schema)),
  /** ISO-8601 text of a time of day, to which Debezium adds a Z though it has no zone. */
  TIME_TEXT("time", (value, schema, target) -> target.fromText(withoutZ((String) value))),
  /** A value without a schema, which only its class tells about. */
  PLAIN("value", (value, schema, target) -> readPlain(value, target)),
  UNKNOWN(
      "value of unknown kind",
      (value, schema, target) -> {
        throw ColumnType.refused();
      });

  /** How a form is read. */
  private interface Reader {
    Object read(Object value, Schema schema, ColumnType target);
  }

  private final String description;
  private final Reader reader;

  WireType(String description, Reader reader) {
    this.description = description;
    this.reader = reader;
  }

  /**
   * Converts a value.
   *
   * @param value not null
   * @param schema the schema the value came with, null without one
   * @throws Mismatch when the target cannot hold the value unchanged
   */
  public final Object convert(Object value, Schema schema, ColumnType target) {
    try {
      return reader.read(value, schema, target);
    } catch (ClassCastException
        | ArithmeticException
        | NullPointerException
        | IllegalArgumentException
        | DateTimeException
        | DataException e) {
      // The cause is left behind: its message may show the value.
      throw new Mismatch("the value is not what its schema says");
    }
  }

  /** What a value of this form is called in an error. */
  public String describe(Object value, Schema schema) {
    if (schema != null && schema.name() != null) {
      return description + " (" + schema.name() + ")";
    }
    return this == PLAIN && value != null ? ofValue(value).description : description;
  }

  /** The form of values with this schema. */
  public static WireType of(Schema schema) {
    if (schema == null) {
      return PLAIN;
    }
    WireType named = schema.name() == null ? null : ofName(schema.name());
    return named != null ? named : ofType(schema.type());
  }

  private static WireType ofName(String name) {
    return switch (name) {
      case "org.apache.kafka.connect.data.Decimal" -> DECIMAL;
      case "org.apache.kafka.connect.data.Date" -> CONNECT_DATE;
      case "org.apache.kafka.connect.data.Time" -> CONNECT_TIME;
      case "org.apache.kafka.connect.data.Timestamp" -> CONNECT_TIMESTAMP;
      case "io.debezium.data.VariableScaleDecimal" -> VARIABLE_DECIMAL;
      case "io.debezium.data.Bits" -> BITS;
      case "io.debezium.time.Date" -> DATE_IN_DAYS;
      case "io.debezium.time.Time" -> TIME_IN_MILLIS;
      case "io.debezium.time.MicroTime" -> TIME_IN_MICROS;
      case "io.debezium.time.NanoTime" -> TIME_IN_NANOS;
      case "io.debezium.time.Timestamp" -> TIMESTAMP_IN_MILLIS;
      case "io.debezium.time.MicroTimestamp" -> TIMESTAMP_IN_MICROS;
      case "io.debezium.time.NanoTimestamp" -> TIMESTAMP_IN_NANOS;
      case "io.debezium.time.ZonedTimestamp" -> TIMESTAMP_TEXT;
      case "io.debezium.time.IsoDate", "io.debezium.time.IsoTimestamp" -> WALL_CLOCK_TEXT;
      case "io.debezium.time.IsoTime" -> TIME_TEXT;
      default -> null;
    };
  }

  private static WireType ofType(Schema.Type type) {
    return switch (type) {
      case INT8, INT16, INT32, INT64 -> INTEGER;
      case FLOAT32 -> FLOAT;
      case FLOAT64 -> DOUBLE;
      case BOOLEAN -> BOOLEAN;
      case STRING -> TEXT;
      case BYTES -> BYTES;
      case ARRAY -> LIST;
      case MAP, STRUCT -> STRUCTURE;
    };
  }

  /** The form of a value that came without a schema. */
  static WireType ofValue(Object value) {
    if (value instanceof String) {
      return TEXT;
    } else if (value instanceof Long || value instanceof Integer) {
      return INTEGER;
    } else if (value instanceof Boolean) {
      return BOOLEAN;
    } else if (value instanceof Double) {
      return DOUBLE;
    } else if (value instanceof Map<?, ?> map) {
      return isVariableDecimal(map) ? VARIABLE_DECIMAL_MAP : STRUCTURE;
    } else if (value instanceof List) {
      return LIST;
    } else if (value instanceof BigDecimal) {
      return DECIMAL;
    } else if (value instanceof Float) {
      return FLOAT;
    } else if (value instanceof Short || value instanceof Byte) {
      return INTEGER;
    } else if (value instanceof byte[] || value instanceof ByteBuffer) {
      return BYTES;
    }
    return UNKNOWN;
  }

  private static Object readPlain(Object value, ColumnType target) {
    // The classes that fill most rows go straight to their target.
    if (value instanceof String text) {
      return target.fromText(text);
    } else if (value instanceof Long number) {
      return target.fromInteger(number);
    } else if (value instanceof Boolean flag) {
      return target.fromBoolean(flag);
    }
    return ofValue(value).reader.read(value, null, target);
  }

  private static Object readDecimal(Struct struct, ColumnType target) {
    return readDecimal(bytes(struct.get("value")), struct.getInt32("scale"), target);
  }

  private static Object readDecimal(Map<?, ?> map, ColumnType target) {
    byte[] unscaled = Base64.getDecoder().decode((String) map.get("value"));
    return readDecimal(unscaled, Math.toIntExact((Long) map.get("scale")), target);
  }

  private static Object readDecimal(byte[] unscaled, int scale, ColumnType target) {
    return target.fromDecimal(Numbers.bounded(new BigDecimal(new BigInteger(unscaled), scale)));
  }

  /** Bytes, which converters deliver as an array or as a window onto one. */
  static byte[] bytes(Object value) {
    if (value instanceof byte[] array) {
      return array;
    }
    ByteBuffer window = ((ByteBuffer) value).duplicate();
    byte[] array = new byte[window.remaining()];
    window.get(array);
    return array;
  }

  private static boolean isVariableDecimal(Map<?, ?> map) {
    return map.size() == 2
        && map.get("scale") instanceof Long
        && map.get("value") instanceof String;
  }

  /** The length that a bit column declares; 0 when it declares none. */
  private static int numberOfBits(Schema schema) {
    String length = schema.parameters() == null ? null : schema.parameters().get("length");
    int bits = length == null ? 0 : Integer.parseInt(length);
    return bits == Integer.MAX_VALUE ? 0 : bits;
  }

  private static long millis(Object date) {
    return ((Date) date).getTime();
  }

  private static String withoutZ(String text) {
    return text.endsWith("Z") ? text.substring(0, text.length() - 1) : text;
  }
}

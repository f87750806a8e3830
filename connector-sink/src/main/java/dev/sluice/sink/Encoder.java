package dev.sluice.sink;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;

/**
 * Writes values of one Connect type as RowBinary of one ClickHouse type.
 *
 * <p>The value has passed the schema's own check, so its Java class is known; what can still be
 * wrong is its range, and that is a DataException that says what is wanted and never the value.
 */
@FunctionalInterface
interface Encoder {
  void encode(Object value, RowBuffer out);

  /** Connect's logical types have Java classes of their own and are no row shape. */
  Set<String> LOGICAL = Set.of(Date.LOGICAL_NAME, Time.LOGICAL_NAME, Timestamp.LOGICAL_NAME);

  /**
   * The encoder for a field of this schema into a column of this type.
   *
   * @throws DataException saying what the column wants, when the schema does not fit it
   */
  static Encoder of(Schema schema, ClickHouseType type) {
    if (schema.isOptional() && !type.nullable()) {
      throw new DataException("the field may be null, the column may not");
    }
    Encoder plain = plain(schema, type);
    if (!type.nullable()) {
      return plain;
    }
    return (value, out) -> {
      if (value == null) {
        out.putByte(1);
      } else {
        out.putByte(0);
        plain.encode(value, out);
      }
    };
  }

  /**
   * The same for a column whose type has become wider than the one the field is made for; see
   * {@link Widening}.
   */
  static Encoder widened(Schema schema, ClickHouseType type) {
    if (schema.type() == Schema.Type.ARRAY) {
      return array(schema, type.element(), true);
    }
    Schema.Type wanted = Widening.connectType(type);
    if (wanted == null || wanted == schema.type()) {
      return of(schema, type);
    }
    SchemaBuilder wide = new SchemaBuilder(wanted);
    if (schema.isOptional()) {
      wide.optional();
    }
    Encoder encoder = of(wide.build(), type);
    return (value, out) -> encoder.encode(Widening.convert(value, wanted), out);
  }

  private static Encoder plain(Schema schema, ClickHouseType type) {
    return switch (type.name()) {
      case "String" -> want(schema, Schema.Type.STRING, (v, out) -> out.putString((String) v));
      case "FixedString" -> want(schema, Schema.Type.STRING, fixedString(type.number(0)));
      case "UUID" -> want(schema, Schema.Type.STRING, Encoder::uuid);
      case "Enum8" -> want(schema, Schema.Type.STRING, enumeration(type.enumValues(), 1));
      case "Enum16" -> want(schema, Schema.Type.STRING, enumeration(type.enumValues(), 2));
      case "Bool" ->
          want(schema, Schema.Type.BOOLEAN, (v, out) -> out.putByte((Boolean) v ? 1 : 0));
      case "Int8" -> want(schema, Schema.Type.INT8, (v, out) -> out.putByte((Byte) v));
      case "Int16" -> want(schema, Schema.Type.INT16, (v, out) -> out.putShort((Short) v));
      case "Int32" -> want(schema, Schema.Type.INT32, (v, out) -> out.putInt((Integer) v));
      case "Int64", "UInt64", "DateTime64" ->
          want(schema, Schema.Type.INT64, (v, out) -> out.putLong((Long) v));
      case "UInt8" ->
          want(
              schema,
              Schema.Type.INT16,
              (v, out) -> out.putByte((int) inRange((Short) v, 0, 0xFF)));
      case "UInt16" ->
          want(
              schema,
              Schema.Type.INT32,
              (v, out) -> out.putShort((int) inRange((Integer) v, 0, 0xFFFF)));
      case "UInt32", "DateTime" ->
          want(
              schema,
              Schema.Type.INT64,
              (v, out) -> out.putInt((int) inRange((Long) v, 0, 0xFFFF_FFFFL)));
      case "Float32" ->
          want(
              schema,
              Schema.Type.FLOAT32,
              (v, out) -> out.putInt(Float.floatToRawIntBits((Float) v)));
      case "Float64" ->
          want(
              schema,
              Schema.Type.FLOAT64,
              (v, out) -> out.putLong(Double.doubleToRawLongBits((Double) v)));
      case "Decimal" -> decimal(schema, type.number(0), type.number(1));
      case "Date" ->
          want(
              schema,
              Schema.Type.INT32,
              (v, out) -> out.putShort((int) inRange((Integer) v, 0, 0xFFFF)));
      // 1900-01-01 to 2299-12-31, what ClickHouse can hold; it would clip anything else.
      case "Date32" ->
          want(
              schema,
              Schema.Type.INT32,
              (v, out) -> out.putInt((int) inRange((Integer) v, -25_567, 120_529)));
      case "Array" -> array(schema, type.element(), false);
      default -> throw new DataException("the sink cannot write columns of this type");
    };
  }

  private static Encoder want(Schema schema, Schema.Type wanted, Encoder encoder) {
    if (schema.type() != wanted
        || Decimal.LOGICAL_NAME.equals(schema.name())
        || (schema.name() != null && LOGICAL.contains(schema.name()))) {
      throw new DataException("the column takes " + wanted + ", the field is " + describe(schema));
    }
    return encoder;
  }

  private static String describe(Schema schema) {
    return schema.name() == null ? schema.type().toString() : schema.type() + " " + schema.name();
  }

  private static long inRange(long value, long min, long max) {
    if (value < min || value > max) {
      throw new DataException("the value is outside of " + min + " to " + max);
    }
    return value;
  }

  private static Encoder fixedString(int length) {
    return (value, out) -> {
      byte[] utf8 = ((String) value).getBytes(StandardCharsets.UTF_8);
      if (utf8.length > length) {
        throw new DataException("the text has " + utf8.length + " bytes, more than " + length);
      }
      out.putBytes(utf8);
      out.putFill(0, length - utf8.length);
    };
  }

  private static void uuid(Object value, RowBuffer out) {
    String text = (String) value;
    UUID uuid;
    try {
      // fromString alone would also take shortened groups.
      uuid = text.length() == 36 ? UUID.fromString(text) : null;
    } catch (IllegalArgumentException e) {
      uuid = null;
    }
    if (uuid == null) {
      throw new DataException("the text is not a UUID");
    }
    out.putLong(uuid.getMostSignificantBits());
    out.putLong(uuid.getLeastSignificantBits());
  }

  private static Encoder enumeration(Map<String, Integer> values, int bytes) {
    return (value, out) -> {
      Integer number = values.get((String) value);
      if (number == null) {
        throw new DataException("the text is none of the enum's names");
      }
      if (bytes == 1) {
        out.putByte(number);
      } else {
        out.putShort(number);
      }
    };
  }

  private static Encoder decimal(Schema schema, int precision, int scale) {
    if (!Decimal.LOGICAL_NAME.equals(schema.name())
        || !Integer.toString(scale).equals(schema.parameters().get(Decimal.SCALE_FIELD))) {
      throw new DataException(
          "the column takes a Decimal of scale " + scale + ", the field is " + describe(schema));
    }
    BigInteger limit = BigInteger.TEN.pow(precision);
    int width = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
    return (value, out) -> {
      BigDecimal decimal = (BigDecimal) value;
      BigInteger unscaled = decimal.unscaledValue();
      if (decimal.scale() != scale || unscaled.abs().compareTo(limit) >= 0) {
        throw new DataException(
            "the number does not fit "
                + precision
                + " digits, "
                + scale
                + " of them after the point");
      }
      byte[] bigEndian = unscaled.toByteArray();
      for (int i = bigEndian.length - 1; i >= 0; i--) {
        out.putByte(bigEndian[i]);
      }
      out.putFill(unscaled.signum() < 0 ? 0xFF : 0, width - bigEndian.length);
    };
  }

  private static Encoder array(Schema schema, ClickHouseType elementType, boolean widened) {
    want(schema, Schema.Type.ARRAY, null);
    Schema elementSchema = schema.valueSchema();
    Encoder element =
        widened ? widened(elementSchema, elementType) : of(elementSchema, elementType);
    return (value, out) -> {
      List<?> list = (List<?>) value;
      out.putVarInt(list.size());
      for (Object item : list) {
        if (item == null && !elementType.nullable()) {
          throw new DataException("an element is missing");
        }
        element.encode(item, out);
      }
    };
  }
}

package dev.sluice.smt.type;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * The forms in which a value can arrive: those of Debezium, known by the name of their schema,
 * those of Connect, and {@link #PLAIN} for input without schemas. Each constant reads its form and
 * hands the meaning to the target type, so that the two sides of the matrix never meet.
 *
 * <p>Failure semantics: {@link Mismatch} from the target type passes through; a value of another
 * class than its schema promises is a {@link Mismatch} as well.
 */
public enum WireType {
  TEXT("text") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromText((String) value);
    }
  },
  INTEGER("integer") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromInteger(((Number) value).longValue());
    }
  },
  BOOLEAN("boolean") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromBoolean((Boolean) value);
    }
  },
  FLOAT("float") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromFloat((Float) value);
    }
  },
  DOUBLE("double") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromDouble((Double) value);
    }
  },
  DECIMAL("decimal") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromDecimal((BigDecimal) value);
    }
  },
  /** A numeric of no declared scale: a struct of scale and unscaled value. */
  VARIABLE_DECIMAL("decimal") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      Struct struct = (Struct) value;
      BigInteger unscaled = new BigInteger(struct.getBytes("value"));
      return target.fromDecimal(new BigDecimal(unscaled, struct.getInt32("scale")));
    }
  },
  BYTES("bytes") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromBytes(value instanceof byte[] a ? ByteBuffer.wrap(a) : (ByteBuffer) value);
    }
  },
  DATE_IN_DAYS("date") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromDate((Integer) value);
    }
  },
  CONNECT_DATE("date") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromDate(Math.floorDiv(((Date) value).getTime(), MILLIS_PER_DAY));
    }
  },
  TIME_IN_MILLIS("time") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromTimeOfDay(1_000_000L * (Integer) value);
    }
  },
  TIME_IN_MICROS("time") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromTimeOfDay(Math.multiplyExact(1_000, (Long) value));
    }
  },
  TIME_IN_NANOS("time") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromTimeOfDay((Long) value);
    }
  },
  CONNECT_TIME("time") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromTimeOfDay(1_000_000L * ((Date) value).getTime());
    }
  },
  TIMESTAMP_IN_MILLIS("timestamp") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return wallClock(TimestampUnit.MILLIS, (Long) value, target);
    }
  },
  TIMESTAMP_IN_MICROS("timestamp") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      long micros = (Long) value;
      if (micros == POSITIVE_INFINITY_MICROS || micros == NEGATIVE_INFINITY_MICROS) {
        return target.fromInfinity(micros < 0);
      }
      return wallClock(TimestampUnit.MICROS, micros, target);
    }
  },
  TIMESTAMP_IN_NANOS("timestamp") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return wallClock(TimestampUnit.NANOS, (Long) value, target);
    }
  },
  CONNECT_TIMESTAMP("timestamp") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return wallClock(TimestampUnit.MILLIS, ((Date) value).getTime(), target);
    }
  },
  /** ISO-8601 text with an offset. */
  TIMESTAMP_TEXT("timestamp") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromIsoText((String) value);
    }
  },
  /** ISO-8601 text of a wall clock's time, to which Debezium adds a Z all the same. */
  WALL_CLOCK_TEXT("timestamp") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return IsoText.readWallClock((String) value, target);
    }
  },
  LIST("array") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromList((List<?>) value, schema);
    }
  },
  STRUCTURE("structure") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return target.fromStructure(value, schema);
    }
  },
  /** A value without a schema, which only its class tells about. */
  PLAIN("value") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      return ofValue(value).read(value, null, target);
    }
  },
  UNKNOWN("value of unknown kind") {
    @Override
    Object read(Object value, Schema schema, ColumnType target) {
      throw ColumnType.refused();
    }
  };

  private static final long MILLIS_PER_DAY = 86_400_000L;

  /** What Debezium sends for an infinite timestamp, as rounded as it is. */
  private static final long POSITIVE_INFINITY_MICROS = 9_223_372_036_825_200_000L;

  private static final long NEGATIVE_INFINITY_MICROS = -9_223_372_036_832_400_000L;

  private final String description;

  WireType(String description) {
    this.description = description;
  }

  abstract Object read(Object value, Schema schema, ColumnType target);

  /**
   * Converts a value.
   *
   * @param value not null
   * @param schema the schema the value came with, null without one
   * @throws Mismatch when the target cannot hold the value unchanged
   */
  public final Object convert(Object value, Schema schema, ColumnType target) {
    try {
      return read(value, schema, target);
    } catch (ClassCastException | ArithmeticException e) {
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
      case "io.debezium.time.Date" -> DATE_IN_DAYS;
      case "io.debezium.time.Time" -> TIME_IN_MILLIS;
      case "io.debezium.time.MicroTime" -> TIME_IN_MICROS;
      case "io.debezium.time.NanoTime" -> TIME_IN_NANOS;
      case "io.debezium.time.Timestamp" -> TIMESTAMP_IN_MILLIS;
      case "io.debezium.time.MicroTimestamp" -> TIMESTAMP_IN_MICROS;
      case "io.debezium.time.NanoTimestamp" -> TIMESTAMP_IN_NANOS;
      case "io.debezium.time.ZonedTimestamp" -> TIMESTAMP_TEXT;
      case "io.debezium.time.IsoDate", "io.debezium.time.IsoTimestamp" -> WALL_CLOCK_TEXT;
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

  private static WireType ofValue(Object value) {
    if (value instanceof String) {
      return TEXT;
    } else if (value instanceof Long || value instanceof Integer) {
      return INTEGER;
    } else if (value instanceof Boolean) {
      return BOOLEAN;
    } else if (value instanceof Double) {
      return DOUBLE;
    } else if (value instanceof Map) {
      return STRUCTURE;
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

  private static Object wallClock(TimestampUnit unit, long ticks, ColumnType target) {
    return target.fromWallClock(unit.seconds(ticks), unit.nanos(ticks));
  }
}

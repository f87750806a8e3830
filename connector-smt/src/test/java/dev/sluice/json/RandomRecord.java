package dev.sluice.json;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;

/** Values of every kind that Connect knows, with a schema or without one. */
final class RandomRecord {

  /** Of these, only Kafka's reader cannot read the last in a name. */
  private static final String[] PIECES = {
    "",
    "a",
    "visit",
    "\"",
    "\\",
    "/",
    "\n",
    "\t",
    "\u0001",
    "\u001f",
    "\u007f",
    "é",
    "€",
    "\uFFFD",
    "\u2028",
    "2026-11-22T10:00:00.123456Z",
    "0",
    "\uD83D\uDE80"
  };

  private static final long[] EDGES = {
    0,
    1,
    -1,
    9,
    10,
    -10,
    99,
    100,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Integer.MIN_VALUE,
    1L << 53,
    999_999_999_999_999_999L,
    1_000_000_000_000_000_000L,
    -1_000_000_000_000_000_000L
  };

  private static final double[] FLOATS = {
    0.0, 1.5, 1e300, -1e-300, Double.MIN_VALUE, Double.NaN, Double.POSITIVE_INFINITY, 0.1, 1e7
  };

  private final Random random;

  RandomRecord(Random random) {
    this.random = random;
  }

  SchemaAndValue record() {
    if (random.nextInt(4) == 0) {
      return new SchemaAndValue(null, plain(3));
    }
    Schema schema = structSchema(3);
    return new SchemaAndValue(schema, struct(schema));
  }

  private Schema structSchema(int depth) {
    SchemaBuilder builder = SchemaBuilder.struct();
    for (int i = random.nextInt(8); i >= 0; i--) {
      builder.field(name() + i, schema(depth - 1));
    }
    return random.nextBoolean() ? builder.optional().build() : builder.build();
  }

  private Schema schema(int depth) {
    SchemaBuilder builder =
        switch (random.nextInt(depth > 0 ? 17 : 13)) {
          case 0 -> SchemaBuilder.int8();
          case 1 -> SchemaBuilder.int16();
          case 2 -> SchemaBuilder.int32();
          case 3 -> SchemaBuilder.int64();
          case 4 -> SchemaBuilder.float32();
          case 5 -> SchemaBuilder.float64();
          case 6 -> SchemaBuilder.bool();
          case 7 -> SchemaBuilder.bytes();
          case 8 -> Timestamp.builder();
          case 9 -> Time.builder();
          case 10 -> org.apache.kafka.connect.data.Date.builder();
          case 13 -> SchemaBuilder.array(schema(depth - 1));
          case 14 ->
              SchemaBuilder.map(
                  random.nextBoolean() ? Schema.STRING_SCHEMA : Schema.INT32_SCHEMA,
                  schema(depth - 1));
          case 15, 16 -> null;
          default -> SchemaBuilder.string();
        };
    if (builder == null) {
      return structSchema(depth);
    }
    boolean collection = builder.type() == Schema.Type.ARRAY || builder.type() == Schema.Type.MAP;
    if (random.nextInt(4) == 0 && !collection) {
      builder.defaultValue(value(builder.build()));
    }
    return random.nextBoolean() ? builder.optional().build() : builder.build();
  }

  private Struct struct(Schema schema) {
    Struct struct = new Struct(schema);
    for (Field field : schema.fields()) {
      if (!field.schema().isOptional() || random.nextInt(4) > 0) {
        struct.put(field, value(field.schema()));
      }
    }
    return struct;
  }

  private Object value(Schema schema) {
    if (schema.isOptional() && random.nextInt(6) == 0) {
      return null;
    }
    if (Timestamp.LOGICAL_NAME.equals(schema.name())) {
      return new Date(random.nextLong() >> 20);
    } else if (Time.LOGICAL_NAME.equals(schema.name())) {
      return new Date(random.nextInt(86_400_000));
    } else if (org.apache.kafka.connect.data.Date.LOGICAL_NAME.equals(schema.name())) {
      return new Date(86_400_000L * (random.nextInt(60_000) - 30_000));
    }
    return switch (schema.type()) {
      case INT8 -> (byte) random.nextInt();
      case INT16 -> (short) random.nextInt();
      case INT32 -> (int) whole();
      case INT64 -> whole();
      case FLOAT32 -> (float) floating();
      case FLOAT64 -> floating();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> text();
      case BYTES -> random.nextBoolean() ? bytes() : ByteBuffer.wrap(bytes());
      case ARRAY -> list(() -> value(schema.valueSchema()));
      case MAP -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          map.put(
              schema.keySchema() == Schema.STRING_SCHEMA ? name() : value(schema.keySchema()),
              value(schema.valueSchema()));
        }
        yield map;
      }
      case STRUCT -> struct(schema);
    };
  }

  /** A value without a schema. */
  private Object plain(int depth) {
    return switch (random.nextInt(depth > 0 ? 11 : 8)) {
      case 0 -> whole();
      case 1 -> (int) whole();
      case 2 -> floating();
      case 3 -> random.nextBoolean();
      case 4 -> bytes();
      case 5 -> (short) whole();
      case 8 -> list(() -> plain(depth - 1));
      case 9, 10 -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        boolean texts = random.nextInt(4) > 0;
        for (int i = random.nextInt(5); i > 0; i--) {
          map.put(texts ? name() : whole(), plain(depth - 1));
        }
        yield map;
      }
      default -> text();
    };
  }

  private List<Object> list(Supplier<Object> values) {
    List<Object> list = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      list.add(values.get());
    }
    return list;
  }

  private long whole() {
    return random.nextInt(3) == 0
        ? EDGES[random.nextInt(EDGES.length)]
        : random.nextLong() >> random.nextInt(64);
  }

  private double floating() {
    return random.nextInt(3) == 0 ? FLOATS[random.nextInt(FLOATS.length)] : random.nextGaussian();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(10)];
    random.nextBytes(bytes);
    return bytes;
  }

  private String text() {
    return text(PIECES.length);
  }

  private String name() {
    return text(PIECES.length - 1);
  }

  private String text(int pieces) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      text.append(PIECES[random.nextInt(pieces)]);
    }
    return text.toString();
  }
}

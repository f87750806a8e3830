package dev.sluice.smt.random;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;

/** The forms in which source columns travel, with random values of each. */
enum Wire {
  TEXT(SchemaBuilder.string()) {
    @Override
    Value next(Random random) {
      String text = Texts.any(random);
      return same(text, new Meaning.Text(text));
    }
  },
  UUID_TEXT(SchemaBuilder.string().name("io.debezium.data.Uuid")) {
    @Override
    Value next(Random random) {
      String text = new UUID(random.nextLong(), random.nextLong()).toString();
      return same(text, new Meaning.Text(text));
    }
  },
  BOOLEAN(SchemaBuilder.bool()) {
    @Override
    Value next(Random random) {
      boolean value = random.nextBoolean();
      return same(value, new Meaning.Flag(value));
    }
  },
  INT16(SchemaBuilder.int16()) {
    @Override
    Value next(Random random) {
      short number = (short) number(random);
      return new Value(number, (long) number, new Meaning.Whole(number), null);
    }
  },
  INT32(SchemaBuilder.int32()) {
    @Override
    Value next(Random random) {
      int number = (int) number(random);
      return new Value(number, (long) number, new Meaning.Whole(number), null);
    }
  },
  INT64(SchemaBuilder.int64()) {
    @Override
    Value next(Random random) {
      long number = number(random);
      return same(number, new Meaning.Whole(number));
    }
  },
  FLOAT32(SchemaBuilder.float32()) {
    @Override
    Value next(Random random) {
      float number =
          random.nextBoolean() ? random.nextInt(1000) / 8f : Float.intBitsToFloat(random.nextInt());
      // JSON carries the float's own digits, and a parser reads them as a double.
      double json = Double.parseDouble(Float.toString(number));
      return new Value(number, json, new Meaning.Narrow(number), new Meaning.Wide(json));
    }
  },
  FLOAT64(SchemaBuilder.float64()) {
    @Override
    Value next(Random random) {
      double number =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(1000) - 500;
            case 1 -> random.nextInt(100_000) / 100.0;
            case 2 -> random.nextLong();
            default -> Double.longBitsToDouble(random.nextLong());
          };
      return same(number, new Meaning.Wide(number));
    }
  },
  DECIMAL(Decimal.builder(4)) {
    @Override
    Value next(Random random) {
      BigDecimal number = Texts.decimal(random).setScale(4, java.math.RoundingMode.DOWN);
      String text = number.toPlainString();
      return new Value(number, text, new Meaning.Exact(number), new Meaning.Text(text));
    }
  },
  VARIABLE_DECIMAL(
      SchemaBuilder.struct()
          .name("io.debezium.data.VariableScaleDecimal")
          .field("scale", Schema.INT32_SCHEMA)
          .field("value", Schema.BYTES_SCHEMA)) {
    @Override
    Value next(Random random) {
      BigDecimal number = Texts.decimal(random);
      byte[] unscaled = number.unscaledValue().toByteArray();
      Struct struct = new Struct(schema()).put("scale", number.scale()).put("value", unscaled);
      Map<String, Object> map =
          Map.of(
              "scale",
              (long) number.scale(),
              "value",
              Base64.getEncoder().encodeToString(unscaled));
      return new Value(struct, map, new Meaning.Exact(number), null);
    }
  },
  DATE(SchemaBuilder.int32().name("io.debezium.time.Date")) {
    @Override
    Value next(Random random) {
      LocalDate date = dateTime(random).toLocalDate();
      String text = date.toString();
      return new Value(
          (int) date.toEpochDay(), text, new Meaning.Day(date), new Meaning.Text(text));
    }
  },
  TIMESTAMP(SchemaBuilder.int64().name("io.debezium.time.Timestamp")) {
    @Override
    Value next(Random random) {
      return wallClock(dateTime(random), 1_000_000, 1_000);
    }
  },
  MICRO_TIMESTAMP(SchemaBuilder.int64().name("io.debezium.time.MicroTimestamp")) {
    @Override
    Value next(Random random) {
      return wallClock(dateTime(random), 1_000, 1_000_000);
    }
  },
  NANO_TIMESTAMP(SchemaBuilder.int64().name("io.debezium.time.NanoTimestamp")) {
    @Override
    Value next(Random random) {
      long nanos = random.nextLong();
      LocalDateTime time =
          LocalDateTime.ofEpochSecond(
              Math.floorDiv(nanos, 1_000_000_000L),
              (int) Math.floorMod(nanos, 1_000_000_000L),
              ZoneOffset.UTC);
      return wallClock(time, 1, 1_000_000_000);
    }
  },
  CONNECT_TIMESTAMP(Timestamp.builder()) {
    @Override
    Value next(Random random) {
      Value millis = wallClock(dateTime(random), 1_000_000, 1_000);
      return new Value(
          new Date((Long) millis.inStruct()),
          millis.inMap(),
          millis.meaningInStruct(),
          millis.meaningInMap());
    }
  },
  ISO_TIMESTAMP(SchemaBuilder.string().name("io.debezium.time.IsoTimestamp")) {
    @Override
    Value next(Random random) {
      LocalDateTime time = dateTime(random);
      String text = time.atOffset(ZoneOffset.UTC).format(DateTimeFormatter.ISO_OFFSET_DATE_TIME);
      return new Value(text, text, new Meaning.WallClock(time), new Meaning.Text(text));
    }
  },
  ZONED_TIMESTAMP(SchemaBuilder.string().name("io.debezium.time.ZonedTimestamp")) {
    @Override
    Value next(Random random) {
      if (random.nextInt(20) == 0) {
        boolean negative = random.nextBoolean();
        String text = negative ? "-infinity" : "infinity";
        return new Value(text, text, new Meaning.Infinite(negative), new Meaning.Text(text));
      }
      Instant instant = dateTime(random).toInstant(ZoneOffset.UTC);
      ZoneOffset offset = ZoneOffset.ofTotalSeconds((random.nextInt(100) - 50) * 900);
      String text = instant.atOffset(offset).format(DateTimeFormatter.ISO_OFFSET_DATE_TIME);
      return new Value(text, text, new Meaning.Moment(instant, text), new Meaning.Text(text));
    }
  },
  MICRO_TIME(SchemaBuilder.int64().name("io.debezium.time.MicroTime")) {
    @Override
    Value next(Random random) {
      long micros = random.nextLong(86_400_000_000L);
      LocalTime time = LocalTime.ofNanoOfDay(micros * 1_000);
      String text = time.format(DateTimeFormatter.ISO_LOCAL_TIME);
      return new Value(micros, text, new Meaning.TimeOfDay(time), new Meaning.Text(text));
    }
  },
  BYTES(SchemaBuilder.bytes()) {
    @Override
    Value next(Random random) {
      byte[] bytes = new byte[random.nextInt(20)];
      random.nextBytes(bytes);
      String base64 = Base64.getEncoder().encodeToString(bytes);
      return new Value(bytes, base64, new Meaning.Bytes(bytes), new Meaning.Text(base64));
    }
  };

  /**
   * A value in both forms.
   *
   * @param meaningInMap what it means without a schema, null when it means the same
   */
  record Value(Object inStruct, Object inMap, Meaning meaningInStruct, Meaning meaningInMap) {
    Meaning meaning(boolean map) {
      return map && meaningInMap != null ? meaningInMap : meaningInStruct;
    }
  }

  private static final String LEFT_OUT = "__debezium_unavailable_value";

  private final Schema schema;

  Wire(SchemaBuilder schema) {
    this.schema = schema.optional().build();
  }

  Schema schema() {
    return schema;
  }

  abstract Value next(Random random);

  /** A value, or null, or, for texts, the sign that it was left out. */
  Value nextOrNull(Random random) {
    int chance = random.nextInt(40);
    if (chance == 0) {
      return null;
    }
    return chance == 1 && schema.type() == Schema.Type.STRING
        ? same(LEFT_OUT, new Meaning.LeftOut())
        : next(random);
  }

  private static Value same(Object value, Meaning meaning) {
    return new Value(value, value, meaning, null);
  }

  /** A timestamp without a zone, cut to a precision and counted in its ticks. */
  private static Value wallClock(LocalDateTime exact, int nanosPerTick, int ticksPerSecond) {
    LocalDateTime time = exact.withNano(exact.getNano() / nanosPerTick * nanosPerTick);
    long ticks =
        BigInteger.valueOf(time.toEpochSecond(ZoneOffset.UTC))
            .multiply(BigInteger.valueOf(ticksPerSecond))
            .add(BigInteger.valueOf(time.getNano() / nanosPerTick))
            .longValueExact();
    String text = time.format(DateTimeFormatter.ISO_LOCAL_DATE_TIME);
    return new Value(ticks, text, new Meaning.WallClock(time), new Meaning.Text(text));
  }

  private static long number(Random random) {
    List<Long> limits =
        List.of(
            0L,
            1L,
            -1L,
            127L,
            128L,
            -128L,
            -129L,
            255L,
            256L,
            32_767L,
            32_768L,
            65_535L,
            65_536L,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            1L << 24,
            (1L << 24) + 1,
            1L << 53,
            (1L << 53) + 1,
            (long) Integer.MAX_VALUE,
            Integer.MAX_VALUE + 1L,
            4_294_967_295L,
            4_294_967_296L);
    return switch (random.nextInt(3)) {
      case 0 -> limits.get(random.nextInt(limits.size()));
      case 1 -> random.nextInt(200) - 100;
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  static LocalDateTime dateTime(Random random) {
    long second =
        switch (random.nextInt(4)) {
          // near now, near the epoch, within DateTime64, within Postgres
          case 0 -> 1_795_341_600L + random.nextInt(100_000_000);
          case 1 -> random.nextInt(200_000) - 100_000;
          case 2 -> -2_208_988_800L + random.nextLong(12_622_780_800L);
          default -> -210_863_476_800L + random.nextLong(9_000_000_000_000L);
        };
    int nanos = random.nextBoolean() ? 0 : random.nextInt(1_000_000) * 1_000;
    return LocalDateTime.ofEpochSecond(second, nanos, ZoneOffset.UTC);
  }
}

package dev.sluice.smt.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.smt.ExtractFactRow;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;

/**
 * Envelopes with parts missing, of other types, or nonsense: they give a row, nothing, or a
 * DataException, and never another exception. {@code -Dtest.seed=…} repeats a run.
 */
class MalformedEventsTest {

  private static final long SEED = Long.getLong("test.seed", System.nanoTime());
  private static final int EVENTS = 40_000;

  private static final List<String> ENVELOPE_FIELDS = List.of("op", "before", "after", "source");

  /** Schema names that promise a form which the value then need not have. */
  private static final List<String> NAMES =
      List.of(
          "io.debezium.data.VariableScaleDecimal",
          "io.debezium.data.Bits",
          "io.debezium.data.Json",
          "io.debezium.time.Date",
          "io.debezium.time.Time",
          "io.debezium.time.MicroTime",
          "io.debezium.time.NanoTime",
          "io.debezium.time.Timestamp",
          "io.debezium.time.MicroTimestamp",
          "io.debezium.time.NanoTimestamp",
          "io.debezium.time.ZonedTimestamp",
          "io.debezium.time.IsoDate",
          "io.debezium.time.IsoTime",
          "io.debezium.time.IsoTimestamp");

  private static final Schema EMPTY_DECIMAL =
      SchemaBuilder.struct()
          .name("io.debezium.data.VariableScaleDecimal")
          .field("scale", Schema.OPTIONAL_INT32_SCHEMA)
          .build();

  @Test
  void malformedMapsNeverEscape() {
    run(MalformedEventsTest::damagedMap);
  }

  @Test
  void malformedStructsNeverEscape() {
    run(MalformedEventsTest::damagedStruct);
  }

  private interface Damage {
    Object apply(Scenario.Event event, Random random);
  }

  private static void run(Damage damage) {
    System.out.println("MalformedEventsTest: -Dtest.seed=" + SEED);
    Map<String, Integer> outcomes = new HashMap<>();
    for (int i = 0; i < EVENTS; ) {
      Random random = Scenario.random(SEED + i);
      Scenario scenario = new Scenario(random);
      var transform = new ExtractFactRow<SinkRecord>();
      transform.configure(scenario.settings());
      for (int n = 0; n < 100; n++, i++) {
        Object envelope = damage.apply(scenario.event(random), random);
        outcomes.merge(outcome(transform, envelope, SEED + i - n), 1, Integer::sum);
      }
    }
    assertThat(outcomes).containsKeys("row", "dropped", "refused");
  }

  private static String outcome(ExtractFactRow<SinkRecord> transform, Object envelope, long seed) {
    Schema schema = envelope instanceof Struct struct ? struct.schema() : null;
    try {
      SinkRecord result = transform.apply(new SinkRecord("t", 0, null, null, schema, envelope, 7));
      if (result == null) {
        return "dropped";
      }
      ((Struct) result.value()).validate();
      return "row";
    } catch (DataException e) {
      assertThat(e.getMessage()).startsWith("ExtractFactRow: ").endsWith(", at t-0-7");
      return "refused";
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError("escaped; seed " + seed, e);
    }
  }

  private static Object damagedMap(Scenario.Event event, Random random) {
    Map<Object, Object> envelope = new HashMap<>(event.map());
    for (int i = random.nextInt(3); i >= 0; i--) {
      String field = ENVELOPE_FIELDS.get(random.nextInt(4));
      switch (random.nextInt(4)) {
        case 0 -> envelope.remove(field);
        case 1 -> envelope.put(field, garbage(random, 0));
        default -> envelope.computeIfPresent(field, (name, part) -> damaged(part, random));
      }
    }
    return random.nextInt(50) == 0 ? garbage(random, 0) : envelope;
  }

  private static Object damaged(Object part, Random random) {
    if (!(part instanceof Map<?, ?> map)) {
      return part;
    }
    Map<Object, Object> copy = new HashMap<>(map);
    for (Object name : map.keySet()) {
      switch (random.nextInt(4)) {
        case 0 -> copy.remove(name);
        case 1 -> copy.put(name, garbage(random, 0));
        default -> {
          // stays
        }
      }
    }
    copy.put(garbage(random, 3), 1);
    return copy;
  }

  private static Object garbage(Random random, int depth) {
    return switch (random.nextInt(depth > 4 ? 14 : 18)) {
      case 0 -> null;
      case 1 -> random.nextLong();
      case 2 -> random.nextInt();
      case 3 -> Double.longBitsToDouble(random.nextLong());
      case 4 -> random.nextBoolean();
      case 5 -> Texts.any(random);
      case 6 -> new byte[random.nextInt(5)];
      case 7 -> ByteBuffer.allocate(random.nextInt(5)).asReadOnlyBuffer();
      case 8 -> new BigDecimal("1e" + (random.nextInt(2_000_000_000) - 1_000_000_000));
      case 9 -> new Date(random.nextLong());
      case 10 -> new Object();
      case 11 -> 'x';
      case 12 -> new Struct(SchemaBuilder.struct().field("a", Schema.STRING_SCHEMA).build());
      case 13 -> Map.of("scale", random.nextLong(), "value", Texts.any(random));
      case 14 -> Collections.nCopies(random.nextInt(3), garbage(random, depth + 1));
      case 15 -> Collections.singletonMap(garbage(random, depth + 1), garbage(random, depth + 1));
      case 16 -> Map.of("scale", (long) random.nextInt(), "value", "f///");
      default -> Arrays.asList(garbage(random, depth + 1), garbage(random, depth + 1));
    };
  }

  /** A Struct whose schema is wrong somewhere, or whose required values are missing. */
  private static Object damagedStruct(Scenario.Event event, Random random) {
    Struct good = event.struct();
    SchemaBuilder builder = SchemaBuilder.struct();
    List<Runnable> puts = new ArrayList<>();
    Struct[] result = new Struct[1];
    for (Field field : good.schema().fields()) {
      switch (random.nextInt(8)) {
        case 0 -> {
          // left out
        }
        case 1 -> {
          Object value = typed(random);
          builder.field(field.name(), schemaOf(value, random));
          puts.add(() -> result[0].put(field.name(), value));
        }
        case 2 -> builder.field(field.name(), field.schema());
        default -> {
          boolean image = field.name().equals("before") || field.name().equals("after");
          Struct part = image ? (Struct) good.get(field) : null;
          Struct damaged = part == null ? null : damagedImage(part, random);
          builder.field(field.name(), damaged == null ? field.schema() : damaged.schema());
          Object value = damaged == null ? good.get(field) : damaged;
          puts.add(() -> result[0].put(field.name(), value));
        }
      }
    }
    result[0] = new Struct(builder.build());
    puts.forEach(Runnable::run);
    return result[0];
  }

  private static Struct damagedImage(Struct image, Random random) {
    SchemaBuilder builder = SchemaBuilder.struct();
    Map<String, Object> values = new HashMap<>();
    for (Field field : image.schema().fields()) {
      Object value = image.get(field);
      Schema schema = field.schema();
      if (random.nextInt(6) == 0) {
        value = typed(random);
        schema = schemaOf(value, random);
      }
      builder.field(field.name(), schema);
      values.put(field.name(), value);
    }
    Struct damaged = new Struct(builder.build());
    values.forEach(damaged::put);
    return damaged;
  }

  private static Object typed(Random random) {
    return switch (random.nextInt(9)) {
      case 0 -> random.nextInt();
      case 1 -> random.nextLong();
      case 2 -> random.nextDouble();
      case 3 -> random.nextFloat();
      case 4 -> random.nextBoolean();
      case 5 -> new byte[random.nextInt(4)];
      case 6 -> new Struct(EMPTY_DECIMAL);
      case 7 -> Map.of("a", Texts.any(random));
      default -> Texts.any(random);
    };
  }

  private static Schema schemaOf(Object value, Random random) {
    SchemaBuilder builder;
    if (value instanceof Struct struct) {
      return struct.schema();
    } else if (value instanceof Map) {
      builder = SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.STRING_SCHEMA);
    } else if (value instanceof byte[]) {
      builder = SchemaBuilder.bytes();
    } else if (value instanceof Integer) {
      builder = SchemaBuilder.int32();
    } else if (value instanceof Long) {
      builder = SchemaBuilder.int64();
    } else if (value instanceof Double) {
      builder = SchemaBuilder.float64();
    } else if (value instanceof Float) {
      builder = SchemaBuilder.float32();
    } else if (value instanceof Boolean) {
      builder = SchemaBuilder.bool();
    } else {
      builder = SchemaBuilder.string();
    }
    return random.nextBoolean()
        ? builder.build()
        : builder.name(NAMES.get(random.nextInt(NAMES.size()))).build();
  }
}

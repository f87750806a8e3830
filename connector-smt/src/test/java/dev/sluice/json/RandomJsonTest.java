package dev.sluice.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.junit.jupiter.api.Test;

/**
 * Random records, written and read by this converter and by Kafka's own, and their bytes damaged at
 * random. The seed is printed; {@code -Dtest.seed=…} repeats a run, {@code -Dtest.events=…} makes
 * it longer.
 */
class RandomJsonTest {

  private static final long SEED = Long.getLong("test.seed", System.nanoTime());
  private static final int RECORDS = Integer.getInteger("test.events", 30_000);

  private final SchemalessJsonConverter ours = new SchemalessJsonConverter();
  private final JsonConverter kafkas = new JsonConverter();

  RandomJsonTest() {
    ours.configure(Map.of(), false);
    kafkas.configure(
        Map.of(
            "schemas.enable", false, "replace.null.with.default", false, "schemas.cache.size", 1),
        false);
  }

  @Test
  void everyRecordGivesTheBytesOfKafkasConverterAndIsReadAsItReadsThem() {
    System.out.println("RandomJsonTest: -Dtest.seed=" + SEED);
    for (int i = 0; i < RECORDS; i++) {
      RandomRecord random = new RandomRecord(new Random(SEED + i));
      SchemaAndValue record = random.record();

      byte[] expected = kafkas.fromConnectData("t", record.schema(), record.value());
      byte[] written = ours.fromConnectData("t", record.schema(), record.value());
      if (!new String(expected, StandardCharsets.UTF_8)
          .equals(new String(written, StandardCharsets.UTF_8))) {
        assertThat(new String(written, StandardCharsets.UTF_8))
            .as("seed %d", SEED + i)
            .isEqualTo(new String(expected, StandardCharsets.UTF_8));
      }
      assertThat(withoutSign(ours.toConnectData("t", expected).value()))
          .as("seed %d", SEED + i)
          .isEqualTo(withoutSign(kafkas.toConnectData("t", expected).value()));
    }
  }

  @Test
  void damagedBytesAreRefusedOrReadAsKafkasConverterReadsThem() {
    System.out.println("RandomJsonTest: -Dtest.seed=" + SEED);
    int refused = 0;
    for (int i = 0; i < RECORDS; i++) {
      Random random = new Random(SEED + i);
      SchemaAndValue record = new RandomRecord(random).record();
      byte[] damaged =
          damaged(kafkas.fromConnectData("t", record.schema(), record.value()), random);
      Object read;
      try {
        read = ours.toConnectData("t", damaged).value();
      } catch (DataException e) {
        refused++;
        continue;
      }
      Object kafkasValue = withoutSign(kafkas.toConnectData("t", damaged).value());
      assertThat(withoutDigits(withoutSign(read), kafkasValue))
          .as("seed %d", SEED + i)
          .isEqualTo(kafkasValue);
    }
    assertThat(refused).isBetween(RECORDS / 20, RECORDS * 19 / 20);
  }

  private static byte[] damaged(byte[] json, Random random) {
    byte[] damaged =
        random.nextInt(4) == 0
            ? Arrays.copyOf(json, random.nextInt(json.length + 3))
            : json.clone();
    for (int i = random.nextInt(3); i > 0 && damaged.length > 0; i--) {
      byte[] choice =
          "{}[]\",:\\0123456789.eE+-truefalsn \n\u00e9\u0000".getBytes(StandardCharsets.UTF_8);
      damaged[random.nextInt(damaged.length)] =
          random.nextInt(4) == 0 ? (byte) random.nextInt() : choice[random.nextInt(choice.length)];
    }
    return damaged;
  }

  /** Kafka's reader rounds to a double, or cuts to 64 bits, what is a decimal to ours. */
  private static Object withoutDigits(Object ours, Object kafkas) {
    if (ours instanceof BigDecimal number) {
      return kafkas instanceof Long
          ? (Object) number.toBigInteger().longValue()
          : number.doubleValue() + 0.0;
    } else if (ours instanceof List<?> list && kafkas instanceof List<?> others) {
      List<Object> copy = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        copy.add(withoutDigits(list.get(i), i < others.size() ? others.get(i) : null));
      }
      return copy;
    } else if (ours instanceof Map<?, ?> map && kafkas instanceof Map<?, ?> others) {
      Map<Object, Object> copy = new HashMap<>();
      map.forEach((key, member) -> copy.put(key, withoutDigits(member, others.get(key))));
      return copy;
    }
    return ours;
  }

  /** Kafka's reader loses the sign of most zeros; -0.0 compares as another value than 0.0. */
  private static Object withoutSign(Object value) {
    if (value instanceof Double number) {
      return number + 0.0;
    } else if (value instanceof List<?> list) {
      return list.stream().map(RandomJsonTest::withoutSign).toList();
    } else if (value instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new HashMap<>();
      map.forEach((key, member) -> copy.put(key, withoutSign(member)));
      return copy;
    }
    return value;
  }
}

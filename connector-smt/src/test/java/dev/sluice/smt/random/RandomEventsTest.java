package dev.sluice.smt.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.smt.ExtractFactRow;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;

/**
 * Random tables, settings and events in both forms, compared with {@link Oracle}. The seed is
 * printed; {@code -Dtest.seed=…} repeats a run, {@code -Dtest.events=…} makes it longer.
 */
class RandomEventsTest {

  private static final long SEED = Long.getLong("test.seed", System.nanoTime());
  private static final int EVENTS = Integer.getInteger("test.events", 55_000);
  private static final int EVENTS_PER_SCENARIO = 200;

  @Test
  void everyEventBecomesWhatTheOracleSays() {
    System.out.println("RandomEventsTest: -Dtest.seed=" + SEED);
    int rows = 0;
    int refused = 0;
    for (int s = 0; s < EVENTS / EVENTS_PER_SCENARIO; s++) {
      Random random = Scenario.random(SEED + s);
      Scenario scenario = new Scenario(random);
      var transform = new ExtractFactRow<SinkRecord>();
      transform.configure(scenario.settings());
      for (int i = 0; i < EVENTS_PER_SCENARIO; i++) {
        Scenario.Event event = scenario.event(random);
        for (boolean map : new boolean[] {false, true}) {
          Object expected = event.expected(map);
          Object envelope = map ? event.map() : event.struct();
          Object found = outcome(transform, envelope);
          rows += expected instanceof Map ? 1 : 0;
          refused += expected instanceof Scenario.Refusal ? 1 : 0;
          if (!Objects.equals(found, expected)) {
            assertThat(found)
                .as("seed %d, settings %s, envelope %s", SEED + s, scenario.settings(), envelope)
                .isEqualTo(expected);
          }
        }
      }
    }
    // Guards against a generator that produces nothing but rows or nothing but refusals.
    assertThat(rows).isGreaterThan(EVENTS / 2);
    assertThat(refused).isGreaterThan(EVENTS / 4);
  }

  /** The row by column, the column that was refused, or null for a drop. */
  private static Object outcome(ExtractFactRow<SinkRecord> transform, Object envelope) {
    Schema schema = envelope instanceof Struct struct ? struct.schema() : null;
    SinkRecord result;
    try {
      result = transform.apply(new SinkRecord("t", 0, null, null, schema, envelope, 7));
    } catch (DataException e) {
      String message = e.getMessage();
      assertThat(message).startsWith("ExtractFactRow: column ").endsWith(", at t-0-7");
      String column =
          message.substring("ExtractFactRow: column ".length(), message.indexOf(':', 20));
      return new Scenario.Refusal(column);
    }
    if (result == null) {
      return null;
    }
    Struct row = (Struct) result.value();
    row.validate();
    Map<String, Object> values = new LinkedHashMap<>();
    for (Field field : row.schema().fields()) {
      values.put(field.name(), row.get(field));
    }
    return values;
  }
}

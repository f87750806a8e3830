package dev.sluice.smt.type;

import java.time.ZoneId;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/** One conversion, as short as a table of tests wants it. */
final class Conversion {

  /** What a refused conversion gives, followed by the reason. */
  static final String REFUSED = "refused: ";

  private Conversion() {}

  static Object convert(Object value, Schema schema, String type) {
    return convert(value, schema, type, TimeRules.DEFAULT);
  }

  static Object convert(Object value, Schema schema, String type, TimeRules rules) {
    ColumnType target = DeclaredType.parse(type, rules).type();
    try {
      return WireType.of(schema).convert(value, schema, target);
    } catch (Mismatch e) {
      return REFUSED + e.getMessage();
    }
  }

  static Schema named(Schema.Type type, String name) {
    return new SchemaBuilder(type).name(name).build();
  }

  static TimeRules rules(TimestampUnit unit, String zone) {
    return new TimeRules(unit, ZoneId.of(zone));
  }
}

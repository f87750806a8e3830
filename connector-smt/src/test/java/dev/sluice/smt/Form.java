package dev.sluice.smt;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;

/** The two forms in which a converter delivers an envelope. */
enum Form {
  STRUCT {
    @Override
    Object envelope(Struct before, Struct after, String op, Map<String, ?> source) {
      Schema row = before != null ? before.schema() : after == null ? ROW : after.schema();
      Schema schema =
          SchemaBuilder.struct()
              .name("visits.Envelope")
              .field("before", row)
              .field("after", row)
              .field("source", SOURCE)
              .field("op", Schema.STRING_SCHEMA)
              .field("ts_ms", Schema.OPTIONAL_INT64_SCHEMA)
              .build();
      var block = new Struct(SOURCE);
      source.forEach(block::put);
      return new Struct(schema)
          .put("before", before)
          .put("after", after)
          .put("source", block)
          .put("op", op);
    }
  },
  MAP {
    @Override
    Object envelope(Struct before, Struct after, String op, Map<String, ?> source) {
      Map<String, Object> envelope = new HashMap<>();
      envelope.put("before", map(before));
      envelope.put("after", map(after));
      envelope.put("source", new HashMap<>(source));
      envelope.put("op", op);
      envelope.put("ts_ms", 1L);
      return envelope;
    }
  };

  static final Schema SOURCE =
      SchemaBuilder.struct()
          .field("ts_ms", Schema.INT64_SCHEMA)
          .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
          .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
          .field("snapshot", SchemaBuilder.string().optional().defaultValue("false").build())
          .build();

  private static final Schema ROW = SchemaBuilder.struct().optional().build();

  abstract Object envelope(Struct before, Struct after, String op, Map<String, ?> source);

  SinkRecord record(Struct before, Struct after, String op, Map<String, ?> source) {
    return record(envelope(before, after, op, source));
  }

  static SinkRecord record(Object value) {
    Schema schema = value instanceof Struct struct ? struct.schema() : null;
    return new SinkRecord("visits", 3, Schema.STRING_SCHEMA, "key", schema, value, 42);
  }

  /** What a JSON converter without schemas makes of a row of scalars. */
  private static Map<String, Object> map(Struct row) {
    if (row == null) {
      return null;
    }
    Map<String, Object> map = new HashMap<>();
    for (Field field : row.schema().fields()) {
      Object value = row.get(field);
      map.put(field.name(), value instanceof Integer number ? Long.valueOf(number) : value);
    }
    return map;
  }
}

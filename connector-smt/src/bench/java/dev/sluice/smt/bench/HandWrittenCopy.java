package dev.sluice.smt.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * The least that code by hand does with maps: look up each column and put it into a row. Nothing is
 * converted, checked or counted; its input has the row's types already.
 */
final class HandWrittenCopy {

  private final Schema schema;
  private final String[] names;
  private final Field[] fields;

  private HandWrittenCopy(Schema schema, Field[] fields) {
    this.schema = schema;
    this.fields = fields;
    this.names = schema.fields().stream().map(Field::name).toArray(String[]::new);
  }

  /** As everybody writes it. */
  static HandWrittenCopy plain(Schema schema) {
    return new HandWrittenCopy(schema, schema.fields().toArray(Field[]::new));
  }

  /** With fields that have no names, which the transform uses because they are quicker to put. */
  static HandWrittenCopy unnamed(Schema schema) {
    Field[] fields =
        schema.fields().stream()
            .map(field -> new Field(null, field.index(), field.schema()))
            .toArray(Field[]::new);
    return new HandWrittenCopy(schema, fields);
  }

  /** Envelopes whose values need no conversion, made from finished rows. */
  static SinkRecord[] input(List<SinkRecord> rows) {
    SinkRecord[] records = new SinkRecord[rows.size()];
    for (int i = 0; i < records.length; i++) {
      Struct row = (Struct) rows.get(i).value();
      Map<String, Object> after = new HashMap<>();
      row.schema().fields().forEach(field -> after.put(field.name(), row.get(field)));
      Map<String, Object> envelope = new HashMap<>();
      envelope.put("op", "c");
      envelope.put("before", null);
      envelope.put("after", after);
      envelope.put("source", new HashMap<>(Map.of("ts_ms", 1L)));
      records[i] = new SinkRecord("visits", 0, null, null, null, envelope, i);
    }
    return records;
  }

  SinkRecord apply(SinkRecord record) {
    Map<?, ?> after = (Map<?, ?>) ((Map<?, ?>) record.value()).get("after");
    Struct row = new Struct(schema);
    for (int i = 0; i < fields.length; i++) {
      row.put(fields[i], after.get(names[i]));
    }
    return record.newRecord(
        record.topic(),
        record.kafkaPartition(),
        record.keySchema(),
        record.key(),
        schema,
        row,
        record.timestamp());
  }
}

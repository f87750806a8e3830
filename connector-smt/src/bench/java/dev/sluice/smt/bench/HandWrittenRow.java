package dev.sluice.smt.bench;

import java.time.Instant;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * What somebody would write for this one table and this one form of envelope, with the JDK's own
 * parsers: the same row from the same map, no settings, no checks.
 */
final class HandWrittenRow {

  private final Schema schema;
  private final Field[] fields;

  HandWrittenRow(Schema schema) {
    this.schema = schema;
    this.fields = schema.fields().toArray(Field[]::new);
  }

  SinkRecord apply(SinkRecord record) {
    Map<?, ?> after = (Map<?, ?>) ((Map<?, ?>) record.value()).get("after");
    Struct row =
        new Struct(schema)
            .put(fields[0], after.get("id"))
            .put(fields[1], after.get("customer_id"))
            .put(fields[2], after.get("branch_id"))
            .put(fields[3], after.get("store_id"))
            .put(fields[4], after.get("cashier_id"))
            .put(fields[5], after.get("phone_number"))
            .put(fields[6], flag(after.get("seen")))
            .put(fields[7], integer(after.get("state")))
            .put(fields[8], number(after.get("points")))
            .put(fields[9], number(after.get("receipt")))
            .put(fields[10], after.get("country_code"))
            .put(fields[11], number(after.get("remaining")))
            .put(fields[12], millis(after.get("created_at")))
            .put(fields[13], millis(after.get("updated_at")))
            .put(fields[14], flag(after.get("expired")))
            .put(fields[15], millis(after.get("expires_at")))
            .put(fields[16], after.get("order_id"))
            .put(fields[17], smallFlag(after.get("is_deleted")))
            .put(fields[18], smallFlag(after.get("is_fraud")))
            .put(fields[19], after.get("sync_mechanism"))
            .put(fields[20], text(after.get("is_bulk_points")));
    return record.newRecord(
        record.topic(),
        record.kafkaPartition(),
        record.keySchema(),
        record.key(),
        schema,
        row,
        record.timestamp());
  }

  private static Object flag(Object value) {
    return value == null ? null : (Boolean) value ? 1 : 0;
  }

  private static Object smallFlag(Object value) {
    return value == null ? null : (Boolean) value ? (byte) 1 : (byte) 0;
  }

  private static Object integer(Object value) {
    return value == null ? null : (Object) ((Long) value).intValue();
  }

  private static Object number(Object value) {
    return value == null ? null : (Object) Double.parseDouble((String) value);
  }

  private static Object millis(Object value) {
    return value == null ? null : (Object) Instant.parse((String) value).toEpochMilli();
  }

  private static Object text(Object value) {
    return value == null ? null : value.toString();
  }
}

package dev.sluice.smt.bench;

import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.sink.SinkRecord;

/** Change events of visits, many enough that no branch can be learned by heart. */
final class VisitEvents {

  static final int COUNT = 1 << 10;

  static final String FACT_SCHEMA =
      "id String, customer_id String, branch_id String, store_id String, cashier_id String,"
          + " phone_number Nullable(String), seen Nullable(Int32), state Nullable(Int32),"
          + " points Nullable(Float64), receipt Nullable(Float64), countryCode Nullable(String),"
          + " remaining Nullable(Float64), created_at Int64, updated_at Int64,"
          + " expired Nullable(Int32), expires_at Nullable(Int64), order_id Nullable(String),"
          + " is_deleted Int8, is_fraud Int8, sync_mechanism Nullable(String),"
          + " is_bulk_points Nullable(String)";

  /** The visits as Debezium gives them with time.precision.mode=connect. */
  private static final Schema ROW =
      SchemaBuilder.struct()
          .name("visits.public.app_user_visits.Value")
          .optional()
          .field("id", Schema.STRING_SCHEMA)
          .field("customer_id", Schema.STRING_SCHEMA)
          .field("branch_id", Schema.STRING_SCHEMA)
          .field("store_id", Schema.STRING_SCHEMA)
          .field("cashier_id", Schema.STRING_SCHEMA)
          .field("phone_number", Schema.OPTIONAL_STRING_SCHEMA)
          .field("seen", Schema.OPTIONAL_BOOLEAN_SCHEMA)
          .field("state", Schema.OPTIONAL_INT32_SCHEMA)
          .field("points", Schema.OPTIONAL_STRING_SCHEMA)
          .field("receipt", Schema.OPTIONAL_STRING_SCHEMA)
          .field("country_code", Schema.OPTIONAL_STRING_SCHEMA)
          .field("remaining", Schema.OPTIONAL_STRING_SCHEMA)
          .field("created_at", Timestamp.SCHEMA)
          .field("updated_at", Timestamp.SCHEMA)
          .field("expired", Schema.OPTIONAL_BOOLEAN_SCHEMA)
          .field("expires_at", Timestamp.builder().optional().build())
          .field("order_id", Schema.OPTIONAL_STRING_SCHEMA)
          .field("is_deleted", Schema.BOOLEAN_SCHEMA)
          .field("is_fraud", Schema.BOOLEAN_SCHEMA)
          .field("sync_mechanism", Schema.OPTIONAL_STRING_SCHEMA)
          .field("is_bulk_points", Schema.OPTIONAL_BOOLEAN_SCHEMA)
          .build();

  private static final Schema SOURCE =
      SchemaBuilder.struct()
          .name("io.debezium.connector.postgresql.Source")
          .field("ts_ms", Schema.INT64_SCHEMA)
          .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
          .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
          .field("table", Schema.STRING_SCHEMA)
          .build();

  private static final Schema ENVELOPE =
      SchemaBuilder.struct()
          .name("visits.public.app_user_visits.Envelope")
          .field("before", ROW)
          .field("after", ROW)
          .field("source", SOURCE)
          .field("op", Schema.STRING_SCHEMA)
          .field("ts_ms", Schema.OPTIONAL_INT64_SCHEMA)
          .build();

  private VisitEvents() {}

  /** Envelopes as a converter with schemas delivers them. */
  static SinkRecord[] structs() {
    Random random = new Random(42);
    SinkRecord[] records = new SinkRecord[COUNT];
    for (int i = 0; i < COUNT; i++) {
      Struct source =
          new Struct(SOURCE)
              .put("ts_ms", 1_795_341_601_500L)
              .put("lsn", (long) i)
              .put("txId", 7L)
              .put("table", "app_user_visits");
      Struct envelope =
          new Struct(ENVELOPE)
              .put("after", row(random))
              .put("source", source)
              .put("op", "c")
              .put("ts_ms", 1_795_341_601_600L);
      records[i] = new SinkRecord("visits", 0, null, null, ENVELOPE, envelope, i);
    }
    return records;
  }

  /** The same envelopes as a JSON converter without schemas delivers them; times are ISO text. */
  static SinkRecord[] maps() {
    SinkRecord[] records = structs();
    for (int i = 0; i < COUNT; i++) {
      records[i] = new SinkRecord("visits", 0, null, null, null, map(records[i].value()), i);
    }
    return records;
  }

  private static Struct row(Random random) {
    long created = 1_700_000_000_000L + random.nextInt(Integer.MAX_VALUE);
    return new Struct(ROW)
        .put("id", uuid(random))
        .put("customer_id", uuid(random))
        .put("branch_id", uuid(random))
        .put("store_id", uuid(random))
        .put("cashier_id", uuid(random))
        .put("phone_number", sometimes(random, "+49" + random.nextInt(1_000_000_000)))
        .put("seen", sometimes(random, random.nextBoolean()))
        .put("state", sometimes(random, random.nextInt(10)))
        .put("points", sometimes(random, amount(random)))
        .put("receipt", sometimes(random, amount(random)))
        .put("country_code", sometimes(random, "DE"))
        .put("remaining", sometimes(random, amount(random)))
        .put("created_at", new Date(created))
        .put("updated_at", new Date(created + random.nextInt(100_000)))
        .put("expired", sometimes(random, random.nextBoolean()))
        .put("expires_at", sometimes(random, new Date(created + 31_536_000_000L)))
        .put("order_id", sometimes(random, uuid(random)))
        .put("is_deleted", random.nextInt(50) == 0)
        .put("is_fraud", random.nextInt(50) == 0)
        .put("sync_mechanism", sometimes(random, "push"))
        .put("is_bulk_points", sometimes(random, random.nextBoolean()));
  }

  private static String uuid(Random random) {
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  private static String amount(Random random) {
    return random.nextInt(10_000) + "." + (10 + random.nextInt(90));
  }

  private static Object sometimes(Random random, Object value) {
    return random.nextInt(5) == 0 ? null : value;
  }

  private static Object map(Object value) {
    if (value instanceof Struct struct) {
      Map<String, Object> map = new HashMap<>();
      for (Field field : struct.schema().fields()) {
        map.put(field.name(), map(struct.get(field)));
      }
      return map;
    }
    if (value instanceof Date date) {
      return date.toInstant().toString();
    }
    return value instanceof Integer number ? Long.valueOf(number) : value;
  }
}

package dev.sluice.smt;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/** The visits as Debezium reads them, and the fact schema they go to. */
final class Visits {

  static final String FACT_SCHEMA =
      """
      id String, customer_id String, branch_id String, store_id String, cashier_id String,
      phone_number Nullable(String), seen Nullable(Int32), state Nullable(Int32),
      points Nullable(Float64), receipt Nullable(Float64), countryCode Nullable(String),
      remaining Nullable(Float64), created_at Int64, updated_at Int64, expired Nullable(Int32),
      expires_at Nullable(Int64), order_id Nullable(String), is_deleted Int8, is_fraud Int8,
      sync_mechanism Nullable(String), is_bulk_points Nullable(String)
      """;

  /** A commit at 2026-11-22T10:00:01.500Z. */
  static final long COMMIT_MILLIS = 1_795_341_601_500L;

  static final Map<String, Object> SOURCE =
      Map.of("ts_ms", COMMIT_MILLIS, "lsn", 27_182_818L, "txId", 314L, "snapshot", "false");

  private static final Schema UUID =
      SchemaBuilder.string().name("io.debezium.data.Uuid").version(1).build();
  private static final Schema ZONED =
      SchemaBuilder.string().name("io.debezium.time.ZonedTimestamp").version(1).build();
  private static final Schema OPTIONAL_ZONED =
      SchemaBuilder.string().name("io.debezium.time.ZonedTimestamp").optional().build();

  static final Schema ROW =
      SchemaBuilder.struct()
          .name("visits.Value")
          .optional()
          .field("id", UUID)
          .field("customer_id", UUID)
          .field("branch_id", UUID)
          .field("store_id", UUID)
          .field("cashier_id", UUID)
          .field("phone_number", Schema.OPTIONAL_STRING_SCHEMA)
          .field("seen", Schema.OPTIONAL_BOOLEAN_SCHEMA)
          .field("state", Schema.OPTIONAL_INT32_SCHEMA)
          .field("points", Schema.OPTIONAL_STRING_SCHEMA)
          .field("receipt", Schema.OPTIONAL_STRING_SCHEMA)
          .field("country_code", Schema.OPTIONAL_STRING_SCHEMA)
          .field("remaining", Schema.OPTIONAL_STRING_SCHEMA)
          .field("created_at", ZONED)
          .field("updated_at", ZONED)
          .field("expired", Schema.OPTIONAL_BOOLEAN_SCHEMA)
          .field("expires_at", OPTIONAL_ZONED)
          .field("order_id", OPTIONAL_UUID())
          .field("is_deleted", Schema.BOOLEAN_SCHEMA)
          .field("is_fraud", Schema.BOOLEAN_SCHEMA)
          .field("sync_mechanism", Schema.OPTIONAL_STRING_SCHEMA)
          .field("is_bulk_points", Schema.OPTIONAL_BOOLEAN_SCHEMA)
          .field("not_in_the_fact_table", Schema.OPTIONAL_STRING_SCHEMA)
          .build();

  private Visits() {}

  private static Schema OPTIONAL_UUID() {
    return SchemaBuilder.string().name("io.debezium.data.Uuid").optional().build();
  }

  static Struct row() {
    return new Struct(ROW)
        .put("id", "6f1c0a52-8a4e-4b61-9d0e-0c8d5f3c7a11")
        .put("customer_id", "c0000000-0000-0000-0000-000000000001")
        .put("branch_id", "b0000000-0000-0000-0000-000000000002")
        .put("store_id", "50000000-0000-0000-0000-000000000003")
        .put("cashier_id", "ca000000-0000-0000-0000-000000000004")
        .put("phone_number", "+49 30 \"1234\"\n☎")
        .put("seen", true)
        .put("state", -7)
        .put("points", "12.50")
        .put("receipt", "99999999999999.99")
        .put("country_code", "DE")
        .put("remaining", "NaN")
        .put("created_at", "2026-11-22T10:00:00.123456Z")
        .put("updated_at", "2026-11-22T10:00:01.000999Z")
        .put("expired", false)
        .put("expires_at", "infinity")
        .put("order_id", "0d000000-0000-0000-0000-000000000005")
        .put("is_deleted", false)
        .put("is_fraud", true)
        .put("sync_mechanism", "push")
        .put("is_bulk_points", true)
        .put("not_in_the_fact_table", "ignored");
  }

  static Map<String, String> settings(String... keysAndValues) {
    Map<String, String> settings = new HashMap<>();
    settings.put("schema", FACT_SCHEMA);
    settings.put("renames", "country_code:countryCode");
    settings.put("key.columns", "id");
    settings.put("ignored.columns", "not_in_the_fact_table");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      settings.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return settings;
  }
}

package dev.sluice.sink;

import dev.sluice.sink.TableLayout.Column;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/** The visits fact table and rows for it. */
final class Visits {
  static final List<Column> COLUMNS =
      List.of(
          column("id", "String"),
          column("customer_id", "String"),
          column("branch_id", "String"),
          column("store_id", "String"),
          column("cashier_id", "String"),
          column("phone_number", "Nullable(String)"),
          column("seen", "Nullable(Int32)"),
          column("state", "Nullable(Int32)"),
          column("points", "Nullable(Float64)"),
          column("receipt", "Nullable(Float64)"),
          column("countryCode", "Nullable(String)"),
          column("remaining", "Nullable(Float64)"),
          column("created_at", "Int64"),
          column("updated_at", "Int64"),
          column("expired", "Nullable(Int32)"),
          column("expires_at", "Nullable(Int64)"),
          column("order_id", "Nullable(String)"),
          column("is_deleted", "Int8"),
          column("is_fraud", "Int8"),
          column("sync_mechanism", "Nullable(String)"),
          column("is_bulk_points", "Nullable(String)"));

  static final Schema SCHEMA = schema();

  private Visits() {}

  static Column column(String name, String type) {
    return new Column(name, type, "");
  }

  private static Schema schema() {
    SchemaBuilder builder = SchemaBuilder.struct().name("visits");
    for (Column column : COLUMNS) {
      ClickHouseType type = ClickHouseType.parse(column.type());
      SchemaBuilder field =
          switch (type.name()) {
            case "String" -> SchemaBuilder.string();
            case "Int8" -> SchemaBuilder.int8();
            case "Int32" -> SchemaBuilder.int32();
            case "Int64" -> SchemaBuilder.int64();
            default -> SchemaBuilder.float64();
          };
      if (type.nullable()) {
        field.optional();
      }
      builder.field(
          column.name(), field.parameter(RowWriter.TYPE_PARAMETER, column.type()).build());
    }
    return builder.build();
  }

  static Struct row(int i) {
    return new Struct(SCHEMA)
        .put("id", uuid(i, 1))
        .put("customer_id", uuid(i, 2))
        .put("branch_id", uuid(i % 50, 3))
        .put("store_id", uuid(i % 20, 4))
        .put("cashier_id", uuid(i % 200, 5))
        .put("phone_number", i % 3 == 0 ? null : "+3069" + (10_000_000 + i))
        .put("seen", i % 2)
        .put("state", i % 7)
        .put("points", i * 0.5)
        .put("receipt", i * 1.25)
        .put("countryCode", "GR")
        .put("remaining", null)
        .put("created_at", 1_700_000_000_000L + i)
        .put("updated_at", 1_700_000_000_000L + 2L * i)
        .put("expired", 0)
        .put("expires_at", 1_800_000_000_000L)
        .put("order_id", i % 4 == 0 ? null : "order-" + i)
        .put("is_deleted", (byte) 0)
        .put("is_fraud", (byte) 0)
        .put("sync_mechanism", "pos")
        .put("is_bulk_points", null);
  }

  private static String uuid(int i, int salt) {
    return new UUID(i * 0x9E3779B97F4A7C15L, salt * 0xC2B2AE3D27D4EB4FL + i).toString();
  }
}

package dev.sluice.smt;

import dev.sluice.smt.type.Mismatch;
import java.util.Set;

/**
 * What Debezium puts on topics beside the changes of rows, told by its parts: heartbeats
 * (io.debezium.connector.common.Heartbeat), the beginnings and ends of transactions
 * (TransactionMetadataValue) and changes of schemas (SchemaChangeValue). Only what is known to
 * carry no row may be left out; everything else could be a row that nobody would miss.
 */
final class Bystander {

  private static final Set<String> HEARTBEAT = Set.of("ts_ms", "ts_us", "ts_ns");
  private static final Set<String> TRANSACTION =
      Set.of("status", "id", "ts_ms", "event_count", "data_collections");
  private static final Set<String> SCHEMA_CHANGE =
      Set.of(
          "source", "ts_ms", "ts_us", "ts_ns", "databaseName", "schemaName", "ddl", "tableChanges");
  private static final Set<String> WITH_SCHEMA = Set.of("schema", "payload");

  private Bystander() {}

  /**
   * Passes what carries no row.
   *
   * @param value has no {@code op}
   * @throws Mismatch when it is none of these
   */
  static void require(EnvelopePlan plan, Object value) {
    Set<String> parts = plan.parts(value);
    if (parts.equals(WITH_SCHEMA)) {
      throw new Mismatch(
          "the value is JSON with its schema in it, read as JSON without: value.converter of the"
              + " sink must be the source's (org.apache.kafka.connect.json.JsonConverter with"
              + " schemas.enable=true)");
    }
    if (!isHeartbeat(parts) && !isTransaction(parts, plan, value) && !isSchemaChange(parts)) {
      throw new Mismatch("the value is no change event: it has no op");
    }
  }

  private static boolean isHeartbeat(Set<String> parts) {
    return !parts.isEmpty() && HEARTBEAT.containsAll(parts);
  }

  private static boolean isTransaction(Set<String> parts, EnvelopePlan plan, Object value) {
    Object status = plan.part(value, "status");
    return TRANSACTION.containsAll(parts) && ("BEGIN".equals(status) || "END".equals(status));
  }

  private static boolean isSchemaChange(Set<String> parts) {
    return SCHEMA_CHANGE.containsAll(parts) && parts.contains("ddl") && parts.contains("source");
  }
}

package dev.sluice.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.catalogue.Sql;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How to recognise that one change has become a fact: which pipeline's table, its key column and
 * its version column.
 *
 * @param lsnBase what is added to the change's position in the WAL to make the version; null where
 *     the version is a time
 */
record FactProbe(
    String pipeline,
    String topic,
    String table,
    String keyColumn,
    String versionColumn,
    Long lsnBase) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern VERSION =
      Pattern.compile("ReplacingMergeTree\\((?:'[^']*', *'[^']*', *)?(\\w+)[),]");
  private static final Pattern COLUMN = Pattern.compile("\\w+");

  /**
   * One change that is to become visible.
   *
   * @param committedAt by Postgres's clock, epoch millis
   * @param sql the query that counts it once it is visible
   */
  record Change(long committedAt, String sql) {}

  /**
   * Empty for a table whose rows cannot be recognised: no single key, no version, or no mapping
   * that is understood.
   */
  static Optional<FactProbe> of(Pipeline pipeline, ClickHouseView.Table table) {
    Matcher version = VERSION.matcher(table.engineFull());
    if (!version.find() || !COLUMN.matcher(table.sortingKey()).matches()) {
      return Optional.empty();
    }
    String column = version.group(1);
    return pipeline
        .mapping()
        .map(
            mapping ->
                new FactProbe(
                    pipeline.id(),
                    pipeline.topic(),
                    table.name(),
                    table.sortingKey(),
                    column,
                    "lsn".equals(mapping.metadata().get(column)) ? mapping.lsnBase() : null));
  }

  /** Empty when the record is no insert or update, or not in Debezium's schemaless JSON. */
  Optional<Change> change(byte[] record) {
    try {
      JsonNode event = JSON.readTree(record == null ? new byte[0] : record);
      String op = event.path("op").asText();
      JsonNode source = event.path("source");
      JsonNode key = event.path("after").path(keyColumn);
      if (!op.equals("c") && !op.equals("u") || !source.has("ts_ms") || !key.isValueNode()) {
        return Optional.empty();
      }
      Optional<Long> version =
          lsnBase != null
              ? Optional.of(lsnBase + source.path("lsn").asLong())
              : millis(event.path("after").path(versionColumn));
      return version.map(
          v ->
              new Change(
                  source.path("ts_ms").asLong(),
                  "SELECT count() FROM %s WHERE %s = %s AND %s >= %d"
                      .formatted(
                          Sql.factName(table),
                          Sql.factName(keyColumn),
                          literal(key),
                          Sql.factName(versionColumn),
                          v)));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Optional<Long> millis(JsonNode value) {
    if (value.isIntegralNumber()) {
      return Optional.of(value.asLong());
    }
    try {
      return Optional.of(OffsetDateTime.parse(value.asText()).toInstant().toEpochMilli());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static String literal(JsonNode key) {
    return key.isNumber() ? key.asText() : Sql.factText(key.asText());
  }
}

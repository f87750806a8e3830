package dev.sluice.sink;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compiled writers of a table.
 *
 * <p>A converter may make an equal schema anew for each record, so identity is only the first
 * guess; what is kept is bounded, because a topic may bring any number of schemas.
 */
final class Writers {
  private static final Logger LOG = LoggerFactory.getLogger(Writers.class);
  private static final int BOUND = 64;

  private final TableLayout layout;
  private Schema lastSchema;
  private RowWriter lastWriter;

  private final Map<Schema, RowWriter> bySchema =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Schema, RowWriter> eldest) {
          return size() > BOUND;
        }
      };

  Writers(TableLayout layout) {
    this.layout = layout;
  }

  TableLayout layout() {
    return layout;
  }

  /**
   * The writer for rows of this schema.
   *
   * @throws MisfitException when they do not fit the table
   */
  RowWriter of(Schema schema) {
    if (schema != lastSchema) {
      lastWriter = bySchema.computeIfAbsent(schema, this::compile);
      lastSchema = schema;
    }
    return lastWriter;
  }

  private RowWriter compile(Schema schema) {
    RowWriter writer = RowWriter.compile(schema, layout);
    if (!writer.widened().isEmpty()) {
      LOG.warn(
          "Table {} has wider columns than its rows are made for, which go on: {}; bring the"
              + " schema of the transform up to date",
          layout.table(),
          String.join("; ", writer.widened()));
    }
    if (!writer.zeroed().isEmpty()) {
      LOG.warn(
          "Table {}: {}; ClickHouse fills it with zero or ''",
          layout.table(),
          String.join("; ", writer.zeroed()));
    }
    return writer;
  }
}

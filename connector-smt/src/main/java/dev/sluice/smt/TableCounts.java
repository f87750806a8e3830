package dev.sluice.smt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what was amiss with one table's records: column by column where the transform serves one
 * table, and in one number for all columns where it serves many, so that a hundred wide tables do
 * not make thousands of metrics.
 */
final class TableCounts {

  private final String topic;
  private final Map<String, LongAdder> failed = new LinkedHashMap<>();
  private final Map<String, LongAdder> missing = new LinkedHashMap<>();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder[] missingByIndex;

  /**
   * @param topic where the records come from; null for all that there are
   * @param columns in the order of the schema
   */
  TableCounts(String topic, List<ColumnPlan> columns) {
    this.topic = topic;
    LongAdder failedOfAll = new LongAdder();
    LongAdder missingOfAll = new LongAdder();
    for (ColumnPlan column : columns) {
      failed.put(column.name(), topic == null ? new LongAdder() : failedOfAll);
      missing.put(column.name(), topic == null ? new LongAdder() : missingOfAll);
    }
    missingByIndex = missing.values().toArray(LongAdder[]::new);
  }

  /** A record was refused on account of a column. */
  void failed(String column) {
    failed.get(column).increment();
  }

  /** A column that the event did not have counted as null. */
  void missing(int column) {
    missingByIndex[column].increment();
  }

  /** An event had columns that nobody knows. */
  void unknownColumns() {
    unknown.increment();
  }

  List<Count> counts() {
    List<Count> counts = new ArrayList<>();
    add(counts, "failed-total", "Records refused, by column or topic", failed);
    add(
        counts,
        "missing-columns-total",
        "Columns that an event did not have, as null, by column or topic",
        missing);
    counts.add(
        new Count(
            "unknown-columns-total",
            "Records with columns that the settings do not know",
            topic == null ? null : "topic",
            topic,
            unknown));
    return counts;
  }

  private void add(
      List<Count> counts, String name, String description, Map<String, LongAdder> byColumn) {
    if (topic == null) {
      byColumn.forEach((of, n) -> counts.add(new Count(name, description, "column", of, n)));
    } else {
      byColumn.values().stream()
          .findFirst()
          .ifPresent(n -> counts.add(new Count(name, description, "topic", topic, n)));
    }
  }
}

package dev.sluice.smt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;

/**
 * The compiled plans of the schemas seen last. Converters usually hand out one schema object for
 * many records, so the last one is recognised by identity; where they make a new one for each
 * record, or where schemas alternate, equality finds the plan.
 */
final class PlanCache {

  /** Far more versions than one table shows between two restarts. */
  private static final int CAPACITY = 64;

  private final List<ColumnPlan> columns;
  private final Map<Schema, EnvelopePlan> plans =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Schema, EnvelopePlan> eldest) {
          return size() > CAPACITY;
        }
      };
  private volatile Entry last = new Entry(null, null);

  PlanCache(List<ColumnPlan> columns) {
    this.columns = columns;
  }

  EnvelopePlan planFor(Schema schema) {
    Entry recent = last;
    if (recent.schema == schema) {
      return recent.plan;
    }
    EnvelopePlan plan = find(schema);
    last = new Entry(schema, plan);
    return plan;
  }

  private synchronized EnvelopePlan find(Schema schema) {
    return plans.computeIfAbsent(schema, missing -> new StructEnvelopePlan(missing, columns));
  }

  private record Entry(Schema schema, EnvelopePlan plan) {}
}

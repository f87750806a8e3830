package dev.sluice.smt;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.connect.data.Schema;

/**
 * What was compiled for the schemas seen last. Converters usually hand out one schema object for
 * many records, so the last one is recognised by identity; where they make a new one for each
 * record, or where schemas alternate, equality finds the plan. Safe for use by several threads.
 *
 * @param <P> the plan
 */
public final class PlanCache<P> {

  /** Far more versions than one table shows between two restarts. */
  private static final int CAPACITY = 64;

  private final Function<Schema, P> compiler;
  private final Map<Schema, P> plans =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Schema, P> eldest) {
          return size() > CAPACITY;
        }
      };
  private volatile Entry<P> last = new Entry<>(null, null);

  /**
   * @param compiler makes the plan of a schema that is not known yet; may be asked again for one
   *     that has been forgotten
   */
  public PlanCache(Function<Schema, P> compiler) {
    this.compiler = compiler;
  }

  /**
   * The plan of a schema.
   *
   * @param schema not null
   */
  public P planFor(Schema schema) {
    Entry<P> recent = last;
    if (recent.schema == schema) {
      return recent.plan;
    }
    P plan = find(schema);
    last = new Entry<>(schema, plan);
    return plan;
  }

  private synchronized P find(Schema schema) {
    return plans.computeIfAbsent(schema, compiler);
  }

  private record Entry<P>(Schema schema, P plan) {}
}

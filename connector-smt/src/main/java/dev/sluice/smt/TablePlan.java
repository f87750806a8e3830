package dev.sluice.smt;

import dev.sluice.smt.TransformMetrics.Reason;
import dev.sluice.smt.type.Mismatch;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Struct;

/** How the change events of one table become its rows. Safe for use by several threads. */
final class TablePlan {

  private static final String NEW_KEY = "__debezium.newkey";

  /** Null where the table has no schema: then only what is no change of a row passes. */
  private final TransformSettings settings;

  private final TransformMetrics metrics;
  private final TableCounts ownMetrics;
  private final RowBuilder rows;
  private final PlanCache<StructEnvelopePlan> structPlans;
  private final EnvelopePlan mapPlan;

  private TablePlan(
      TransformSettings settings,
      List<ColumnPlan> columns,
      KnownColumns known,
      TransformMetrics metrics,
      TableCounts ownMetrics) {
    this.settings = settings;
    this.metrics = metrics;
    this.ownMetrics = ownMetrics;
    this.rows = settings == null ? null : new RowBuilder(settings, ownMetrics);
    this.structPlans = new PlanCache<>(schema -> new StructEnvelopePlan(schema, columns, known));
    this.mapPlan = new MapEnvelopePlan(columns, known);
  }

  /**
   * @param topic where the table's events come from; null for all that there are
   */
  static TablePlan of(String topic, TransformSettings settings, TransformMetrics metrics) {
    return new TablePlan(
        settings,
        settings.columns(),
        settings.known(),
        metrics,
        metrics.table(topic, settings.columns()));
  }

  /** For topics that no schema is given for. */
  static TablePlan withoutSchema(TransformMetrics metrics) {
    return new TablePlan(null, List.of(), new KnownColumns(Set.of(), Set.of()), metrics, null);
  }

  /** A record was refused on account of one of the table's columns. */
  void failed(String column) {
    ownMetrics.failed(column);
  }

  EnvelopePlan planFor(Object value) {
    if (value instanceof Struct envelope) {
      return structPlans.planFor(envelope.schema());
    }
    if (value instanceof Map) {
      return mapPlan;
    }
    throw new Mismatch("found a value of " + value.getClass() + ", wanted a Struct or a Map");
  }

  /** The row that a change leaves, or null for what leaves none. */
  Struct rowOf(ConnectRecord<?> record, EnvelopePlan plan, Object value) {
    Object op = plan.op(value);
    if (op == null) {
      Bystander.require(plan, value);
      return dropped(Reason.NO_ROW_CHANGE);
    }
    if (settings == null) {
      throw new Mismatch("schemas has no table for topic " + record.topic());
    }
    Operation operation = Operation.of(op);
    return switch (operation) {
      case CREATE, READ, UPDATE -> counted(operation, rows.current(plan, value));
      case DELETE ->
          settings.flagDeletes()
              ? counted(operation, rows.deleted(plan, value, isMoved(record)))
              : dropped(Reason.DELETE);
      case TRUNCATE -> truncated(plan, value);
      case MESSAGE -> dropped(Reason.MESSAGE);
    };
  }

  /** An UPDATE of the key is a delete that Debezium marks so, and a create. */
  private static boolean isMoved(ConnectRecord<?> record) {
    return record.headers().lastWithName(NEW_KEY) != null;
  }

  private Struct truncated(EnvelopePlan plan, Object value) {
    if (settings.failOnTruncate()) {
      throw new Mismatch("the source table was truncated, and truncate.handling is fail");
    }
    return settings.truncation() == null
        ? dropped(Reason.TRUNCATE)
        : counted(Operation.TRUNCATE, settings.truncation().of(plan, value));
  }

  private Struct counted(Operation operation, Struct row) {
    metrics.row(operation);
    return row;
  }

  private Struct dropped(Reason reason) {
    metrics.dropped(reason);
    return null;
  }
}

package dev.sluice.smt;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.Mismatch;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * Builds the row of a change.
 *
 * <p>Failure semantics: {@link BadColumn} for a value that its column cannot hold, {@link Mismatch}
 * for an envelope that lacks a part. Nothing is retried, and nothing outside is changed.
 */
final class RowBuilder {

  private final TransformSettings settings;
  private final Schema schema;
  private final ColumnPlan[] columns;

  /** What each row asks of every column, laid out flat. */
  private final Field[] fields;

  private final ColumnType[] types;
  private final Metadata[] metadata;
  private final boolean[] nullable;
  private final Object[] zeros;
  private final int deleteColumn;

  RowBuilder(TransformSettings settings) {
    this.settings = settings;
    deleteColumn = settings.deleteColumn();
    schema = settings.rowSchema();
    columns = settings.columns().toArray(ColumnPlan[]::new);
    fields = settings.columns().stream().map(ColumnPlan::field).toArray(Field[]::new);
    types = settings.columns().stream().map(ColumnPlan::type).toArray(ColumnType[]::new);
    metadata = settings.columns().stream().map(ColumnPlan::metadata).toArray(Metadata[]::new);
    nullable = new boolean[columns.length];
    for (int i = 0; i < columns.length; i++) {
      nullable[i] = columns[i].nullable();
    }
    zeros = settings.columns().stream().map(plan -> plan.type().zero()).toArray();
  }

  /** The row after a create, a read or an update. */
  Struct current(EnvelopePlan plan, Object envelope) {
    Object after = plan.after(envelope);
    if (after == null) {
      throw new Mismatch("the envelope has no row in after");
    }
    return build(plan, envelope, plan.afterPlan(), after, false);
  }

  /** The last row before a delete, marked as deleted, with a version that wins. */
  Struct deleted(EnvelopePlan plan, Object envelope) {
    Object before = plan.before(envelope);
    if (before == null) {
      throw new Mismatch("the envelope has no row in before; REPLICA IDENTITY may be NOTHING");
    }
    Struct row = build(plan, envelope, plan.beforePlan(), before, true);
    ColumnPlan flag = columns[deleteColumn];
    row.put(flag.field(), flag.type().fromBoolean(true));
    if (settings.versionColumn() >= 0) {
      ColumnPlan version = columns[settings.versionColumn()];
      Object commit = fromMetadata(plan, envelope, Metadata.COMMIT_TS, version);
      Object own = row.get(version.field());
      row.put(version.field(), own == null ? commit : version.type().laterOf(own, commit));
    }
    return row;
  }

  private Struct build(
      EnvelopePlan plan, Object envelope, ImagePlan imagePlan, Object image, boolean deleted) {
    Struct row = new Struct(schema);
    for (int i = 0; i < fields.length; i++) {
      Object value =
          metadata[i] == null
              ? fromImage(imagePlan, image, i, deleted)
              : fromMetadata(plan, envelope, metadata[i], columns[i]);
      if (value != null) {
        row.put(fields[i], value);
      }
    }
    return row;
  }

  private Object fromImage(ImagePlan plan, Object image, int i, boolean deleted) {
    Object value = plan.get(image, i);
    try {
      if (value == null) {
        return forNull(plan, image, i, deleted);
      }
      if (Unavailable.is(value)) {
        return forUnavailable(i, deleted);
      }
      return plan.convert(value, i, types[i]);
    } catch (Mismatch e) {
      // Debezium fills up the row of such a delete, and has but "" for a uuid or an enum.
      if (deleted && "".equals(value)) {
        return nullable[i] ? null : zeros[i];
      }
      throw new BadColumn(columns[i], plan.describe(value, i), e);
    }
  }

  private Object forNull(ImagePlan plan, Object image, int i, boolean deleted) {
    if (i == deleteColumn && !plan.has(image, i)) {
      return zeros[i];
    }
    if (nullable[i]) {
      return null;
    }
    // Under REPLICA IDENTITY DEFAULT the row of a delete holds nothing but its key.
    if (deleted) {
      return zeros[i];
    }
    boolean present = plan.has(image, i);
    if (present && settings.defaultForNull()) {
      return zeros[i];
    }
    throw new Mismatch(
        present ? "the column forbids null" : "the event has no column of the source's name");
  }

  private Object forUnavailable(int i, boolean deleted) {
    if (!settings.nullForUnavailable()) {
      throw new Mismatch("the value did not change and was left out of the event");
    }
    if (nullable[i]) {
      return null;
    }
    if (deleted || settings.defaultForNull()) {
      return zeros[i];
    }
    throw new Mismatch("the value was left out of the event and the column forbids null");
  }

  static Object fromMetadata(
      EnvelopePlan plan, Object envelope, Metadata metadata, ColumnPlan column) {
    Object value = metadata == Metadata.OP ? plan.op(envelope) : plan.source(envelope, metadata);
    try {
      if (value != null) {
        return metadata.convert(value, column.type());
      }
      if (column.nullable()) {
        return null;
      }
      throw new Mismatch("the envelope says nothing about " + metadata.description());
    } catch (Mismatch e) {
      throw new BadColumn(column, "metadata", e);
    }
  }
}

package dev.sluice.smt;

import dev.sluice.smt.schema.FactColumn.Literal;
import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.Mismatch;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
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

  /** What Postgres may keep apart from its row, and then leave out of an update. */
  private static final Set<Schema.Type> LARGE = EnumSet.of(Schema.Type.STRING, Schema.Type.ARRAY);

  private final TransformSettings settings;
  private final Schema schema;
  private final ColumnPlan[] columns;

  /** What each row asks of every column, laid out flat. */
  private final Field[] fields;

  private final ColumnType[] types;
  private final Metadata[] metadata;
  private final boolean[] nullable;
  private final Object[] zeros;
  private final boolean[] key;
  private final Literal[] whenAbsent;

  /** Whether a column is the first that reads its source. */
  private final boolean[] first;

  private final int deleteColumn;
  private final TransformMetrics metrics;

  RowBuilder(TransformSettings settings, TransformMetrics metrics) {
    this.settings = settings;
    this.metrics = metrics;
    deleteColumn = settings.deleteColumn();
    schema = settings.rowSchema();
    columns = settings.columns().toArray(ColumnPlan[]::new);
    fields = settings.columns().stream().map(ColumnPlan::field).toArray(Field[]::new);
    types = settings.columns().stream().map(ColumnPlan::type).toArray(ColumnType[]::new);
    metadata = settings.columns().stream().map(ColumnPlan::metadata).toArray(Metadata[]::new);
    nullable = new boolean[columns.length];
    key = new boolean[columns.length];
    first = new boolean[columns.length];
    whenAbsent = new Literal[columns.length];
    Set<String> read = new HashSet<>();
    for (int i = 0; i < columns.length; i++) {
      nullable[i] = columns[i].nullable();
      key[i] = settings.keyColumns().get(i);
      whenAbsent[i] = columns[i].column().whenAbsent();
      first[i] = metadata[i] == null && read.add(columns[i].sourceName());
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

  /**
   * The last row before a delete, marked as deleted, with a version that wins.
   *
   * @param moved whether the row lives on under another key, which the same change has given it
   */
  Struct deleted(EnvelopePlan plan, Object envelope, boolean moved) {
    Object before = plan.before(envelope);
    if (before == null) {
      throw new Mismatch("the envelope has no row in before; REPLICA IDENTITY may be NOTHING");
    }
    Struct row = build(plan, envelope, plan.beforePlan(), before, true);
    if (moved) {
      refuseHalf(row);
    }
    ColumnPlan flag = columns[deleteColumn];
    row.put(flag.field(), flag.type().fromBoolean(true));
    if (settings.versionColumn() >= 0) {
      ColumnPlan version = columns[settings.versionColumn()];
      Object own = row.get(version.field());
      // The new row of a moved key may fold into this one's, and has to win then.
      if (own == null || !moved) {
        Object commit = fromMetadata(plan, envelope, Metadata.COMMIT_TS, version);
        row.put(version.field(), own == null ? commit : version.type().laterOf(own, commit));
      }
    } else if (moved && settings.positionColumn() >= 0) {
      ColumnPlan version = columns[settings.positionColumn()];
      long position = ((Number) plan.source(envelope, Metadata.LSN)).longValue();
      row.put(version.field(), version.type().fromInteger(position - 1));
    }
    return row;
  }

  /**
   * Where the old row of a moved key holds nothing but its key (REPLICA IDENTITY DEFAULT), the new
   * one lacks large values that did not change and cannot be written: then the old one must stay.
   * Whether it does lack any, this half of the change does not say.
   */
  private void refuseHalf(Struct row) {
    if (settings.keyColumns().isEmpty() || settings.nullForUnavailable()) {
      return;
    }
    boolean large = false;
    for (int i = 0; i < columns.length; i++) {
      if (!key[i] && metadata[i] == null && i != deleteColumn) {
        Object value = row.get(fields[i]);
        if (value != null && !value.equals(zeros[i])) {
          return;
        }
        large |= LARGE.contains(fields[i].schema().type());
      }
    }
    if (large) {
      throw new Mismatch(
          "the key has changed, and the old row holds nothing else: large values of the new one may"
              + " be missing, so that it could not follow; REPLICA IDENTITY FULL brings them");
    }
  }

  private Struct build(
      EnvelopePlan plan, Object envelope, ImagePlan imagePlan, Object image, boolean deleted) {
    Struct row = new Struct(schema);
    int absent = 0;
    for (int i = 0; i < fields.length; i++) {
      Object value;
      if (metadata[i] != null) {
        value = fromMetadata(plan, envelope, metadata[i], columns[i]);
      } else if ((value = imagePlan.get(image, i)) != null) {
        value = fromValue(imagePlan, value, i, deleted);
      } else if (imagePlan.has(image, i)) {
        value = forNull(i, deleted);
      } else {
        absent += first[i] ? 1 : 0;
        value = forAbsent(i, deleted);
      }
      if (value != null) {
        row.put(fields[i], value);
      }
    }
    if (imagePlan.hasUnknown(image, absent)) {
      unknown(imagePlan, image);
    }
    return row;
  }

  private void unknown(ImagePlan plan, Object image) {
    if (settings.failOnUnknown()) {
      throw new Mismatch(
          "neither the schema nor ignored.columns names the columns " + plan.unknown(image));
    }
    metrics.unknownColumns();
  }

  private Object fromValue(ImagePlan plan, Object value, int i, boolean deleted) {
    try {
      return Unavailable.is(value) ? forUnavailable(i, deleted) : plan.convert(value, i, types[i]);
    } catch (Mismatch e) {
      // Debezium fills up the row of such a delete, and has but "" for a uuid or an enum.
      if (deleted && !key[i] && "".equals(value)) {
        return nullable[i] ? null : zeros[i];
      }
      throw new BadColumn(columns[i], plan.describe(value, i), e);
    }
  }

  private Object forNull(int i, boolean deleted) {
    if (key[i]) {
      throw bad(i, "null", "a column of the key has no value");
    }
    if (nullable[i]) {
      return null;
    }
    // Under REPLICA IDENTITY DEFAULT the row of a delete holds nothing but its key.
    if (deleted || settings.defaultForNull()) {
      return zeros[i];
    }
    throw bad(i, "nothing", "the column forbids null");
  }

  /** Absent is not null: the source may have given the column another name. */
  private Object forAbsent(int i, boolean deleted) {
    if (i == deleteColumn) {
      return zeros[i];
    }
    if (!key[i]) {
      // What tells the row is there, and of a deleted row nobody reads more.
      if (deleted && !settings.keyColumns().isEmpty()) {
        return nullable[i] ? null : zeros[i];
      }
      if (whenAbsent[i] != null) {
        return whenAbsent[i].value();
      }
      if (settings.ignoreMissing() && nullable[i]) {
        metrics.missing(columns[i].name());
        return null;
      }
    }
    throw bad(i, "nothing", "the event has no column of the source's name");
  }

  private BadColumn bad(int i, String found, String reason) {
    return new BadColumn(columns[i], found, new Mismatch(reason));
  }

  private Object forUnavailable(int i, boolean deleted) {
    if (key[i] || !settings.nullForUnavailable()) {
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

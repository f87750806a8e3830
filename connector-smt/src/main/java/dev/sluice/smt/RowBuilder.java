package dev.sluice.smt;

import dev.sluice.smt.schema.SchemaColumn.Literal;
import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.Mismatch;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
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
  private static final Pattern LARGE = Pattern.compile("String|FixedString|Array");

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

  /** Whether a column besides the key may be kept apart from its row. */
  private final boolean mayBeLarge;

  private final int deleteColumn;
  private final TableCounts metrics;

  RowBuilder(TransformSettings settings, TableCounts metrics) {
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
    boolean large = false;
    Set<String> read = new HashSet<>();
    for (int i = 0; i < columns.length; i++) {
      nullable[i] = columns[i].nullable();
      key[i] = settings.keyColumns().get(i);
      whenAbsent[i] = columns[i].column().whenAbsent();
      first[i] = metadata[i] == null && read.add(columns[i].sourceName());
      large |= !key[i] && metadata[i] == null && LARGE.matcher(types[i].name()).lookingAt();
    }
    mayBeLarge = large;
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
    if (moved && !settings.fullBefore()) {
      refuseHalf();
    }
    ColumnPlan flag = columns[deleteColumn];
    row.put(flag.field(), flag.type().fromBoolean(true));
    if (settings.versionColumn() >= 0) {
      // That of a moved key stays: the new row may have a key that folds into this one's, and wins.
      if (!moved) {
        ColumnPlan version = columns[settings.versionColumn()];
        Object own = row.get(version.field());
        Object commit = fromMetadata(plan, envelope, Metadata.COMMIT_TS, version);
        row.put(version.field(), own == null ? commit : version.type().laterOf(own, commit));
      }
    } else if (moved
        && settings.positionColumn() >= 0
        && plan.source(envelope, Metadata.LSN) instanceof Number position) {
      ColumnPlan version = columns[settings.positionColumn()];
      row.put(
          version.field(),
          version.type().fromInteger(version.lsnBase() + position.longValue() - 1));
    }
    return row;
  }

  /**
   * Without REPLICA IDENTITY FULL the old row of a moved key holds nothing but its key, and
   * Debezium fills it up with whatever the columns have as their default: no value of it tells. Its
   * version is then not known; and the new row lacks large values that did not change, cannot be
   * written, and the old one must stay. Whether it does lack any, this half of the change does not
   * say.
   */
  private void refuseHalf() {
    String missing = settings.versionColumn() >= 0 ? "its version" : null;
    if (missing == null && !settings.nullForUnavailable() && mayBeLarge) {
      missing = "large values, without which the new one cannot be written";
    }
    if (missing != null) {
      throw new Mismatch(
          "the key has changed, and the old row may lack "
              + missing
              + ": REPLICA IDENTITY FULL brings them, and replica.identity=full says so");
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
        metrics.missing(i);
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
        return metadata.convert(value, column.type(), column.lsnBase());
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

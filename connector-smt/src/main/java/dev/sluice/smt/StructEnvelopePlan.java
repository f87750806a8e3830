package dev.sluice.smt;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.WireType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * The plan for envelopes of one schema. All names are looked up once, here; per record there is
 * only access by position.
 */
final class StructEnvelopePlan implements EnvelopePlan {

  private final Schema schema;
  private final Field op;
  private final Field before;
  private final Field after;
  private final Field source;
  private final Field[] sourceFields = new Field[Metadata.values().length];
  private final ImagePlan beforePlan;
  private final ImagePlan afterPlan;

  StructEnvelopePlan(Schema schema, List<ColumnPlan> columns, KnownColumns known) {
    this.schema = schema;
    op = schema.field("op");
    before = structField(schema, "before");
    after = structField(schema, "after");
    source = structField(schema, "source");
    beforePlan = before == null ? null : new StructImagePlan(before.schema(), columns, known);
    afterPlan = after == null ? null : new StructImagePlan(after.schema(), columns, known);
    if (source != null) {
      for (Metadata metadata : Metadata.values()) {
        String name = metadata.sourceField();
        sourceFields[metadata.ordinal()] = name == null ? null : source.schema().field(name);
      }
    }
  }

  private static Field structField(Schema schema, String name) {
    Field field = schema.field(name);
    return field == null || field.schema().type() != Schema.Type.STRUCT ? null : field;
  }

  @Override
  public Set<String> parts(Object envelope) {
    Set<String> parts = new HashSet<>();
    schema.fields().forEach(field -> parts.add(field.name()));
    return parts;
  }

  @Override
  public Object part(Object envelope, String name) {
    return schema.field(name) == null ? null : ((Struct) envelope).get(name);
  }

  @Override
  public Object op(Object envelope) {
    return op == null ? null : ((Struct) envelope).get(op);
  }

  @Override
  public Object before(Object envelope) {
    return before == null ? null : ((Struct) envelope).get(before);
  }

  @Override
  public Object after(Object envelope) {
    return after == null ? null : ((Struct) envelope).get(after);
  }

  @Override
  public ImagePlan beforePlan() {
    return beforePlan;
  }

  @Override
  public ImagePlan afterPlan() {
    return afterPlan;
  }

  @Override
  public Object source(Object envelope, Metadata metadata) {
    Field field = sourceFields[metadata.ordinal()];
    Struct block = field == null ? null : (Struct) ((Struct) envelope).get(source);
    return block == null ? null : block.get(field);
  }

  /** The plan for the row images of one schema. */
  private static final class StructImagePlan implements ImagePlan {

    private final Field[] fields;
    private final Object[] defaults;
    private final WireType[] wireTypes;
    private final List<String> unknown;

    StructImagePlan(Schema schema, List<ColumnPlan> columns, KnownColumns known) {
      unknown = schema.fields().stream().map(Field::name).filter(name -> !known.has(name)).toList();
      fields = new Field[columns.size()];
      defaults = new Object[columns.size()];
      wireTypes = new WireType[columns.size()];
      for (int i = 0; i < fields.length; i++) {
        Field field = schema.field(columns.get(i).sourceName());
        if (field != null) {
          fields[i] = field;
          defaults[i] = field.schema().defaultValue();
          wireTypes[i] = WireType.of(field.schema());
        }
      }
    }

    @Override
    public Object get(Object image, int column) {
      Field field = fields[column];
      if (field == null) {
        return null;
      }
      Struct struct = (Struct) image;
      Object value = struct.get(field);
      // Struct gives a column's default for null; a row that says null has to stay null.
      return value != null && value == defaults[column]
          ? struct.getWithoutDefault(field.name())
          : value;
    }

    @Override
    public boolean has(Object image, int column) {
      return fields[column] != null;
    }

    @Override
    public boolean hasUnknown(Object image, int absent) {
      return !unknown.isEmpty();
    }

    @Override
    public List<String> unknown(Object image) {
      return unknown;
    }

    @Override
    public Object convert(Object value, int column, ColumnType target) {
      return wireTypes[column].convert(value, fields[column].schema(), target);
    }

    @Override
    public String describe(Object value, int column) {
      return fields[column] == null
          ? "nothing"
          : wireTypes[column].describe(value, fields[column].schema());
    }
  }
}

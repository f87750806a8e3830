package dev.sluice.smt;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.WireType;
import java.util.List;
import java.util.Map;

/** The plan for envelopes without a schema, which are maps. It is the same for all of them. */
final class MapEnvelopePlan implements EnvelopePlan {

  private final ImagePlan imagePlan;

  MapEnvelopePlan(List<ColumnPlan> columns) {
    imagePlan = new MapImagePlan(columns);
  }

  @Override
  public boolean isRowChange(Object envelope) {
    return ((Map<?, ?>) envelope).containsKey("op");
  }

  @Override
  public Object op(Object envelope) {
    return ((Map<?, ?>) envelope).get("op");
  }

  @Override
  public Object before(Object envelope) {
    return part(envelope, "before");
  }

  @Override
  public Object after(Object envelope) {
    return part(envelope, "after");
  }

  @Override
  public ImagePlan beforePlan() {
    return imagePlan;
  }

  @Override
  public ImagePlan afterPlan() {
    return imagePlan;
  }

  @Override
  public Object source(Object envelope, Metadata field) {
    Map<?, ?> block = part(envelope, "source");
    return block == null ? null : block.get(field.sourceField());
  }

  private static Map<?, ?> part(Object envelope, String name) {
    return ((Map<?, ?>) envelope).get(name) instanceof Map<?, ?> part ? part : null;
  }

  /** The plan for row images, which say nothing about types. */
  private static final class MapImagePlan implements ImagePlan {

    private final String[] names;

    MapImagePlan(List<ColumnPlan> columns) {
      // JSON parsers intern the names of fields, so that a look-up ends at identity.
      names = columns.stream().map(plan -> plan.sourceName().intern()).toArray(String[]::new);
    }

    @Override
    public Object get(Object image, int column) {
      return ((Map<?, ?>) image).get(names[column]);
    }

    @Override
    public boolean has(Object image, int column) {
      return ((Map<?, ?>) image).containsKey(names[column]);
    }

    @Override
    public Object convert(Object value, int column, ColumnType target) {
      // Half the columns of most tables.
      return value instanceof String && target.holdsAnyText()
          ? value
          : WireType.PLAIN.convert(value, null, target);
    }

    @Override
    public String describe(Object value, int column) {
      return value == null ? "nothing" : WireType.PLAIN.describe(value, null);
    }
  }
}

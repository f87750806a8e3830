package dev.sluice.smt;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.WireType;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The plan for envelopes without a schema, which are maps. It is the same for all of them. */
final class MapEnvelopePlan implements EnvelopePlan {

  private final ImagePlan imagePlan;

  MapEnvelopePlan(List<ColumnPlan> columns, KnownColumns known) {
    imagePlan = new MapImagePlan(columns, known);
  }

  @Override
  public Set<String> parts(Object envelope) {
    Set<String> parts = new HashSet<>();
    ((Map<?, ?>) envelope).keySet().forEach(key -> parts.add(String.valueOf(key)));
    return parts;
  }

  @Override
  public Object part(Object envelope, String name) {
    return ((Map<?, ?>) envelope).get(name);
  }

  @Override
  public Object op(Object envelope) {
    return ((Map<?, ?>) envelope).get("op");
  }

  @Override
  public Object before(Object envelope) {
    return block(envelope, "before");
  }

  @Override
  public Object after(Object envelope) {
    return block(envelope, "after");
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
    Map<?, ?> block = block(envelope, "source");
    return block == null ? null : block.get(field.sourceField());
  }

  private static Map<?, ?> block(Object envelope, String name) {
    return ((Map<?, ?>) envelope).get(name) instanceof Map<?, ?> part ? part : null;
  }

  /** The plan for row images, which say nothing about types. */
  private static final class MapImagePlan implements ImagePlan {

    private final String[] names;
    private final KnownColumns known;

    MapImagePlan(List<ColumnPlan> columns, KnownColumns known) {
      this.known = known;
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
    public boolean hasUnknown(Object image, int absent) {
      int others = ((Map<?, ?>) image).size() - (known.mapped().size() - absent);
      return others > 0 && others > ignored((Map<?, ?>) image);
    }

    private int ignored(Map<?, ?> image) {
      int present = 0;
      for (String name : known.ignored()) {
        present += image.containsKey(name) ? 1 : 0;
      }
      return present;
    }

    @Override
    public List<String> unknown(Object image) {
      return ((Map<?, ?>) image)
          .keySet().stream()
              .map(String::valueOf)
              .filter(name -> !known.has(name))
              .sorted()
              .toList();
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

package dev.sluice.smt.type;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/** Array(T). */
final class ArrayType extends ColumnType {

  private final DeclaredType element;
  private final Schema elementSchema;

  ArrayType(DeclaredType element) {
    super("Array(" + element.name() + ")");
    this.element = element;
    this.elementSchema = element.schema();
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.array(elementSchema);
  }

  @Override
  public Object zero() {
    return List.of();
  }

  @Override
  public Object fromList(List<?> list, Schema schema) {
    Schema valueSchema = schema == null ? null : schema.valueSchema();
    WireType wireType = WireType.of(valueSchema);
    List<Object> converted = new ArrayList<>(list.size());
    for (Object value : list) {
      if (value instanceof List && !(element.type() instanceof ArrayType)) {
        throw new Mismatch("the array has arrays in it, which have no place in the column");
      } else if (value != null) {
        converted.add(wireType.convert(value, valueSchema, element.type()));
      } else if (element.nullable()) {
        converted.add(null);
      } else {
        throw new Mismatch("the array has a null element, which its column forbids");
      }
    }
    return converted;
  }
}

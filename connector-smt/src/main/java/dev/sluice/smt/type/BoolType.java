package dev.sluice.smt.type;

import org.apache.kafka.connect.data.SchemaBuilder;

/** Bool. */
final class BoolType extends ColumnType {

  BoolType() {
    super("Bool");
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.bool();
  }

  @Override
  public Object zero() {
    return false;
  }

  @Override
  public Object fromBoolean(boolean value) {
    return value;
  }

  @Override
  public Object fromInteger(long number) {
    if (number != 0 && number != 1) {
      throw notABoolean();
    }
    return number == 1;
  }

  @Override
  public Object fromText(String text) {
    return switch (text) {
      case "true", "t", "1" -> true;
      case "false", "f", "0" -> false;
      default -> throw notABoolean();
    };
  }

  private static Mismatch notABoolean() {
    return new Mismatch("the value is neither true nor false");
  }
}

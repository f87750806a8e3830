package dev.sluice.smt.random;

import java.util.List;
import java.util.Random;

/**
 * A column type.
 *
 * @param base its name without arguments
 * @param first the first argument: a length, a precision, or the number of decimals of a time
 * @param second the second argument: a scale
 */
record Target(String base, int first, int second, boolean nullable) {

  private static final List<String> BASES =
      List.of(
          "String",
          "FixedString",
          "UUID",
          "Enum8",
          "Bool",
          "Int8",
          "Int16",
          "Int32",
          "Int64",
          "UInt8",
          "UInt16",
          "UInt32",
          "UInt64",
          "Float32",
          "Float64",
          "Decimal",
          "Date",
          "Date32",
          "DateTime",
          "DateTime64",
          "Int64",
          "String",
          "Float64");

  static Target random(Random random) {
    String base = BASES.get(random.nextInt(BASES.size()));
    boolean nullable = random.nextBoolean();
    return switch (base) {
      case "FixedString" -> new Target(base, 1 + random.nextInt(40), 0, nullable);
      case "DateTime64" -> new Target(base, random.nextInt(10), 0, nullable);
      case "Decimal" -> {
        int precision = 1 + random.nextInt(76);
        yield new Target(base, precision, random.nextInt(precision + 1), nullable);
      }
      default -> new Target(base, 0, 0, nullable);
    };
  }

  /** A type that takes nearly every value of a wire form. */
  static Target randomFor(Wire wire, Random random) {
    List<String> bases =
        switch (wire) {
          case TEXT, MICRO_TIME, BYTES -> List.of("String");
          case UUID_TEXT -> List.of("String", "UUID");
          case BOOLEAN -> List.of("Bool", "Int8", "UInt8", "Int32", "Int64", "UInt64", "Float64");
          case INT16 -> List.of("Int16", "Int32", "Int64", "Float32", "Float64", "String");
          case INT32 -> List.of("Int32", "Int64", "Float64", "String", "Decimal");
          case INT64 -> List.of("Int64", "String", "Decimal");
          case FLOAT32 -> List.of("Float32", "Float64", "String");
          case FLOAT64, VARIABLE_DECIMAL -> List.of("Float64", "String");
          case DECIMAL -> List.of("Float32", "Float64", "String", "Decimal");
          case NANO_TIMESTAMP -> List.of("Int64", "Date32", "DateTime64", "String");
          default -> List.of("Int64", "Int64", "Date32", "DateTime64", "String");
        };
    String base = bases.get(random.nextInt(bases.size()));
    int first = base.equals("Decimal") ? 76 : random.nextInt(9);
    return new Target(base, first, 4, random.nextBoolean());
  }

  String sql() {
    String type =
        switch (base) {
          case "FixedString", "DateTime64" -> base + "(" + first + ")";
          case "Decimal" -> base + "(" + first + ", " + second + ")";
          case "Enum8" -> "Enum8('red' = 1, 'green' = -2)";
          default -> base;
        };
    return nullable ? "Nullable(" + type + ")" : type;
  }
}

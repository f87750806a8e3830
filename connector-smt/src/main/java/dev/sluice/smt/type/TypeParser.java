package dev.sluice.smt.type;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a type as ClickHouse spells it. */
final class TypeParser {

  private static final String SUPPORTED =
      "String, FixedString, UUID, Bool, Int8 to Int64, UInt8 to UInt64, Float32, Float64, Decimal,"
          + " Date, Date32, DateTime, DateTime64, Enum8, Enum16, Array, Nullable, LowCardinality";

  private static final Set<String> PARAMETRIC =
      Set.of(
          "FixedString",
          "Decimal",
          "Decimal32",
          "Decimal64",
          "Decimal128",
          "Decimal256",
          "DateTime",
          "DateTime64",
          "Enum8",
          "Enum16");

  private static final int MAX_DECIMAL_PRECISION = 76;

  private final TimeRules rules;

  TypeParser(TimeRules rules) {
    this.rules = rules;
  }

  DeclaredType parse(String text) {
    int bracket = text.indexOf('(');
    String name = (bracket < 0 ? text : text.substring(0, bracket)).strip();
    List<String> arguments = bracket < 0 ? List.of() : arguments(text.substring(bracket));
    return switch (name) {
      case "Nullable" -> parse(only(name, arguments)).asNullable();
      case "LowCardinality" -> lowCardinality(parse(only(name, arguments)));
      case "Array" -> plain(new ArrayType(parse(only(name, arguments))));
      default -> plain(columnType(name, arguments));
    };
  }

  private static DeclaredType plain(ColumnType type) {
    return new DeclaredType(type.name(), type, false);
  }

  private static DeclaredType lowCardinality(DeclaredType inner) {
    boolean possible = !(inner.type() instanceof ArrayType || inner.type() instanceof DecimalType);
    if (!possible || inner.name().startsWith("LowCardinality")) {
      throw new IllegalArgumentException("ClickHouse has no LowCardinality of " + inner.name());
    }
    return new DeclaredType("LowCardinality(" + inner.name() + ")", inner.type(), inner.nullable());
  }

  private ColumnType columnType(String name, List<String> arguments) {
    ColumnType type = create(name, arguments);
    if (!arguments.isEmpty() && !PARAMETRIC.contains(name)) {
      throw new IllegalArgumentException("the type " + name + " takes no argument");
    }
    return type;
  }

  private ColumnType create(String name, List<String> arguments) {
    return switch (name) {
      case "String" -> TextType.string();
      case "FixedString" ->
          TextType.fixedString(number(name, only(name, arguments), 1, Integer.MAX_VALUE));
      case "UUID" -> new UuidType();
      case "Bool" -> new BoolType();
      case "Int8" -> IntegerType.signed(8);
      case "Int16" -> IntegerType.signed(16);
      case "Int32" -> IntegerType.signed(32);
      case "Int64" -> LongType.signed(rules);
      case "UInt8" -> IntegerType.unsigned(8);
      case "UInt16" -> IntegerType.unsigned(16);
      case "UInt32" -> IntegerType.unsigned(32);
      case "UInt64" -> LongType.unsigned(rules);
      case "Float32" -> FloatType.float32();
      case "Float64" -> FloatType.float64();
      case "Decimal" -> decimal(arguments);
      case "Decimal32" -> decimal(name, 9, arguments);
      case "Decimal64" -> decimal(name, 18, arguments);
      case "Decimal128" -> decimal(name, 38, arguments);
      case "Decimal256" -> decimal(name, MAX_DECIMAL_PRECISION, arguments);
      case "Date" -> DateType.date(rules);
      case "Date32" -> DateType.date32(rules);
      case "DateTime" -> dateTime(arguments);
      case "DateTime64" -> dateTime64(arguments);
      case "Enum8" -> enumeration(name, arguments, Byte.MIN_VALUE, Byte.MAX_VALUE);
      case "Enum16" -> enumeration(name, arguments, Short.MIN_VALUE, Short.MAX_VALUE);
      default ->
          throw new IllegalArgumentException(
              "the type " + name + " is not supported; supported are " + SUPPORTED);
    };
  }

  private static ColumnType decimal(List<String> arguments) {
    atMost("Decimal", 2, arguments);
    int precision =
        arguments.isEmpty() ? 10 : number("Decimal", arguments.get(0), 1, MAX_DECIMAL_PRECISION);
    int scale = arguments.size() < 2 ? 0 : number("Decimal", arguments.get(1), 0, precision);
    return new DecimalType(precision, scale);
  }

  private static ColumnType decimal(String name, int precision, List<String> arguments) {
    return new DecimalType(precision, number(name, only(name, arguments), 0, precision));
  }

  private ColumnType dateTime(List<String> arguments) {
    atMost("DateTime", 1, arguments);
    return DateTimeType.seconds(arguments.isEmpty() ? "" : zone(arguments.get(0)), rules);
  }

  private ColumnType dateTime64(List<String> arguments) {
    atMost("DateTime64", 2, arguments);
    int precision = arguments.isEmpty() ? 3 : number("DateTime64", arguments.get(0), 0, 9);
    String zone = arguments.size() < 2 ? "" : zone(arguments.get(1));
    return DateTimeType.ticks(precision, zone, rules);
  }

  private static String zone(String argument) {
    boolean quoted = argument.length() > 2 && argument.startsWith("'") && argument.endsWith("'");
    if (!quoted) {
      throw new IllegalArgumentException("a time zone must stand in quotes");
    }
    return argument;
  }

  private static ColumnType enumeration(String kind, List<String> arguments, int min, int max) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    int following = 1;
    for (String argument : arguments) {
      int equals = argument.lastIndexOf('=');
      boolean numbered = equals > argument.lastIndexOf('\'');
      String name = label((numbered ? argument.substring(0, equals) : argument).strip());
      int number =
          numbered ? number(kind, argument.substring(equals + 1).strip(), min, max) : following;
      if (numbers.containsValue(number) || numbers.put(name, number) != null) {
        throw new IllegalArgumentException(kind + " has a name or a number twice");
      }
      following = number + 1;
    }
    if (numbers.isEmpty()) {
      throw new IllegalArgumentException(kind + " needs names");
    }
    return new EnumType(kind, numbers);
  }

  private static String label(String quoted) {
    if (quoted.length() < 2 || !quoted.startsWith("'") || !quoted.endsWith("'")) {
      throw new IllegalArgumentException("a name of an Enum must stand in quotes");
    }
    var label = new StringBuilder();
    for (int at = 1; at < quoted.length() - 1; at++) {
      char c = quoted.charAt(at);
      if (c == '\\' || c == '\'') {
        at++;
      }
      label.append(quoted.charAt(at));
    }
    return label.toString();
  }

  /** Splits what stands between brackets at the commas that are neither nested nor quoted. */
  private static List<String> arguments(String bracketed) {
    List<String> arguments = new ArrayList<>();
    int depth = 0;
    int start = 1;
    boolean quoted = false;
    for (int at = 0; at < bracketed.length(); at++) {
      char c = bracketed.charAt(at);
      if (quoted) {
        if (c == '\\') {
          at++;
        } else if (c == '\'') {
          quoted = false;
        }
      } else if (c == '\'') {
        quoted = true;
      } else if (c == '(') {
        depth++;
      } else if (c == ')' && --depth == 0) {
        arguments.add(bracketed.substring(start, at).strip());
      } else if (c == ',' && depth == 1) {
        arguments.add(bracketed.substring(start, at).strip());
        start = at + 1;
      }
    }
    return arguments.equals(List.of("")) ? List.of() : arguments;
  }

  private static String only(String name, List<String> arguments) {
    if (arguments.size() != 1) {
      throw new IllegalArgumentException("the type " + name + " takes one argument");
    }
    return arguments.get(0);
  }

  private static void atMost(String name, int count, List<String> arguments) {
    if (arguments.size() > count) {
      throw new IllegalArgumentException("the type " + name + " has too many arguments");
    }
  }

  private static int number(String name, String argument, int min, int max) {
    try {
      int number = Integer.parseInt(argument.replace(" ", ""));
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "an argument of " + name + " must be a number from " + min + " to " + max);
  }
}

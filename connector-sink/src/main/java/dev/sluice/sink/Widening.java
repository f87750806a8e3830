package dev.sluice.sink;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.connect.data.Schema;

/**
 * Which changes of a column's type leave every value as it is, so that rows made for the old one go
 * on: those that concern storage only, and those that make room for more values. (LowCardinality is
 * taken off by {@link ClickHouseType}; a codec is no part of the type.)
 */
final class Widening {
  private static final List<String> SIGNED = List.of("Int8", "Int16", "Int32", "Int64");
  private static final List<String> UNSIGNED = List.of("UInt8", "UInt16", "UInt32", "UInt64");

  /** What Connect's rows carry for a number of each type. */
  private static final Map<String, Schema.Type> NUMBERS =
      Map.ofEntries(
          Map.entry("Int8", Schema.Type.INT8),
          Map.entry("Int16", Schema.Type.INT16),
          Map.entry("Int32", Schema.Type.INT32),
          Map.entry("Int64", Schema.Type.INT64),
          Map.entry("UInt8", Schema.Type.INT16),
          Map.entry("UInt16", Schema.Type.INT32),
          Map.entry("UInt32", Schema.Type.INT64),
          Map.entry("UInt64", Schema.Type.INT64),
          Map.entry("Float32", Schema.Type.FLOAT32),
          Map.entry("Float64", Schema.Type.FLOAT64));

  private Widening() {}

  /** Whether each value of {@code made} is the same value in a column of type {@code now}. */
  static boolean keeps(ClickHouseType made, ClickHouseType now) {
    if (made.nullable() && !now.nullable()) {
      return false;
    }
    String to = now.name();
    return switch (made.name()) {
      case "Int8", "Int16", "Int32", "Int64" -> isBehind(SIGNED, made.name(), to);
      case "UInt8", "UInt16", "UInt32", "UInt64" ->
          isBehind(UNSIGNED, made.name(), to) || SIGNED.indexOf(to) > UNSIGNED.indexOf(made.name());
      case "Float32" -> to.equals("Float32") || to.equals("Float64");
      case "Decimal" ->
          to.equals("Decimal")
              && made.number(1) == now.number(1)
              && made.number(0) <= now.number(0);
      case "Enum8", "Enum16" ->
          to.equals("String")
              || to.startsWith("Enum")
                  && now.enumValues().keySet().containsAll(made.enumValues().keySet());
      case "FixedString" -> to.equals("FixedString") && made.number(0) <= now.number(0);
      case "Date" -> to.equals("Date") || to.equals("Date32");
      // The zone is for printing.
      case "DateTime" -> to.equals("DateTime");
      case "DateTime64" -> to.equals("DateTime64") && made.number(0) == now.number(0);
      case "Array" -> to.equals("Array") && keeps(made.element(), now.element());
      default -> made.name().equals(to) && Objects.equals(made.arguments(), now.arguments());
    };
  }

  private static boolean isBehind(List<String> order, String from, String to) {
    return order.indexOf(to) >= order.indexOf(from);
  }

  /** What Connect's rows carry for such a column, if it is one of numbers; else null. */
  static Schema.Type connectType(ClickHouseType type) {
    return NUMBERS.get(type.name());
  }

  /** A number as what a wider column's rows carry; null stays null. */
  static Object convert(Object value, Schema.Type wanted) {
    if (value == null) {
      return null;
    }
    Number number = (Number) value;
    return switch (wanted) {
      case INT16 -> number.shortValue();
      case INT32 -> number.intValue();
      case INT64 -> number.longValue();
      default -> number.doubleValue();
    };
  }
}

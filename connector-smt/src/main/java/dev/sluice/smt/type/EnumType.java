package dev.sluice.smt.type;

import java.util.Map;
import java.util.Map.Entry;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.SchemaBuilder;

/** Enum8 and Enum16, carried by name. */
final class EnumType extends ColumnType {

  private final Map<String, Integer> numbers;
  private final String lowest;

  EnumType(String kind, Map<String, Integer> numbers) {
    super(kind + "(" + spelling(numbers) + ")");
    this.numbers = Map.copyOf(numbers);
    this.lowest = numbers.entrySet().stream().min(Entry.comparingByValue()).orElseThrow().getKey();
  }

  private static String spelling(Map<String, Integer> numbers) {
    return numbers.entrySet().stream()
        .sorted(Entry.comparingByValue())
        .map(entry -> quoted(entry.getKey()) + " = " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.string();
  }

  @Override
  public Object zero() {
    return lowest;
  }

  @Override
  public Object fromText(String text) {
    if (!numbers.containsKey(text)) {
      throw new Mismatch("the text is none of the column's names");
    }
    return text;
  }
}

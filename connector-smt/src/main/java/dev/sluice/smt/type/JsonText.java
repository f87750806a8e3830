package dev.sluice.smt.type;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * Writes what has no column type of its own as JSON text. Keys are written in their order, and
 * bytes in base64 as converters do, so that equal values have equal texts, in whatever form they
 * came.
 */
final class JsonText {

  private static final ColumnType TEXT = TextType.string();
  private static final int MAX_DEPTH = 100;

  /** What stands without quotes. */
  private static final Set<WireType> BARE =
      Set.of(
          WireType.INTEGER,
          WireType.BOOLEAN,
          WireType.FLOAT,
          WireType.DOUBLE,
          WireType.DECIMAL,
          WireType.VARIABLE_DECIMAL,
          WireType.VARIABLE_DECIMAL_MAP);

  private final StringBuilder json = new StringBuilder();
  private int depth;

  private JsonText() {}

  static String of(Object value, Schema schema) {
    var text = new JsonText();
    text.write(value, schema);
    return text.json.toString();
  }

  private void write(Object value, Schema schema) {
    if (value == null) {
      json.append("null");
      return;
    }
    if (++depth > MAX_DEPTH) {
      throw new Mismatch("the value is nested too deeply");
    }
    WireType wireType = schema == null ? WireType.ofValue(value) : WireType.of(schema);
    switch (wireType) {
      case LIST -> writeList((List<?>) value, schema == null ? null : schema.valueSchema());
      case STRUCTURE -> writeStructure(value, schema);
      case BYTES -> writeString(Base64.getEncoder().encodeToString(WireType.bytes(value)));
      default -> writeScalar(wireType, (String) wireType.convert(value, schema, TEXT));
    }
    depth--;
  }

  private void writeList(List<?> list, Schema elementSchema) {
    json.append('[');
    String separator = "";
    for (Object element : list) {
      json.append(separator);
      write(element, elementSchema);
      separator = ",";
    }
    json.append(']');
  }

  private void writeStructure(Object structure, Schema schema) {
    Map<String, Member> members = new TreeMap<>();
    if (structure instanceof Struct struct) {
      for (Field field : struct.schema().fields()) {
        Object value = struct.getWithoutDefault(field.name());
        members.put(field.name(), new Member(value, field.schema()));
      }
    } else {
      Schema valueSchema = schema == null ? null : schema.valueSchema();
      ((Map<?, ?>) structure)
          .forEach(
              (key, value) -> members.put(String.valueOf(key), new Member(value, valueSchema)));
    }
    json.append('{');
    String separator = "";
    for (var entry : members.entrySet()) {
      json.append(separator);
      writeString(entry.getKey());
      json.append(':');
      write(entry.getValue().value(), entry.getValue().schema());
      separator = ",";
    }
    json.append('}');
  }

  private void writeScalar(WireType wireType, String text) {
    // JSON has no NaN and no infinities, which are words and stand in quotes.
    if (BARE.contains(wireType) && !text.endsWith("NaN") && !text.endsWith("Infinity")) {
      json.append(text);
    } else {
      writeString(text);
    }
  }

  private void writeString(String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }

  private record Member(Object value, Schema schema) {}
}

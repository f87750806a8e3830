package dev.sluice.smt.type;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * Writes what has no column type of its own as JSON text. Structs keep the order of their fields;
 * maps are written in the order of their keys, so that equal values have equal texts.
 */
final class JsonText {

  private static final ColumnType TEXT = TextType.string();
  private static final int MAX_DEPTH = 100;

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
    WireType wireType = WireType.of(schema);
    if (value instanceof List<?> list) {
      writeList(list, schema == null ? null : schema.valueSchema());
    } else if (value instanceof Struct struct && wireType == WireType.STRUCTURE) {
      writeStruct(struct);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map, schema == null ? null : schema.valueSchema());
    } else {
      writeScalar((String) wireType.convert(value, schema, TEXT), value);
    }
    depth--;
  }

  private void writeList(List<?> list, Schema elementSchema) {
    String separator = "[";
    for (Object element : list) {
      json.append(separator);
      write(element, elementSchema);
      separator = ",";
    }
    json.append(list.isEmpty() ? "[]" : "]");
  }

  private void writeStruct(Struct struct) {
    String separator = "{";
    for (Field field : struct.schema().fields()) {
      json.append(separator);
      writeString(field.name());
      json.append(':');
      write(struct.get(field), field.schema());
      separator = ",";
    }
    json.append(struct.schema().fields().isEmpty() ? "{}" : "}");
  }

  private void writeMap(Map<?, ?> map, Schema valueSchema) {
    Map<String, Object> sorted = new TreeMap<>();
    map.forEach((key, value) -> sorted.put(String.valueOf(key), value));
    String separator = "{";
    for (var entry : sorted.entrySet()) {
      json.append(separator);
      writeString(entry.getKey());
      json.append(':');
      write(entry.getValue(), valueSchema);
      separator = ",";
    }
    json.append(sorted.isEmpty() ? "{}" : "}");
  }

  /** Numbers and booleans stand bare, except for NaN and the infinities, which JSON lacks. */
  private void writeScalar(String text, Object value) {
    boolean bare = value instanceof Number || value instanceof Boolean || value instanceof Struct;
    char last = text.isEmpty() ? ' ' : text.charAt(text.length() - 1);
    boolean finite = last >= '0' && last <= '9' || value instanceof Boolean;
    if (bare && finite) {
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
}

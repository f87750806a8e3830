package dev.sluice.sink;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A column's type, parsed from the canonical spelling of {@code system.columns.type}.
 *
 * <p>LowCardinality is a matter of storage and the same in RowBinary, so it is taken off; Nullable
 * becomes a flag.
 *
 * @param name base name, such as {@code DateTime64}
 * @param arguments what stands in the brackets, split at the top level, such as {@code [6, 'UTC']}
 */
record ClickHouseType(String name, List<String> arguments, boolean nullable) {

  static ClickHouseType parse(String text) {
    int open = text.indexOf('(');
    if (open < 0) {
      return new ClickHouseType(text, List.of(), false);
    }
    String name = text.substring(0, open);
    String inner = text.substring(open + 1, text.length() - 1);
    return switch (name) {
      case "LowCardinality" -> parse(inner);
      case "Nullable" -> {
        ClickHouseType nested = parse(inner);
        yield new ClickHouseType(nested.name, nested.arguments, true);
      }
      default -> new ClickHouseType(name, split(inner), false);
    };
  }

  int number(int index) {
    return Integer.parseInt(arguments.get(index));
  }

  ClickHouseType element() {
    return parse(arguments.get(0));
  }

  /** The names and numbers of an Enum8 or Enum16. */
  Map<String, Integer> enumValues() {
    Map<String, Integer> values = new LinkedHashMap<>();
    for (String argument : arguments) {
      int end = argument.lastIndexOf('\'');
      values.put(
          unquote(argument.substring(1, end)),
          Integer.parseInt(argument.substring(argument.indexOf('=', end) + 1).trim()));
    }
    return values;
  }

  /** Splits at commas outside of quotes and brackets. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    boolean quoted = false;
    int depth = 0;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '\'') {
          quoted = false;
        }
      } else if (c == '\'') {
        quoted = true;
      } else if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && depth == 0) {
        parts.add(text.substring(start, i).trim());
        start = i + 1;
      }
    }
    parts.add(text.substring(start).trim());
    return parts;
  }

  /** Undoes the escapes that ClickHouse writes inside of quotes. */
  private static String unquote(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        c =
            switch (text.charAt(++i)) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case 'r' -> '\r';
              case 'b' -> '\b';
              case 'f' -> '\f';
              case '0' -> '\0';
              default -> text.charAt(i);
            };
      }
      plain.append(c);
    }
    return plain.toString();
  }
}

package dev.sluice.verify;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;

/** A row's key: the canonical text of each of its columns, null for null. */
public record Key(List<String> parts) implements Comparable<Key> {

  private static final Comparator<String> NULLS_FIRST =
      Comparator.nullsFirst(Comparator.naturalOrder());

  @Override
  public int compareTo(Key other) {
    for (int i = 0; i < parts.size(); i++) {
      int order = NULLS_FIRST.compare(parts.get(i), other.parts.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /**
   * A condition of SQL that holds for these keys and no others.
   *
   * @param columns the key's columns, as SQL writes them
   * @param literal what a column is compared with for a text
   */
  static String among(
      Collection<Key> keys, List<String> columns, BiFunction<Integer, String, String> literal) {
    List<String> whole = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    for (Key key : keys) {
      List<String> parts = new ArrayList<>();
      List<String> each = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        String text = key.parts.get(i);
        parts.add(text == null ? "NULL" : literal.apply(i, text));
        each.add(columns.get(i) + (text == null ? " IS NULL" : " = " + parts.get(i)));
      }
      if (each.stream().anyMatch(condition -> condition.endsWith(" IS NULL"))) {
        conditions.add("(" + String.join(" AND ", each) + ")");
      } else {
        whole.add("(" + String.join(", ", parts) + ")");
      }
    }
    if (!whole.isEmpty()) {
      conditions.add("(" + String.join(", ", columns) + ") IN (" + String.join(", ", whole) + ")");
    }
    return conditions.isEmpty() ? "false" : "(" + String.join(" OR ", conditions) + ")";
  }

  @Override
  public String toString() {
    return parts.size() == 1 ? String.valueOf(parts.get(0)) : "(" + String.join(", ", parts) + ")";
  }
}

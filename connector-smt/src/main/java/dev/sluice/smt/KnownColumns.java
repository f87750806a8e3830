package dev.sluice.smt;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The source columns that the settings name.
 *
 * @param mapped those that some column of the row reads
 * @param ignored those that are left out knowingly
 */
record KnownColumns(Set<String> mapped, Set<String> ignored) {

  static KnownColumns of(List<ColumnPlan> columns, List<String> ignored) {
    Set<String> mapped = new LinkedHashSet<>();
    for (ColumnPlan column : columns) {
      if (column.metadata() == null) {
        mapped.add(column.sourceName());
      }
    }
    return new KnownColumns(Set.copyOf(mapped), Set.copyOf(ignored));
  }

  boolean has(String name) {
    return mapped.contains(name) || ignored.contains(name);
  }
}

package dev.sluice.cli;

import dev.sluice.pipeline.TableRoute;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Chooses routes by the names of their source tables: {@code public.orders}, {@code orders} in any
 * schema, {@code public.*}; a star stands for any characters.
 */
final class TablePatterns {

  private TablePatterns() {}

  /**
   * The routes that some pattern matches, in their order; all where there is no pattern.
   *
   * @throws UsageException when a pattern matches none: whoever gave it meant one
   */
  static List<TableRoute> choose(List<TableRoute> routes, List<String> patterns) {
    for (String pattern : patterns) {
      if (routes.stream().noneMatch(route -> matches(pattern, route))) {
        throw new UsageException(
            pattern
                + " matches no table. There are "
                + String.join(", ", routes.stream().map(r -> r.table().toString()).toList())
                + ".");
      }
    }
    return patterns.isEmpty()
        ? routes
        : routes.stream().filter(r -> patterns.stream().anyMatch(p -> matches(p, r))).toList();
  }

  private static boolean matches(String pattern, TableRoute route) {
    String[] literals = pattern.split("\\*", -1);
    StringBuilder regex = new StringBuilder();
    for (String literal : literals) {
      regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
    }
    Pattern compiled = Pattern.compile(regex.toString());
    return compiled.matcher(route.table().toString()).matches()
        || compiled.matcher(route.table().schema() + "." + route.table().table()).matches()
        || compiled.matcher(route.table().table()).matches();
  }
}

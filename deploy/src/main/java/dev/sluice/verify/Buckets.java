package dev.sluice.verify;

import dev.sluice.mapping.TableMapping.MappedColumn;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How both sides cut the table: by the hash of the key into buckets of some dozen rows, so that a
 * difference, or a change under way, costs no more than its neighbours.
 *
 * @param count a power of two, at most 65,536
 * @param sampled how many of them are looked at
 */
record Buckets(int count, int sampled) {

  private static final int ROWS_PER_BUCKET = 64;
  private static final int FEWEST = 16;
  private static final int MOST = 1 << 16;

  /**
   * @param percent of the rows to look at
   */
  static Buckets of(long rows, double percent) {
    long wanted = Math.max(FEWEST, Math.min(MOST, rows / ROWS_PER_BUCKET));
    int count = Integer.highestOneBit((int) wanted);
    return new Buckets(count, (int) Math.max(1, Math.ceil(count * percent / 100)));
  }

  boolean isSample() {
    return sampled < count;
  }

  /**
   * Every value behind its length where it may hold anything, so that no two rows share a text. An
   * array, because functions of Postgres take no more than 100 arguments.
   */
  static String postgresText(List<MappedColumn> columns) {
    return columns.stream()
        .map(
            column -> {
              String text = column.inPostgres();
              return column.form().isFree()
                  ? "coalesce(octet_length(" + text + ") || ':' || " + text + ", '~')"
                  : "coalesce(" + text + ", '~')";
            })
        .collect(Collectors.joining(", ", "array_to_string(ARRAY[", "], '|')"));
  }

  /** The same text in ClickHouse. */
  static String clickHouseText(List<MappedColumn> columns) {
    return columns.stream()
        .map(
            column -> {
              String text = column.inClickHouse();
              return column.form().isFree()
                  ? "ifNull(concat(toString(length(" + text + ")), ':', " + text + "), '~')"
                  : "ifNull(" + text + ", '~')";
            })
        .collect(Collectors.joining(", ", "arrayStringConcat([", "], '|')"));
  }

  static String texts(List<MappedColumn> columns, Function<MappedColumn, String> side) {
    return columns.stream().map(side).collect(Collectors.joining(", "));
  }
}

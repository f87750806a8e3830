package dev.sluice.verify;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One of the two tables, asked the same three questions, each about smaller parts of it. Either
 * table may hold several rows of one key, so nothing is ever collapsed by key.
 */
interface Side {

  /** Rows of a bucket that are not deleted, and the sum of their hashes. */
  record Sum(long rows, String hashes) {}

  /**
   * A row's canonical texts.
   *
   * @param deleted whether it is marked as deleted
   * @param version the text of the version column; null where the table has none in common
   * @param place what tells it from all other rows of the fact table: the text of its sorting key;
   *     null in Postgres
   * @param values one text per column, null for null
   */
  record Row(boolean deleted, String version, String place, List<String> values) {

    /** Those that readers see. */
    static List<Row> living(List<Row> rows) {
      return rows.stream().filter(row -> !row.deleted).toList();
    }

    /** Whether readers see the same: as many rows, with equal values. */
    static boolean same(List<Row> some, List<Row> others) {
      return count(some).equals(count(others));
    }

    private static Map<List<String>, Long> count(List<Row> rows) {
      return living(rows).stream()
          .collect(Collectors.groupingBy(Row::values, Collectors.counting()));
    }
  }

  /** Sums by bucket, of buckets that are not empty. */
  Map<Integer, Sum> sums();

  /** Hashes by key in ascending order, of the rows in these buckets that are not deleted. */
  Map<Key, List<Long>> hashes(Collection<Integer> buckets);

  /** Rows by key, the deleted ones too; keys that are not there are left out. */
  Map<Key, List<Row>> rows(Collection<Key> keys);
}

package dev.sluice.verify;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One of the two tables, asked the same three questions, each about smaller parts of it. */
interface Side {

  /** Rows of a bucket that are not deleted, and the exclusive or of their hashes. */
  record Sum(long rows, long hashes) {}

  /**
   * A row's canonical texts.
   *
   * @param deleted whether it is marked as deleted
   * @param version the text of the version column; null where the table has none in common
   * @param values one text per column, null for null
   */
  record Row(boolean deleted, String version, List<String> values) {
    /** Whether readers see the same: nothing, or equal values. */
    static boolean same(Row one, Row other) {
      boolean noOne = one == null || one.deleted;
      boolean noOther = other == null || other.deleted;
      return noOne || noOther ? noOne && noOther : Objects.equals(one.values, other.values);
    }
  }

  /** Sums by bucket, of buckets that are not empty. */
  Map<Integer, Sum> sums();

  /** Hashes by key, of the rows in these buckets that are not deleted. */
  Map<Key, Long> hashes(Collection<Integer> buckets);

  /** Rows by key, the deleted ones too; those that are not there are left out. */
  Map<Key, Row> rows(Collection<Key> keys);
}

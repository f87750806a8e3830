package dev.sluice.sink;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * Encoded rows of a {@link Batch} that have the same columns, so that one insert can carry them.
 */
final class Section {
  private static final int FIRST_ROWS = 1024;
  private static final int FIRST_BYTES = 64 << 10;

  private final RowBuffer rows = new RowBuffer(FIRST_BYTES);
  private RowWriter writer;
  private int count;
  private int[] ends = new int[FIRST_ROWS];
  private PartitionState[] partitions = new PartitionState[FIRST_ROWS];
  private long[] offsets = new long[FIRST_ROWS];

  /** Hashes of the records' keys; null in the first section of a batch, where nobody asks. */
  private Set<Integer> keys;

  /** Empties it for another use of its memory. */
  Section reopen() {
    rows.truncate(0);
    // Former partitions are not to be kept alive.
    Arrays.fill(partitions, 0, count, null);
    writer = null;
    count = 0;
    keys = null;
    return this;
  }

  Section withKeys() {
    keys = new HashSet<>();
    return this;
  }

  boolean takes(RowWriter candidate) {
    return writer == candidate || writer == null || writer.columns().equals(candidate.columns());
  }

  boolean hasKey(int keyHash) {
    return keys.contains(keyHash);
  }

  /**
   * Appends a row.
   *
   * @throws DataException when a value does not fit; the section is then as it was before
   */
  void add(RowWriter rowWriter, Struct row, PartitionState partition, long offset) {
    rowWriter.write(row, rows);
    writer = rowWriter;
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
      partitions = Arrays.copyOf(partitions, count * 2);
      offsets = Arrays.copyOf(offsets, count * 2);
    }
    ends[count] = rows.size();
    partitions[count] = partition;
    offsets[count] = offset;
    count++;
  }

  void noteKey(int keyHash) {
    if (keys != null) {
      keys.add(keyHash);
    }
  }

  RowWriter writer() {
    return writer;
  }

  RowBuffer rows() {
    return rows;
  }

  int count() {
    return count;
  }

  int bytes() {
    return rows.size();
  }

  /** Where the row begins in {@link #rows}. */
  int startOf(int row) {
    return row == 0 ? 0 : ends[row - 1];
  }

  PartitionState partition(int row) {
    return partitions[row];
  }

  long offset(int row) {
    return offsets[row];
  }

  /** How far an insert reaches that begins with this row and stays within the limits. */
  int reach(int from, int to, InsertLimits limits) {
    int end = (int) Math.min(to, from + (long) limits.rows());
    long lastByte = startOf(from) + (long) limits.bytes();
    if (lastByte >= ends[end - 1]) {
      return end;
    }
    int found = Arrays.binarySearch(ends, from, end, (int) lastByte);
    // One row at least, however large it is.
    return Math.max(from + 1, found >= 0 ? found + 1 : -found - 1);
  }
}

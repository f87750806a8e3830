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
  private static final int FIRST_ROWS = 256;
  private static final int FIRST_BYTES = 16 << 10;

  /** What a row takes beside its bytes: where it ends, its partition and its offset. */
  private static final int INDEX_BYTES = 4 + 8 + 8;

  /** And a key in a set. */
  private static final int KEY_BYTES = 56;

  private final Memory memory;
  private final int rowOverhead;
  private final RowBuffer rows;
  private RowWriter writer;
  private int count;
  private int[] ends = new int[FIRST_ROWS];
  private PartitionState[] partitions = new PartitionState[FIRST_ROWS];
  private long[] offsets = new long[FIRST_ROWS];

  /** Hashes of the records' keys; null in the first section of a batch, where nobody asks. */
  private final Set<Integer> keys;

  /**
   * @throws NoRoomException when the memory has no room for it
   */
  Section(Memory memory, boolean withKeys) {
    this.memory = memory;
    rowOverhead = withKeys ? INDEX_BYTES + KEY_BYTES : INDEX_BYTES;
    memory.take(leastBytes(withKeys));
    rows = new RowBuffer(FIRST_BYTES, memory);
    keys = withKeys ? new HashSet<>() : null;
  }

  /** What an empty one takes. */
  static long leastBytes(boolean withKeys) {
    return FIRST_BYTES + (long) FIRST_ROWS * (withKeys ? INDEX_BYTES + KEY_BYTES : INDEX_BYTES);
  }

  /** Empties it for another use of its memory: only one without keys. */
  void reopen() {
    rows.truncate(0);
    // Former partitions are not to be kept alive.
    Arrays.fill(partitions, 0, count, null);
    writer = null;
    count = 0;
  }

  /** Gives its memory back; it is not to be used again. */
  void release() {
    rows.release();
    memory.giveBack((long) ends.length * rowOverhead);
    ends = new int[0];
    partitions = new PartitionState[0];
    offsets = new long[0];
    count = 0;
  }

  /** What it would take to hold so many rows of so many bytes more; 0 when they have room. */
  long growthFor(int moreRows, long moreBytes) {
    long index = count + moreRows <= ends.length ? 0 : 2L * ends.length * rowOverhead;
    return index + rows.growthFor(moreBytes);
  }

  private void growIndex() {
    int former = ends.length;
    memory.take(2L * former * rowOverhead);
    ends = Arrays.copyOf(ends, former * 2);
    partitions = Arrays.copyOf(partitions, former * 2);
    offsets = Arrays.copyOf(offsets, former * 2);
    memory.giveBack((long) former * rowOverhead);
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
   * @throws NoRoomException when the memory has no room; the section is then as it was before
   */
  void add(RowWriter rowWriter, Struct row, PartitionState partition, long offset) {
    if (count == ends.length) {
      growIndex();
    }
    rowWriter.write(row, rows);
    writer = rowWriter;
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

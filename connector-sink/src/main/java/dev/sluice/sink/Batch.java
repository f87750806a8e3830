package dev.sluice.sink;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/** Encoded rows of one table on their way to it, with what it takes to find each one's record. */
final class Batch {
  /** The offsets of one partition in a batch: from the first record to the one after the last. */
  static final class Span {
    final long first;
    long next;

    private Span(long first) {
      this.first = first;
    }
  }

  private static final int FIRST_ROWS = 1024;
  private static final int FIRST_BYTES = 64 << 10;

  private final RowBuffer rows = new RowBuffer(FIRST_BYTES);
  private final Map<Source, Span> spans = new LinkedHashMap<>();
  private String id;
  private long openedAt;
  private RowWriter writer;
  private int count;
  private int[] ends = new int[FIRST_ROWS];
  private Source[] sources = new Source[FIRST_ROWS];
  private long[] offsets = new long[FIRST_ROWS];
  private long newestTimestamp;
  private Source lastSource;
  private Span lastSpan;

  Batch(long now) {
    reopen(now);
  }

  /** Empties the batch for another use of its memory. */
  Batch reopen(long now) {
    id = UUID.randomUUID().toString();
    openedAt = now;
    rows.truncate(0);
    spans.clear();
    writer = null;
    count = 0;
    newestTimestamp = 0;
    lastSource = null;
    return this;
  }

  /** Whether rows of this writer may join: all rows of a batch have the same columns. */
  boolean takes(RowWriter candidate) {
    return writer == null || writer == candidate;
  }

  /** Appends a row; a DataException leaves the batch as it was. */
  void add(RowWriter rowWriter, Struct row, Source source, long offset, Long timestamp) {
    rowWriter.write(row, rows);
    writer = rowWriter;
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
      sources = Arrays.copyOf(sources, count * 2);
      offsets = Arrays.copyOf(offsets, count * 2);
    }
    ends[count] = rows.size();
    sources[count] = source;
    offsets[count] = offset;
    count++;
    if (timestamp != null) {
      newestTimestamp = Math.max(newestTimestamp, timestamp);
    }
    pass(source, offset);
  }

  /** Notes a record that becomes no row, so that its offset is acknowledged in turn. */
  void pass(Source source, long offset) {
    // Records come partition by partition.
    if (source != lastSource) {
      lastSource = source;
      lastSpan = spans.computeIfAbsent(source, s -> new Span(offset));
    }
    lastSpan.next = offset + 1;
    source.behind = false;
  }

  int count() {
    return count;
  }

  int bytes() {
    return rows.size();
  }

  long ageNanos(long now) {
    return now - openedAt;
  }

  long newestTimestamp() {
    return newestTimestamp;
  }

  Map<Source, Span> spans() {
    return spans;
  }

  Source source(int row) {
    return sources[row];
  }

  long offset(int row) {
    return offsets[row];
  }

  /**
   * Moves each partition on: behind its last record here, or to the first of its rows that was
   * refused, which is noted there.
   *
   * @return where partitions have to go back to
   */
  Map<Source, Long> acknowledge(List<Inserter.Refusal> refusals) {
    Map<Source, Long> refusedFrom = new HashMap<>();
    for (Inserter.Refusal refusal : refusals) {
      refusal.source().refused.put(refusal.offset(), new DataException(refusal.reason()));
      refusedFrom.merge(refusal.source(), refusal.offset(), Math::min);
    }
    spans.forEach(
        (source, span) -> source.acknowledged = refusedFrom.getOrDefault(source, span.next));
    return refusedFrom;
  }

  /** The insert of the rows {@code from} to before {@code to}. */
  Server.Insert insert(String table, String queryPrefix, int from, int to) {
    int fromByte = from == 0 ? 0 : ends[from - 1];
    String queryId = queryPrefix + id + "/" + from + "-" + to;
    return new Server.Insert(table, writer, rows, fromByte, ends[to - 1], queryId, token(from, to));
  }

  /**
   * The id makes the token one of this batch alone: rows that are read again later must land again,
   * all of them, or an older row of equal version could come to stand after a newer one.
   */
  private String token(int from, int to) {
    Map<Source, Span> parts = new LinkedHashMap<>();
    for (int row = from; row < to; row++) {
      long offset = offsets[row];
      parts.computeIfAbsent(sources[row], s -> new Span(offset)).next = offset + 1;
    }
    StringBuilder token = new StringBuilder();
    parts.forEach(
        (source, span) ->
            token.append(source.at(span.first)).append('-').append(span.next - 1).append(' '));
    return token.append(id).toString();
  }
}

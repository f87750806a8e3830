package dev.sluice.sink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * Records on their way into one table: encoded rows, in sections of the same columns, with what it
 * takes to find each one's record; and records that are to be set aside.
 *
 * <p>Sections are inserted one after the other. A row may join an earlier section as long as no
 * later one has a row of its record's key: so the rows of a key keep their order.
 */
final class Batch {
  /** A record that becomes no row, and why. */
  record Letter(SinkRecord record, DataException reason) {}

  private static final int MOST_SECTIONS = 8;

  /**
   * What a record takes that is kept whole to be set aside. Connect does not say how large it is.
   */
  static final int LETTER_BYTES = 16 << 10;

  static final long NEVER = Long.MAX_VALUE;

  private final Memory memory;
  private final List<Section> sections = new ArrayList<>();
  private final List<Letter> letters = new ArrayList<>();

  /** The first offset of each partition. */
  private final Map<PartitionState, Long> firsts = new LinkedHashMap<>();

  private String id;
  private long openedAt;
  private long newestTimestamp;
  private long oldestTimestamp;
  private PartitionState lastPartition;
  private long lastFirst;

  /**
   * @throws NoRoomException when the memory has no room for it
   */
  Batch(long now, Memory memory) {
    this.memory = memory;
    sections.add(new Section(memory, false));
    reopen(now);
  }

  /** Empties the batch for another use of its memory. */
  Batch reopen(long now) {
    id = UUID.randomUUID().toString();
    openedAt = now;
    List<Section> further = sections.subList(1, sections.size());
    further.forEach(Section::release);
    further.clear();
    sections.get(0).reopen();
    forgetLetters();
    firsts.clear();
    newestTimestamp = 0;
    oldestTimestamp = NEVER;
    lastPartition = null;
    return this;
  }

  /** Gives its memory back; it is not to be used again. */
  void release() {
    sections.forEach(Section::release);
    sections.clear();
    forgetLetters();
  }

  private void forgetLetters() {
    memory.giveBack((long) letters.size() * LETTER_BYTES);
    letters.clear();
  }

  /** What it would take to hold so many rows of so many bytes more; 0 when they have room. */
  long growthFor(int rows, long bytes) {
    return sections.get(sections.size() - 1).growthFor(rows, bytes);
  }

  /**
   * Appends a row.
   *
   * @return false when another batch has to take it, because this one has too many sections
   * @throws DataException when a value does not fit; the batch is then as it was before
   * @throws NoRoomException when the memory has no room; the batch is then as it was before
   */
  boolean add(RowWriter writer, Struct row, PartitionState partition, SinkRecord record) {
    Section section = sections.get(sections.size() - 1);
    if (sections.size() > 1 || !section.takes(writer)) {
      int key = keyHash(record.key());
      section = section(writer, key);
      if (section == null) {
        return false;
      }
      section.add(writer, row, partition, record.originalKafkaOffset());
      section.noteKey(key);
    } else {
      section.add(writer, row, partition, record.originalKafkaOffset());
    }
    note(record);
    pass(partition, record.originalKafkaOffset());
    return true;
  }

  private void note(SinkRecord record) {
    if (record.timestamp() != null) {
      long timestamp = record.timestamp();
      newestTimestamp = Math.max(newestTimestamp, timestamp);
      oldestTimestamp = Math.min(oldestTimestamp, timestamp);
    }
  }

  /** The earliest section that may take a row of this key; null when there is none. */
  private Section section(RowWriter writer, int keyHash) {
    Section found = null;
    for (int i = sections.size() - 1; i >= 0; i--) {
      if (sections.get(i).takes(writer)) {
        found = sections.get(i);
      }
      if (i > 0 && sections.get(i).hasKey(keyHash)) {
        break;
      }
    }
    if (found == null && sections.size() < MOST_SECTIONS) {
      found = new Section(memory, true);
      sections.add(found);
    }
    return found;
  }

  private static int keyHash(Object key) {
    return key instanceof byte[] bytes ? Arrays.hashCode(bytes) : key == null ? 0 : key.hashCode();
  }

  /**
   * Takes a record that is to be set aside.
   *
   * @throws NoRoomException when the memory has no room for it
   */
  void add(Letter letter, PartitionState partition) {
    memory.take(LETTER_BYTES);
    letters.add(letter);
    note(letter.record());
    pass(partition, letter.record().originalKafkaOffset());
  }

  /** Notes a record that becomes no row, so that its offset is acknowledged in turn. */
  void pass(PartitionState partition, long offset) {
    // Records come partition by partition.
    if (partition != lastPartition || offset < lastFirst) {
      lastPartition = partition;
      lastFirst = firsts.merge(partition, offset, Math::min);
    }
  }

  List<Section> sections() {
    return sections;
  }

  List<Letter> letters() {
    return letters;
  }

  int count() {
    int count = 0;
    for (Section section : sections) {
      count += section.count();
    }
    return count;
  }

  int bytes() {
    int bytes = 0;
    for (Section section : sections) {
      bytes += section.bytes();
    }
    return bytes;
  }

  /** Whether no record has come into it. */
  boolean isEmpty() {
    return firsts.isEmpty();
  }

  long openedAt() {
    return openedAt;
  }

  long newestTimestamp() {
    return newestTimestamp;
  }

  /** The record timestamp that is furthest back; {@link #NEVER} where none has one. */
  long oldestTimestamp() {
    return oldestTimestamp;
  }

  /** The first offset of each partition that has records here. */
  Map<PartitionState, Long> firsts() {
    return firsts;
  }

  /** The insert of the rows {@code from} to before {@code to} of a section. */
  Server.Insert insert(
      String table, String queryPrefix, Section section, int from, int to, int timeoutMs) {
    String part = id + "/" + sections.indexOf(section) + "/" + from + "-" + to;
    return new Server.Insert(
        table,
        section.writer(),
        section.rows(),
        section.startOf(from),
        section.startOf(to),
        to - from,
        queryPrefix + part,
        token(section, from, to) + part,
        timeoutMs);
  }

  /**
   * The id makes the token one of this batch alone: rows that are read again later must land again,
   * all of them, or an older row of equal version could come to stand after a newer one.
   */
  private static String token(Section section, int from, int to) {
    Map<PartitionState, long[]> parts = new LinkedHashMap<>();
    for (int row = from; row < to; row++) {
      long offset = section.offset(row);
      parts.computeIfAbsent(section.partition(row), s -> new long[] {offset, offset})[1] = offset;
    }
    StringBuilder token = new StringBuilder();
    parts.forEach(
        (partition, span) ->
            token.append(partition.at(span[0])).append('-').append(span[1]).append(' '));
    return token.toString();
  }
}

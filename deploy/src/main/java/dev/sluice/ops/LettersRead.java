package dev.sluice.ops;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which connectors wrote the letters of a partition of a dead letter queue, as far as that was
 * read. Immutable.
 *
 * @param from the first offset that was read
 * @param to the offset after the last that was read
 * @param writers by offset: the connector that the letter's headers name, empty where they name
 *     none
 */
record LettersRead(long from, long to, NavigableMap<Long, String> writers) {

  /** How many letters are remembered of a partition, the newest. */
  static final int MOST = 50_000;

  /** Nothing was read yet, and what comes is from there on. */
  static LettersRead from(long offset) {
    return new LettersRead(offset, offset, Collections.emptyNavigableMap());
  }

  /** Where to read on, for the letters from {@code first} on of a partition that ends there. */
  LettersRead within(long first, long end) {
    long oldest = Math.max(first, end - MOST);
    // A queue that was made anew, or that has grown by more than is remembered.
    if (to > end || to < oldest) {
      return from(oldest);
    }
    return from >= oldest ? this : new LettersRead(oldest, to, writers.tailMap(oldest, true));
  }

  /** The same with what was read up to an offset. */
  LettersRead with(NavigableMap<Long, String> more, long upTo) {
    NavigableMap<Long, String> all = new TreeMap<>(writers);
    all.putAll(more);
    return new LettersRead(from, Math.max(to, upTo), Collections.unmodifiableNavigableMap(all));
  }

  /** The connector that wrote a letter; empty where any may have. */
  String writer(long offset) {
    return writers.getOrDefault(offset, "");
  }
}

package dev.sluice.ops;

import java.util.ArrayDeque;
import java.util.Deque;

/** Records per second, over the last {@value #WINDOW_MILLIS} ms, of a counter. Not thread-safe. */
final class Rates {

  private static final long WINDOW_MILLIS = 5_000;

  private record Count(long at, long count) {}

  private final Deque<Count> counts = new ArrayDeque<>();
  private long changedAt;

  void add(long at, long count) {
    if (counts.isEmpty() || counts.peekLast().count() != count) {
      changedAt = at;
    }
    // A topic that was made anew, or offsets put back, count from there.
    if (!counts.isEmpty() && counts.peekLast().count() > count) {
      counts.clear();
    }
    counts.add(new Count(at, count));
    while (counts.size() > 2 && counts.peek().at() < at - WINDOW_MILLIS) {
      counts.poll();
    }
  }

  /** NaN before the second look. */
  double perSecond() {
    if (counts.size() < 2) {
      return Double.NaN;
    }
    Count first = counts.peekFirst();
    Count last = counts.peekLast();
    return (last.count() - first.count()) * 1000.0 / Math.max(1, last.at() - first.at());
  }

  /** When the counter last moved. */
  long changedAt() {
    return changedAt;
  }
}

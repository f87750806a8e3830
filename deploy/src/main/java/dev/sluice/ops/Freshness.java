package dev.sluice.ops;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/**
 * How fresh a pipeline's facts are, measured from outside and on one clock, this process's.
 *
 * <p>About once a second the end of Postgres's WAL is noted with the time: a mark. Everything
 * committed before a mark is visible once the slot's confirmed position is past it and the sink has
 * had acknowledged what the topic held then; {@link dev.sluice.pipeline.SyncPoint} says why. The
 * time from a mark to there is a sample, and the age of the newest mark that got there is the
 * freshness: whatever was committed before it is visible.
 *
 * <p>So both are upper bounds that hold for idle tables as for busy ones, whatever the converters
 * and the columns are. They are coarse: the heartbeat (1 s), the source's and the sink's offset
 * commits (1 s each) and the look itself (1 s) are in them. A single change is visible sooner:
 * {@link VisibilityProbe} measures that, where it can.
 *
 * <p>Marks are taken from when the source streams first; a snapshot has none. While the pipeline
 * stands still, the freshness grows and the marks wait. Not thread-safe.
 */
final class Freshness {

  private static final int MOST_MARKS = 3600;

  private record Mark(long at, long lsn) {}

  private record Published(long at, Map<TopicPartition, Long> ends) {}

  private final Deque<Mark> marks = new ArrayDeque<>();
  private final Deque<Published> published = new ArrayDeque<>();
  private final Samples samples = new Samples();
  private long visibleUpTo;
  private long since;

  /** Notes the end of the WAL at a time. */
  void mark(long at, long lsn) {
    if (since == 0) {
      since = at;
    }
    if (marks.size() < MOST_MARKS) {
      marks.add(new Mark(at, lsn));
    }
  }

  /**
   * The source has confirmed all before {@code confirmedLsn}.
   *
   * @param ends the topic's ends, read after the slot's position was
   */
  void confirmed(long confirmedLsn, Map<TopicPartition, Long> ends) {
    Mark newest = null;
    while (!marks.isEmpty() && marks.peek().lsn() < confirmedLsn) {
      newest = marks.poll();
      published.add(new Published(newest.at(), ends));
    }
  }

  /** The sink has had acknowledged all before {@code positions}. */
  void acknowledged(long at, Map<TopicPartition, Long> positions) {
    while (!published.isEmpty() && passed(published.peek().ends(), positions)) {
      Published mark = published.poll();
      visibleUpTo = mark.at();
      samples.add(at, at - mark.at());
    }
  }

  private static boolean passed(
      Map<TopicPartition, Long> ends, Map<TopicPartition, Long> positions) {
    return ends.entrySet().stream()
        .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  /** Millis by which the facts are behind, at most; empty before the first mark. */
  OptionalLong current(long at) {
    long from = visibleUpTo > 0 ? visibleUpTo : since;
    return from == 0 ? OptionalLong.empty() : OptionalLong.of(at - from);
  }

  /** The time that a share of the last minute's marks took; empty when none got there. */
  OptionalLong percentile(double share, long at) {
    return samples.percentile(share, at);
  }
}

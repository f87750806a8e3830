package dev.sluice.ops;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/** Times in ms, of the last {@value #WINDOW_MILLIS} ms. Thread-safe. */
final class Samples {

  private static final long WINDOW_MILLIS = 60_000;

  private record Sample(long at, long millis) {}

  private final Deque<Sample> samples = new ArrayDeque<>();

  synchronized void add(long at, long millis) {
    samples.add(new Sample(at, millis));
  }

  /** The time that a share of the samples stayed below; empty when there is none. */
  synchronized OptionalLong percentile(double share, long now) {
    while (!samples.isEmpty() && samples.peek().at() < now - WINDOW_MILLIS) {
      samples.poll();
    }
    long[] sorted = samples.stream().mapToLong(Sample::millis).sorted().toArray();
    if (sorted.length == 0) {
      return OptionalLong.empty();
    }
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return OptionalLong.of(sorted[Math.max(0, index)]);
  }
}

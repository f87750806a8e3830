package dev.sluice.sink;

import java.util.concurrent.TimeUnit;

/** Something that does not work: since when, why, how often it was tried and when to try again. */
final class Backoff {
  private int tries;
  private long since;
  private long next;
  private String reason = "";

  /** Another try has failed. */
  void failed(String why, long waitMs, long now) {
    if (tries == 0) {
      since = now;
    }
    tries++;
    reason = why;
    next = now + TimeUnit.MILLISECONDS.toNanos(waitMs);
  }

  /** It works. */
  void clear() {
    tries = 0;
    reason = "";
  }

  boolean isOn() {
    return tries > 0;
  }

  /** Whether it has to be left alone until later. */
  boolean isWaiting(long now) {
    return isOn() && now - next < 0;
  }

  long dueInMs(long now) {
    return TimeUnit.NANOSECONDS.toMillis(next - now);
  }

  int tries() {
    return tries;
  }

  long since() {
    return since;
  }

  /** Empty while it works. */
  String reason() {
    return reason;
  }
}

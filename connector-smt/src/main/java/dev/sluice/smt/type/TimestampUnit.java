package dev.sluice.smt.type;

/** The unit in which a timestamp without a schema is counted. */
public enum TimestampUnit {
  SECONDS(1),
  MILLIS(1_000),
  MICROS(1_000_000),
  NANOS(1_000_000_000);

  private final long perSecond;
  private final int nanosPerTick;

  TimestampUnit(int perSecond) {
    this.perSecond = perSecond;
    this.nanosPerTick = 1_000_000_000 / perSecond;
  }

  /** The second that a count of ticks since the epoch falls into, also before the epoch. */
  long seconds(long ticks) {
    return Math.floorDiv(ticks, perSecond);
  }

  /** What is left of a count of ticks after {@link #seconds}. */
  int nanos(long ticks) {
    return (int) Math.floorMod(ticks, perSecond) * nanosPerTick;
  }
}

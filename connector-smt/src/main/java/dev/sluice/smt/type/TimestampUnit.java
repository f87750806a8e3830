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

  /** Hands a wall clock's time, counted from the epoch, to the target. */
  Object read(long ticks, ColumnType target) {
    long seconds = Math.floorDiv(ticks, perSecond);
    int nanos = (int) (ticks - seconds * perSecond) * nanosPerTick;
    if (this == NANOS && (ticks == Long.MAX_VALUE || ticks == Long.MIN_VALUE)) {
      return target.fromInfinity(ticks < 0);
    }
    return Infinity.orWallClock(seconds, nanos, target);
  }
}

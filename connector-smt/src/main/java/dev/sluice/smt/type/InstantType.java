package dev.sluice.smt.type;

/** The types that hold a point on the time line. All forms of a time end in fromInstant. */
abstract class InstantType extends ColumnType {

  static final int SECONDS_PER_DAY = 86_400;

  /** Beyond any Postgres timestamp, and small enough to be counted in milliseconds. */
  private static final long FARTHEST_SECOND = 1L << 50;

  /** 9999-12-31T23:59:59 and 0001-01-01T00:00:00, which stand for the two infinities. */
  private static final long END_OF_TIME = 253_402_300_799L;

  private static final long BEGINNING_OF_TIME = -62_135_596_800L;

  final TimeRules rules;

  InstantType(String name, TimeRules rules) {
    super(name);
    this.rules = rules;
  }

  @Override
  public abstract Object fromInstant(long seconds, int nanos);

  @Override
  public Object fromWallClock(long seconds, int nanos) {
    if (seconds > FARTHEST_SECOND || seconds < -FARTHEST_SECOND) {
      throw outOfRange();
    }
    return fromInstant(rules.instantOf(seconds), nanos);
  }

  @Override
  public Object fromDate(long day) {
    return fromWallClock(day * SECONDS_PER_DAY, 0);
  }

  @Override
  public Object fromInfinity(boolean negative) {
    return negative ? fromInstant(BEGINNING_OF_TIME, 0) : fromInstant(END_OF_TIME, 999_000_000);
  }

  @Override
  public Object fromInteger(long number) {
    return rules.unit().read(number, this);
  }

  @Override
  public Object fromText(String text) {
    return IsoText.read(text, this);
  }

  /** Milliseconds since the epoch, the earlier one where the instant lies between two. */
  static long millis(long seconds, int nanos) {
    if (seconds > FARTHEST_SECOND || seconds < -FARTHEST_SECOND) {
      throw outOfRange();
    }
    return seconds * 1_000 + nanos / 1_000_000;
  }
}

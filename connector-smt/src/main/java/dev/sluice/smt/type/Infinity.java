package dev.sluice.smt.type;

/**
 * Recognises the infinities of Postgres where Debezium has turned them into numbers. For timestamps
 * it sends one point far away, counted in whatever unit. For dates it sends days before the first
 * one that Postgres knows; which ones depends on whether a snapshot or the log was read, and in the
 * snapshot also on the JVM's time zone.
 */
final class Infinity {

  private static final long LATEST_SECOND = 9_223_372_036_825L;
  private static final int LATEST_NANOS = 200_000_000;
  private static final long EARLIEST_SECOND = -9_223_372_036_833L;
  private static final int EARLIEST_NANOS = 600_000_000;

  /** 4714-11-24 BC and 5874897-12-31. */
  private static final long FIRST_DAY = -2_440_588;

  private static final long LAST_DAY = 2_145_042_905;

  private static final int LATEST_DAY_IN_LOG = -2_147_472_692;
  private static final int EARLIEST_DAY_IN_LOG = -2_147_472_691;
  private static final long LATEST_DAY_IN_SNAPSHOT = 106_751_991_166L;
  private static final long EARLIEST_DAY_IN_SNAPSHOT = 106_748_361_128L;

  /** Where timestamps of Debezium begin to be infinities, and the last one that Postgres has. */
  private static final int FAR = 290_000;

  /**
   * Debezium's infinities as text are in these years, of either sign; which day, a zone decides.
   */
  private static final int EARLIEST_FAR_YEAR = 292_000_000;

  private static final int LATEST_FAR_YEAR = 293_000_000;

  /** The year of -infinity where Debezium loses its sign, in arrays. */
  private static final int EARLIEST_WITHOUT_SIGN = 292_269_055;

  private Infinity() {}

  /** Whether a year in a text may be that of an infinity. */
  static boolean isFar(int year) {
    return year > FAR || year < -FAR;
  }

  /** A timestamp in a far year, as text that ends with Z though it may have no zone. */
  static Object orTimestamp(long seconds, int nanos, int year, ColumnType target) {
    int distance = Math.abs(year);
    if (distance > EARLIEST_FAR_YEAR && distance < LATEST_FAR_YEAR) {
      return target.fromInfinity(year < 0 || year == EARLIEST_WITHOUT_SIGN);
    }
    return orWallClock(seconds, nanos, target);
  }

  /** A date as text. */
  static Object orDate(long day, int year, ColumnType target) {
    boolean beyond = day < FIRST_DAY || day > LAST_DAY;
    boolean known = isLatest(day) || isEarliest(day);
    return beyond && !known && Math.abs(year) < LATEST_FAR_YEAR
        ? target.fromInfinity(year < 0)
        : orDate(day, target);
  }

  static Object orWallClock(long seconds, int nanos, ColumnType target) {
    if (seconds == LATEST_SECOND && nanos == LATEST_NANOS) {
      return target.fromInfinity(false);
    }
    if (seconds == EARLIEST_SECOND && nanos == EARLIEST_NANOS) {
      return target.fromInfinity(true);
    }
    return target.fromWallClock(seconds, nanos);
  }

  static Object orDate(long day, ColumnType target) {
    if (day >= FIRST_DAY && day <= LAST_DAY) {
      return target.fromDate(day);
    }
    if (isLatest(day)) {
      return target.fromInfinity(false);
    }
    if (isEarliest(day)) {
      return target.fromInfinity(true);
    }
    throw ColumnType.outOfRange();
  }

  private static boolean isLatest(long day) {
    return day == LATEST_DAY_IN_LOG || near(day, LATEST_DAY_IN_SNAPSHOT);
  }

  private static boolean isEarliest(long day) {
    return day == EARLIEST_DAY_IN_LOG || near(day, EARLIEST_DAY_IN_SNAPSHOT);
  }

  /** True for the day itself, a neighbour, and either of them cut down to 32 bits. */
  private static boolean near(long day, long infinite) {
    return Math.abs(day - infinite) <= 1 || Math.abs(day - (int) infinite) <= 1;
  }
}

package dev.sluice.smt.type;

import org.apache.kafka.connect.data.SchemaBuilder;

/** DateTime and DateTime64: ticks since the epoch; what is finer than a tick is cut off. */
final class DateTimeType extends InstantType {

  /** 1900-01-01T00:00:00 and 2299-12-31T23:59:59, the bounds of DateTime64. */
  private static final long FIRST_SECOND = -2_208_988_800L;

  private static final long LAST_SECOND = 10_413_791_999L;

  private final long firstSecond;
  private final long lastSecond;
  private final long ticksPerSecond;

  private DateTimeType(
      String name, long firstSecond, long lastSecond, int precision, TimeRules rules) {
    super(name, rules);
    this.firstSecond = firstSecond;
    this.lastSecond = lastSecond;
    this.ticksPerSecond = (long) Math.pow(10, precision);
  }

  static DateTimeType seconds(String zoneArgument, TimeRules rules) {
    String name = zoneArgument.isEmpty() ? "DateTime" : "DateTime(" + zoneArgument + ")";
    return new DateTimeType(name, 0, (1L << 32) - 1, 0, rules);
  }

  static DateTimeType ticks(int precision, String zoneArgument, TimeRules rules) {
    String zone = zoneArgument.isEmpty() ? "" : ", " + zoneArgument;
    // Counted in nanoseconds, an int64 ends in April 2262.
    long lastSecond = precision == 9 ? Long.MAX_VALUE / 1_000_000_000 - 1 : LAST_SECOND;
    return new DateTimeType(
        "DateTime64(" + precision + zone + ")", FIRST_SECOND, lastSecond, precision, rules);
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.int64();
  }

  @Override
  public Object zero() {
    return 0L;
  }

  @Override
  public Object fromInstant(long seconds, int nanos) {
    if (seconds < firstSecond || seconds > lastSecond) {
      throw outOfRange();
    }
    return seconds * ticksPerSecond + nanos / (1_000_000_000 / ticksPerSecond);
  }
}

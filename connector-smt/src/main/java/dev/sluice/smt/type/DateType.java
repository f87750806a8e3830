package dev.sluice.smt.type;

import org.apache.kafka.connect.data.SchemaBuilder;

/** Date and Date32: days since the epoch. A timestamp gives the day that its zone shows. */
final class DateType extends InstantType {

  private final int firstDay;
  private final int lastDay;

  private DateType(String name, int firstDay, int lastDay, TimeRules rules) {
    super(name, rules);
    this.firstDay = firstDay;
    this.lastDay = lastDay;
  }

  static DateType date(TimeRules rules) {
    return new DateType("Date", 0, 65_535, rules);
  }

  /** From 1900-01-01 to 2299-12-31. */
  static DateType date32(TimeRules rules) {
    return new DateType("Date32", -25_567, 120_529, rules);
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.int32();
  }

  @Override
  public Object zero() {
    return 0;
  }

  @Override
  public Object fromDate(long day) {
    if (day < firstDay || day > lastDay) {
      throw outOfRange();
    }
    return (int) day;
  }

  /** A bare number for a date counts days, whatever unit timestamps have: so Debezium sends it. */
  @Override
  public Object fromInteger(long number) {
    return fromDate(number);
  }

  @Override
  public Object fromWallClock(long seconds, int nanos) {
    return fromDate(Math.floorDiv(seconds, SECONDS_PER_DAY));
  }

  @Override
  public Object fromInstant(long seconds, int nanos) {
    return fromWallClock(rules.wallClockAt(seconds), nanos);
  }
}

package dev.sluice.smt.type;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * How to read times that do not say it themselves.
 *
 * @param unit the unit of bare numbers
 * @param zone where the clock hangs that timestamps without a zone were read from
 */
public record TimeRules(TimestampUnit unit, ZoneId zone) {

  /** Milliseconds, in UTC. */
  public static final TimeRules DEFAULT = new TimeRules(TimestampUnit.MILLIS, ZoneOffset.UTC);

  /** The instant at which the clock on the wall showed this time. */
  long instantOf(long wallClockSeconds) {
    if (zone == ZoneOffset.UTC) {
      return wallClockSeconds;
    }
    var shown = LocalDateTime.ofEpochSecond(wallClockSeconds, 0, ZoneOffset.UTC);
    return wallClockSeconds - zone.getRules().getOffset(shown).getTotalSeconds();
  }

  /** What the clock on the wall shows at this instant. */
  long wallClockAt(long instantSeconds) {
    if (zone == ZoneOffset.UTC) {
      return instantSeconds;
    }
    var instant = java.time.Instant.ofEpochSecond(instantSeconds);
    return instantSeconds + zone.getRules().getOffset(instant).getTotalSeconds();
  }
}

package dev.sluice.smt.random;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;

/** What a source value means, apart from the form in which it travels. */
sealed interface Meaning {

  record Text(String text) implements Meaning {}

  record Whole(long number) implements Meaning {}

  record Flag(boolean value) implements Meaning {}

  record Exact(BigDecimal number) implements Meaning {}

  record Wide(double number) implements Meaning {}

  record Narrow(float number) implements Meaning {}

  record Day(LocalDate date) implements Meaning {}

  record WallClock(LocalDateTime time) implements Meaning {}

  /** A point in time, and how the wire spells it. */
  record Moment(Instant instant, String text) implements Meaning {}

  record TimeOfDay(LocalTime time) implements Meaning {}

  record Infinite(boolean negative) implements Meaning {}

  record Bytes(byte[] bytes) implements Meaning {}

  /** Left out of the event because it did not change. */
  record LeftOut() implements Meaning {}
}

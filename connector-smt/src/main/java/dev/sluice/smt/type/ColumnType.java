package dev.sluice.smt.type;

import java.math.BigDecimal;
import java.util.BitSet;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * A ClickHouse type as the target of a conversion, {@code Nullable} and {@code LowCardinality}
 * stripped. There is one method for each kind of value that Postgres, Debezium and the converters
 * can deliver; a type overrides those that it can hold. What it does not override is refused.
 *
 * <p>Failure semantics: every method either returns the value unchanged in meaning or throws {@link
 * Mismatch}; none truncates, wraps or rounds, except where the type itself is coarser (a float, a
 * date, seconds). Instances are immutable and shared between threads.
 */
public abstract class ColumnType {

  private final String name;
  private final boolean holdsAnyText;

  ColumnType(String name) {
    this(name, false);
  }

  ColumnType(String name, boolean holdsAnyText) {
    this.name = name;
    this.holdsAnyText = holdsAnyText;
  }

  /** Whether {@link #fromText} gives every text back as it is, so that it need not be asked. */
  public final boolean holdsAnyText() {
    return holdsAnyText;
  }

  /** The canonical ClickHouse spelling. */
  public final String name() {
    return name;
  }

  /** A builder for the Connect schema that carries this type's values. */
  public abstract SchemaBuilder schema();

  /** What ClickHouse stores for this type when nothing is given. */
  public abstract Object zero();

  /** Text: a string, an enum's label, a uuid, a number with more digits than a double holds. */
  public Object fromText(String text) {
    throw refused();
  }

  /** A whole number. */
  public Object fromInteger(long number) {
    throw refused();
  }

  public Object fromBoolean(boolean value) {
    throw refused();
  }

  public Object fromDecimal(BigDecimal number) {
    throw refused();
  }

  public Object fromDouble(double number) {
    throw refused();
  }

  /** A float, which keeps its own shorter decimal text. */
  public Object fromFloat(float number) {
    return fromDouble(number);
  }

  /** A point on the time line: seconds since the epoch, and nanoseconds of that second. */
  public Object fromInstant(long seconds, int nanos) {
    throw refused();
  }

  /** What a clock on the wall showed, counted as if it hung in UTC. */
  public Object fromWallClock(long seconds, int nanos) {
    throw refused();
  }

  /** A day, counted from the epoch. */
  public Object fromDate(long day) {
    throw refused();
  }

  /** A time of day without a date. */
  public Object fromTimeOfDay(long nanos) {
    throw refused();
  }

  /** A timestamp or a date as ISO-8601 text. */
  public Object fromIsoText(String text) {
    return IsoText.read(text, this);
  }

  /** The timestamp or date {@code infinity}, or {@code -infinity}. */
  public Object fromInfinity(boolean negative) {
    throw refused();
  }

  public Object fromBytes(byte[] bytes) {
    throw refused();
  }

  /** A string of bits: its last bit is bit 0, and 0 for its length means that it is not known. */
  public Object fromBits(BitSet bits, int length) {
    throw refused();
  }

  /** A struct or a map, with the schema it came with, or null for schemaless input. */
  public Object fromStructure(Object structure, Schema schema) {
    throw refused();
  }

  /** An array, with its schema, or null for schemaless input. */
  public Object fromList(List<?> list, Schema schema) {
    throw refused();
  }

  /** The larger of two versions. */
  public Object laterOf(Object one, Object other) {
    return Math.max((Long) one, (Long) other);
  }

  static Mismatch refused() {
    return new Mismatch("there is no conversion between these types");
  }

  static Mismatch outOfRange() {
    return new Mismatch("the value is out of range");
  }

  @Override
  public final String toString() {
    return name;
  }
}

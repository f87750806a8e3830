package dev.sluice.smt.type;

import java.math.BigDecimal;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Int64 and UInt64: whole numbers, and also timestamps as milliseconds since the epoch. UInt64 is
 * carried as its 64 bits, so that values from 2^63 on are negative numbers in the row.
 */
final class LongType extends InstantType {

  private final boolean unsigned;

  private LongType(String name, boolean unsigned, TimeRules rules) {
    super(name, rules);
    this.unsigned = unsigned;
  }

  static LongType signed(TimeRules rules) {
    return new LongType("Int64", false, rules);
  }

  static LongType unsigned(TimeRules rules) {
    return new LongType("UInt64", true, rules);
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
    return fromInteger(millis(seconds, nanos));
  }

  @Override
  public Object fromInteger(long number) {
    if (unsigned && number < 0) {
      throw outOfRange();
    }
    return number;
  }

  @Override
  public Object laterOf(Object one, Object other) {
    boolean oneIsLarger = Long.compareUnsigned((Long) one, (Long) other) > 0;
    return unsigned ? (oneIsLarger ? one : other) : super.laterOf(one, other);
  }

  @Override
  public Object fromBoolean(boolean value) {
    return value ? 1L : 0L;
  }

  @Override
  public Object fromText(String text) {
    if (IsoText.looksLikeDate(text)) {
      return IsoText.read(text, this);
    }
    return unsigned && text.length() > 18
        ? fromDecimal(Numbers.decimal(text))
        : fromInteger(Numbers.wholeNumber(text));
  }

  @Override
  public Object fromDecimal(BigDecimal number) {
    return unsigned ? Numbers.unsignedNumber(number) : Numbers.wholeNumber(number);
  }

  @Override
  public Object fromDouble(double number) {
    if (unsigned && number >= 0x1p63 && number < 0x1p64) {
      return Numbers.unsignedNumber(new BigDecimal(number));
    }
    return fromInteger(Numbers.wholeNumber(number));
  }
}

package dev.sluice.smt.type;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.SchemaBuilder;

/** Decimal(p, s). */
final class DecimalType extends ColumnType {

  private final int precision;
  private final int scale;

  DecimalType(int precision, int scale) {
    super("Decimal(" + precision + ", " + scale + ")");
    this.precision = precision;
    this.scale = scale;
  }

  @Override
  public SchemaBuilder schema() {
    return Decimal.builder(scale);
  }

  @Override
  public Object zero() {
    return BigDecimal.ZERO.setScale(scale);
  }

  @Override
  public Object fromDecimal(BigDecimal number) {
    if (number.signum() == 0) {
      return zero();
    }
    // Before the rescaling, which would write out as many digits as the exponent says.
    if ((long) number.precision() - number.scale() > precision - scale) {
      throw outOfRange();
    }
    try {
      return number.setScale(scale, RoundingMode.UNNECESSARY);
    } catch (ArithmeticException e) {
      throw new Mismatch("the value has more decimal places than the column");
    }
  }

  @Override
  public Object fromInteger(long number) {
    return fromDecimal(BigDecimal.valueOf(number));
  }

  @Override
  public Object fromDouble(double number) {
    return fromDecimal(Numbers.decimal(number));
  }

  @Override
  public Object fromFloat(float number) {
    return fromDecimal(Numbers.decimal(number));
  }

  @Override
  public Object fromText(String text) {
    return fromDecimal(Numbers.decimal(text));
  }
}

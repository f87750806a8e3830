package dev.sluice.smt.type;

import java.math.BigDecimal;
import org.apache.kafka.connect.data.SchemaBuilder;

/** Float32 and Float64. Decimals become the nearest float; whole numbers have to fit exactly. */
final class FloatType extends ColumnType {

  private final boolean single;

  private FloatType(String name, boolean single) {
    super(name);
    this.single = single;
  }

  static FloatType float32() {
    return new FloatType("Float32", true);
  }

  static FloatType float64() {
    return new FloatType("Float64", false);
  }

  @Override
  public SchemaBuilder schema() {
    return single ? SchemaBuilder.float32() : SchemaBuilder.float64();
  }

  @Override
  public Object zero() {
    return fromDouble(0);
  }

  @Override
  public Object fromInteger(long number) {
    double nearest = single ? (float) number : (double) number;
    // 2^63 casts back to the largest long, which is not what it came from.
    if ((long) nearest != number || nearest == 0x1p63) {
      throw new Mismatch("the whole number has more digits than the float");
    }
    return fromDouble(nearest);
  }

  @Override
  public Object fromBoolean(boolean value) {
    return fromDouble(value ? 1 : 0);
  }

  @Override
  public Object fromText(String text) {
    if (!single) {
      return Numbers.nearestDouble(text);
    }
    double wide = Numbers.nearestDouble(text);
    // Straight from the text: by way of a double it could be rounded twice.
    return Double.isNaN(wide) || Double.isInfinite(wide)
        ? (float) wide
        : finite(Float.parseFloat(text));
  }

  @Override
  public Object fromDecimal(BigDecimal number) {
    if (single) {
      return finite(number.floatValue());
    }
    double nearest = number.doubleValue();
    if (Double.isInfinite(nearest)) {
      throw outOfRange();
    }
    return nearest;
  }

  @Override
  public Object fromDouble(double number) {
    if (!single) {
      return number;
    }
    return Double.isInfinite(number) ? (float) number : finite((float) number);
  }

  private static Float finite(float number) {
    if (Float.isInfinite(number)) {
      throw outOfRange();
    }
    return number;
  }
}

package dev.sluice.smt.type;

import java.math.BigDecimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Int8 to Int32 and UInt8 to UInt32, carried by the narrowest signed Connect type that holds them.
 */
final class IntegerType extends ColumnType {

  private final Schema.Type carrier;
  private final long min;
  private final long max;
  private final Object one;
  private final Object zero;

  private IntegerType(String name, Schema.Type carrier, long min, long max) {
    super(name);
    this.carrier = carrier;
    this.min = min;
    this.max = max;
    this.one = fromInteger(1);
    this.zero = fromInteger(0);
  }

  static IntegerType signed(int bits) {
    Schema.Type carrier =
        switch (bits) {
          case 8 -> Schema.Type.INT8;
          case 16 -> Schema.Type.INT16;
          default -> Schema.Type.INT32;
        };
    long bound = 1L << (bits - 1);
    return new IntegerType("Int" + bits, carrier, -bound, bound - 1);
  }

  static IntegerType unsigned(int bits) {
    Schema.Type carrier =
        switch (bits) {
          case 8 -> Schema.Type.INT16;
          case 16 -> Schema.Type.INT32;
          default -> Schema.Type.INT64;
        };
    return new IntegerType("UInt" + bits, carrier, 0, (1L << bits) - 1);
  }

  @Override
  public SchemaBuilder schema() {
    return new SchemaBuilder(carrier);
  }

  @Override
  public Object zero() {
    return zero;
  }

  @Override
  public Object fromInteger(long number) {
    if (number < min || number > max) {
      throw outOfRange();
    }
    return switch (carrier) {
      case INT8 -> (byte) number;
      case INT16 -> (short) number;
      case INT32 -> (int) number;
      default -> number;
    };
  }

  @Override
  public Object fromBoolean(boolean value) {
    return value ? one : zero;
  }

  @Override
  public Object fromText(String text) {
    return fromInteger(Numbers.wholeNumber(text));
  }

  @Override
  public Object fromDecimal(BigDecimal number) {
    return fromInteger(Numbers.wholeNumber(number));
  }

  @Override
  public Object fromDouble(double number) {
    return fromInteger(Numbers.wholeNumber(number));
  }
}

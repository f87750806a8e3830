package dev.sluice.smt.type;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;

/** String and FixedString(n). Every value has a text; bytes are written in hexadecimal. */
final class TextType extends ColumnType {

  private final int maxBytes;

  /** Texts up to this length fit, whatever their characters are. */
  private final int certainLength;

  private TextType(String name, int maxBytes) {
    super(name, maxBytes == Integer.MAX_VALUE);
    this.maxBytes = maxBytes;
    this.certainLength = maxBytes / 3;
  }

  static TextType string() {
    return new TextType("String", Integer.MAX_VALUE);
  }

  static TextType fixedString(int bytes) {
    return new TextType("FixedString(" + bytes + ")", bytes);
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.string();
  }

  @Override
  public Object zero() {
    return "";
  }

  @Override
  public Object fromText(String text) {
    if (text.length() > certainLength && bytesIn(text) > maxBytes) {
      throw new Mismatch("the text is longer than the column");
    }
    return text;
  }

  private static int bytesIn(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public Object fromIsoText(String text) {
    return fromText(text);
  }

  @Override
  public Object fromInteger(long number) {
    return fromText(Long.toString(number));
  }

  @Override
  public Object fromBoolean(boolean value) {
    return fromText(Boolean.toString(value));
  }

  @Override
  public Object fromDecimal(BigDecimal number) {
    return fromText(number.toPlainString());
  }

  @Override
  public Object fromDouble(double number) {
    return fromText(Numbers.plainText(number));
  }

  @Override
  public Object fromFloat(float number) {
    return fromText(Numbers.plainText(number));
  }

  @Override
  public Object fromInstant(long seconds, int nanos) {
    return fromText(IsoText.ofInstant(seconds, nanos));
  }

  @Override
  public Object fromWallClock(long seconds, int nanos) {
    return fromText(IsoText.ofWallClock(seconds, nanos));
  }

  @Override
  public Object fromDate(long day) {
    return fromText(LocalDate.ofEpochDay(day).toString());
  }

  @Override
  public Object fromTimeOfDay(long nanos) {
    return fromText(IsoText.ofTimeOfDay(nanos));
  }

  @Override
  public Object fromInfinity(boolean negative) {
    return fromText(negative ? "-infinity" : "infinity");
  }

  @Override
  public Object fromBytes(byte[] bytes) {
    return fromText(HexFormat.of().formatHex(bytes));
  }

  @Override
  public Object fromBits(BitSet bits, int length) {
    int digits = Math.max(length, bits.length());
    var text = new StringBuilder(digits);
    for (int i = digits - 1; i >= 0; i--) {
      text.append(bits.get(i) ? '1' : '0');
    }
    return fromText(text.toString());
  }

  @Override
  public Object fromStructure(Object structure, Schema schema) {
    return fromText(JsonText.of(structure, schema));
  }

  @Override
  public Object fromList(List<?> list, Schema schema) {
    return fromText(JsonText.of(list, schema));
  }
}

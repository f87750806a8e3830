package dev.sluice.smt.type;

import java.util.UUID;
import org.apache.kafka.connect.data.SchemaBuilder;

/** UUID, carried as its canonical text. */
final class UuidType extends ColumnType {

  private static final int TEXT_LENGTH = 36;

  UuidType() {
    super("UUID");
  }

  @Override
  public SchemaBuilder schema() {
    return SchemaBuilder.string();
  }

  @Override
  public Object zero() {
    return new UUID(0, 0).toString();
  }

  @Override
  public Object fromText(String text) {
    // UUID.fromString takes shortened groups as well, which would come out as another text.
    if (text.length() == TEXT_LENGTH) {
      try {
        String canonical = UUID.fromString(text).toString();
        if (canonical.equalsIgnoreCase(text)) {
          return canonical;
        }
      } catch (IllegalArgumentException e) {
        // said below, without the value
      }
    }
    throw new Mismatch("the text is not a UUID");
  }
}

package dev.sluice.json;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/**
 * What stands in place of a value that was refused, for Sluice's sink to set its record aside: a
 * Struct of the schema {@value #SCHEMA_NAME} with the reason.
 *
 * <p>An exception would go Connect's own way to the dead letter queue, which takes the record for
 * done before its copy is there, and also where it never gets there (too large, no right, no
 * topic). The sink waits for the copy.
 */
public final class Refused {

  private static final String SCHEMA_NAME = "dev.sluice.Refused";
  private static final String REASON = "reason";
  private static final Schema SCHEMA =
      SchemaBuilder.struct().name(SCHEMA_NAME).field(REASON, Schema.STRING_SCHEMA).build();

  private Refused() {}

  /**
   * @param reason what is wrong, without any value
   */
  public static Struct because(String reason) {
    return new Struct(SCHEMA).put(REASON, reason);
  }

  /** True where the value is one that was refused before. */
  public static boolean is(Struct value) {
    return SCHEMA_NAME.equals(value.schema().name());
  }
}

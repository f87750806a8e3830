package dev.sluice.smt;

import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/**
 * Says to the sink that the source table was truncated: a Struct of the schema {@value
 * #SCHEMA_NAME} with the values that all rows before it are to have. First stands the delete field.
 * The version follows where it is taken from the envelope, because then the truncate has one of its
 * own, above that of every row before it and below that of every row after it.
 *
 * <p>A version that is a column of the source stays as it is in each row: rows that the same
 * transaction wrote after the truncate could have an older one than its commit.
 */
final class TruncateEvent {

  private static final String SCHEMA_NAME = "dev.sluice.Truncate";
  private static final String WHOLE_NUMBER = "U?Int(8|16|32|64)";

  private final ColumnPlan flag;
  private final ColumnPlan version;
  private final Schema schema;

  /**
   * @param version the version column
   * @throws ConfigException when the sink could not tell deleted rows by the delete field
   */
  TruncateEvent(ColumnPlan flag, ColumnPlan version) {
    if (!flag.column().declared().name().matches(WHOLE_NUMBER + "|Bool")) {
      throw new ConfigException(
          ExtractFactRowConfig.DELETE_FIELD,
          flag.name(),
          "with truncate.handling=pass this must be a column of a whole number or Bool, neither"
              + " Nullable nor LowCardinality; its type is "
              + flag.column().declared().name());
    }
    boolean versioned =
        version.metadata() != null && version.column().declared().name().matches(WHOLE_NUMBER);
    this.flag = flag;
    this.version = versioned ? version : null;
    SchemaBuilder fields = SchemaBuilder.struct().name(SCHEMA_NAME);
    fields.field(flag.name(), flag.field().schema());
    if (versioned) {
      fields.field(version.name(), version.field().schema());
    }
    schema = fields.build();
  }

  Struct of(EnvelopePlan plan, Object envelope) {
    Struct truncate = new Struct(schema).put(flag.name(), flag.type().fromBoolean(true));
    if (version != null) {
      truncate.put(
          version.name(), RowBuilder.fromMetadata(plan, envelope, version.metadata(), version));
    }
    return truncate;
  }
}

package dev.sluice.json;

import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.LambdaValidator;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;

/**
 * JSON without schemas: writes the bytes and reads the values of Kafka's own {@code JsonConverter}
 * with {@code schemas.enable=false}, in a fraction of its time, because no tree of nodes stands in
 * between. Topics written by the one are read by the other.
 *
 * <p>It differs from {@code JsonConverter} only where that changes values silently:
 *
 * <ul>
 *   <li>null is null, also where the column has a default ({@code replace.null.with.default} puts
 *       the default in its place unless it is set to false);
 *   <li>a decimal of Connect's logical type is refused: without its schema nobody knows its scale
 *       ({@code decimal.handling.mode=string} gives text);
 *   <li>-0.0 keeps its sign;
 *   <li>a number with more digits than a double keeps, or a whole one beyond 64 bits, is a {@link
 *       java.math.BigDecimal};
 *   <li>half a surrogate pair is refused, and whatever stands behind the value.
 * </ul>
 *
 * <p>Failure semantics: {@link DataException}, which names the field or the byte and never shows a
 * value. Nothing here is worth a retry. One instance serves one thread, as Connect's tasks use it.
 */
public final class SchemalessJsonConverter implements Converter {

  private static final String SCHEMAS_ENABLE = "schemas.enable";

  private static final String REFUSED_HANDLING = "refused.handling";

  private static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(
              SCHEMAS_ENABLE,
              Type.BOOLEAN,
              false,
              LambdaValidator.with(
                  SchemalessJsonConverter::refuseSchemas, () -> "false: the name says it"),
              Importance.LOW,
              "There for those who come from JsonConverter.")
          .define(
              REFUSED_HANDLING,
              Type.STRING,
              "fail",
              ConfigDef.ValidString.in("fail", "pass"),
              Importance.MEDIUM,
              "What becomes of a value that is no JSON: an error, which Connect handles; or, with"
                  + " pass, in front of Sluice's sink, a record that the sink sets aside, and of"
                  + " which it waits for the copy in the dead letter queue.");

  private final JsonWriter writer = new JsonWriter();
  private final JsonReader reader = new JsonReader();
  private boolean passRefused;

  private static void refuseSchemas(String name, Object value) {
    if (Boolean.TRUE.equals(value)) {
      throw new ConfigException(
          name, value, "wanted false; use org.apache.kafka.connect.json.JsonConverter for schemas");
    }
  }

  @Override
  public ConfigDef config() {
    return DEFINITION;
  }

  @Override
  public String version() {
    String version = SchemalessJsonConverter.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  @Override
  public void configure(Map<String, ?> settings, boolean isKey) {
    // The definition refuses what is not allowed.
    AbstractConfig config = new AbstractConfig(DEFINITION, settings, false);
    passRefused = !isKey && config.getString(REFUSED_HANDLING).equals("pass");
  }

  /** Null without a schema has no bytes: a tombstone. */
  @Override
  public byte[] fromConnectData(String topic, Schema schema, Object value) {
    return schema == null && value == null ? null : writer.write(schema, value);
  }

  /**
   * The schema is null, but for what is refused; null stands for no bytes and for JSON's null.
   *
   * @throws DataException when it is no JSON, unless {@code refused.handling} is pass
   */
  @Override
  public SchemaAndValue toConnectData(String topic, byte[] json) {
    if (json == null) {
      return SchemaAndValue.NULL;
    }
    try {
      return new SchemaAndValue(null, reader.read(json));
    } catch (DataException e) {
      if (!passRefused) {
        throw e;
      }
      Struct refused = Refused.because(e.getMessage());
      return new SchemaAndValue(refused.schema(), refused);
    }
  }

  @Override
  public void close() {
    // Holds nothing but memory.
  }
}

package dev.sluice.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The schemas in Strimzi's CRDs. Where one lists an object's properties, others are errors here:
 * Kubernetes would drop them without a word.
 */
final class StrimziSchemas {

  private final Map<String, JsonSchema> schemas = new HashMap<>();

  /** Makes the CRDs, which takes some seconds. */
  StrimziSchemas(Path folder) throws Exception {
    StrimziCrds.generate(folder);
    for (String kind : StrimziCrds.CLASSES.keySet()) {
      JsonNode version =
          new YAMLMapper().readTree(folder.resolve(kind).toFile()).at("/spec/versions/0");
      if (!version.get("name").asText().equals("v1")) {
        throw new AssertionError(kind + " has no v1 but " + version.get("name"));
      }
      ObjectNode schema = (ObjectNode) version.at("/schema/openAPIV3Schema");
      close(schema);
      // What every resource has, and no CRD's schema needs to say more about.
      ObjectNode properties = (ObjectNode) schema.get("properties");
      List.of("apiVersion", "kind", "metadata").forEach(properties::putObject);
      schemas.put(kind, JsonSchemaFactory.getInstance(VersionFlag.V7).getSchema(schema));
    }
  }

  /** What is wrong with the resource. */
  List<String> errors(String kind, JsonNode resource) {
    return schemas.get(kind).validate(resource).stream().map(ValidationMessage::toString).toList();
  }

  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object
        && object.path("properties").isObject()
        && !object.has("additionalProperties")
        && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.put("additionalProperties", false);
    }
    for (Map.Entry<String, JsonNode> part : schema.properties()) {
      // An alternative names only the properties in which it differs.
      if (!part.getKey().matches("oneOf|anyOf|allOf|not")) {
        close(part.getValue());
      }
    }
  }
}

package dev.sluice.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.List;

/** What the published schemas say of a resource. */
final class Schemas {

  private static final ObjectMapper STRICT =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .setAnnotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                /** Fabric8's classes would take anything. */
                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              });

  private final StrimziSchemas strimzi;

  Schemas(Path folder) throws Exception {
    strimzi = new StrimziSchemas(folder);
  }

  /** What is wrong; empty when nothing is. */
  List<String> errors(JsonNode resource) {
    String version = resource.path("apiVersion").asText();
    String kind = resource.path("kind").asText();
    return switch (version) {
      case "kafka.strimzi.io/v1" -> strimzi.errors(kind, resource);
      case "monitoring.coreos.com/v1" -> ofPrometheusOperator(kind, resource);
      case "v1", "apps/v1", "networking.k8s.io/v1", "policy/v1" -> ofKubernetes(kind, resource);
      default -> List.of("no schema for " + version + " " + kind);
    };
  }

  /** Kubernetes' own: unknown, missing and wrongly typed fields. */
  private static List<String> ofKubernetes(String kind, JsonNode resource) {
    try {
      Class.forName("io.kubernetes.client.openapi.models.V1" + kind)
          .getMethod("validateJsonElement", JsonElement.class)
          .invoke(null, JsonParser.parseString(resource.toString()));
      return List.of();
    } catch (InvocationTargetException e) {
      return List.of(e.getCause().toString());
    } catch (ReflectiveOperationException e) {
      return List.of("no schema for " + kind);
    }
  }

  /** The Prometheus operator's: unknown and wrongly typed fields. */
  private static List<String> ofPrometheusOperator(String kind, JsonNode resource) {
    try {
      STRICT.treeToValue(
          resource, Class.forName("io.fabric8.openshift.api.model.monitoring.v1." + kind));
      return List.of();
    } catch (JsonProcessingException e) {
      return List.of(e.getOriginalMessage());
    } catch (ClassNotFoundException e) {
      return List.of("no schema for " + kind);
    }
  }
}

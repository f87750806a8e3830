package dev.sluice.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The resources that are made from connect-configs and deploy/monitoring. */
final class GeneratedFiles {

  private static final Path CONFIGS = Path.of("../connect-configs");
  private static final Path MONITORING = Path.of("monitoring");
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(Feature.WRITE_DOC_START_MARKER, Feature.SPLIT_LINES)
          .enable(Feature.MINIMIZE_QUOTES, Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .enable(Feature.LITERAL_BLOCK_STYLE, Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .build();

  private GeneratedFiles() {}

  /** Path below deploy/kubernetes, and what is to stand there. */
  static Map<String, String> all() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("base/source.yaml", connector("source.json", "source"));
    files.put("sinks/bundled/sink.yaml", connector("sink.json", "sink"));
    files.put("sinks/official/sink.yaml", connector("sink-official.json", "sink"));
    files.put("components/strict/strict.yaml", strict());
    files.put("base/alerts.yaml", alerts());
    files.put("base/exporter.yaml", exporter());
    return files;
  }

  /** Strimzi has class and number of tasks as fields of their own. */
  private static String connector(String file, String component) throws IOException {
    JsonNode spec = YAML.readTree(CONFIGS.resolve(file).toFile());
    ObjectNode config = (ObjectNode) spec.get("config");
    ObjectNode resource =
        resource("kafka.strimzi.io/v1", "KafkaConnector", spec.get("name").asText());
    ObjectNode labels = ((ObjectNode) resource.get("metadata")).putObject("labels");
    labels.put("strimzi.io/cluster", "sluice-connect");
    labels.put("app.kubernetes.io/component", component);
    ObjectNode body = resource.putObject("spec");
    body.set("class", config.remove("connector.class"));
    body.put("tasksMax", config.remove("tasks.max").asInt());
    body.set("config", config);
    return made("connect-configs/" + file, resource);
  }

  private static String strict() throws IOException {
    ObjectNode patch = resource("kafka.strimzi.io/v1", "KafkaConnector", "any");
    patch
        .putObject("spec")
        .set("config", YAML.readTree(CONFIGS.resolve("strict.json").toFile()).get("config"));
    return made("connect-configs/strict.json", patch);
  }

  private static String alerts() throws IOException {
    JsonNode rules = YAML.readTree(MONITORING.resolve("alerts.yml").toFile());
    ObjectNode resource = resource("monitoring.coreos.com/v1", "PrometheusRule", "sluice");
    resource.putObject("spec").set("groups", rules.get("groups"));
    return made("deploy/monitoring/alerts.yml", resource);
  }

  private static String exporter() throws IOException {
    ObjectNode resource = resource("v1", "ConfigMap", "sluice-jmx-exporter");
    resource
        .putObject("data")
        .put("jmx-exporter.yml", Files.readString(MONITORING.resolve("jmx-exporter.yml")));
    return made("deploy/monitoring/jmx-exporter.yml", resource);
  }

  private static ObjectNode resource(String version, String kind, String name) {
    ObjectNode resource = YAML.createObjectNode();
    resource.put("apiVersion", version).put("kind", kind).putObject("metadata").put("name", name);
    return resource;
  }

  private static String made(String from, ObjectNode resource) throws IOException {
    return "# Made from "
        + from
        + ". Renewed as README.md says.\n"
        + YAML.writeValueAsString(resource);
  }
}

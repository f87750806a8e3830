package dev.sluice.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The resources of {@code deploy/kubernetes} against schemas, and against what they are made of.
 */
final class KubernetesTest {

  private static final Path FOLDER = Path.of("kubernetes");
  private static final YAMLMapper YAML = new YAMLMapper();
  private static Schemas schemas;

  @BeforeAll
  static void makeSchemas(@TempDir Path folder) throws Exception {
    schemas = new Schemas(folder);
  }

  @Test
  void filesMadeFromOthersAreUpToDate() throws IOException {
    for (Map.Entry<String, String> file : GeneratedFiles.all().entrySet()) {
      Path path = FOLDER.resolve(file.getKey());
      if (Boolean.getBoolean("kubernetes.write")) {
        Files.writeString(path, file.getValue());
      }
      assertThat(path).as("stale; README.md says how to renew it").hasContent(file.getValue());
    }
  }

  @Test
  void everyResourceFollowsItsSchema() throws IOException {
    List<JsonNode> all = resources();
    assertThat(all).hasSizeGreaterThan(12);
    all.forEach(resource -> assertThat(schemas.errors(resource)).as(name(resource)).isEmpty());
  }

  @Test
  void schemasNoticeFieldsThatAreUnknownMissingOrOfAnotherType() throws IOException {
    for (JsonNode resource : resources()) {
      if (resource.has("data") || resource.path("kind").asText().equals("Namespace")) {
        continue;
      }
      ObjectNode unknown = resource.deepCopy();
      ((ObjectNode) unknown.get("spec")).put("replica", 3);
      assertThat(schemas.errors(unknown)).as("unknown in " + name(resource)).isNotEmpty();
      ObjectNode wrong = resource.deepCopy();
      wrong.put("spec", "none");
      assertThat(schemas.errors(wrong)).as("wrong in " + name(resource)).isNotEmpty();
    }
    ObjectNode deep = (ObjectNode) resource("KafkaConnect", "sluice-connect");
    ((ObjectNode) deep.at("/spec/template/connectContainer/env/0/valueFrom/configMapKeyRef"))
        .put("keys", "x");
    assertThat(schemas.errors(deep)).singleElement().asString().contains("keys");
    ObjectNode missing = (ObjectNode) resource("KafkaConnect", "sluice-connect");
    ((ObjectNode) missing.get("spec")).remove("groupId");
    assertThat(schemas.errors(missing)).singleElement().asString().contains("groupId");
  }

  @Test
  void kustomizationsNameEveryFileBesideThem() throws IOException {
    for (Path file : files("kustomization.yaml")) {
      TreeSet<String> named = new TreeSet<>();
      JsonNode kustomization = YAML.readTree(file.toFile());
      kustomization.path("resources").forEach(path -> named.add(path.asText()));
      kustomization.path("patches").forEach(patch -> named.add(patch.path("path").asText()));
      named.remove("");
      for (String path : named) {
        assertThat(file.resolveSibling(path)).as(file.toString()).exists();
      }
      TreeSet<String> beside = new TreeSet<>();
      for (Path other : files(".yaml")) {
        if (other.getParent().equals(file.getParent()) && !other.equals(file)) {
          beside.add(other.getFileName().toString());
        }
      }
      assertThat(named).as(file.toString()).containsAll(beside);
    }
  }

  @Test
  void kubectlBuildsTheExample() throws Exception {
    List<JsonNode> built = parse(Kubectl.kustomizeOrSkip(FOLDER.resolve("overlays/example")));
    built.forEach(resource -> assertThat(schemas.errors(resource)).as(name(resource)).isEmpty());
    assertThat(built)
        .filteredOn(resource -> !resource.get("kind").asText().equals("Namespace"))
        .allSatisfy(r -> assertThat(r.at("/metadata/namespace").asText()).isEqualTo("sluice"));
    assertThat(find(built, "KafkaConnect", "sluice-connect").at("/spec/image").asText())
        .startsWith("registry.example.com/");
    JsonNode page = find(built, "Deployment", "sluice-ops");
    assertThat(page.at("/spec/template/spec/containers/0/image").asText())
        .startsWith("registry.example.com/");
    assertThat(find(built, "KafkaConnector", "sluice-sink-official").at("/spec/tasksMax").asInt())
        .isEqualTo(4);
    assertThat(find(built, "KafkaConnector", "sluice-source").at("/spec/tasksMax").asInt()).isOne();
  }

  @Test
  void kubectlPutsTheStrictFactTableOverEitherSink(@TempDir Path folder) throws Exception {
    for (String sink : List.of("bundled", "official")) {
      // kubectl reads below the folder that it is given only.
      Path copy = folder.resolve(sink);
      for (Path file : files(".yaml")) {
        Path to = copy.resolve(FOLDER.relativize(file).toString());
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
      Files.writeString(
          Files.createDirectories(copy.resolve("strict")).resolve("kustomization.yaml"),
          "resources: [../sinks/" + sink + "]\ncomponents: [../components/strict]\n");
      List<JsonNode> built = parse(Kubectl.kustomizeOrSkip(copy.resolve("strict")));
      assertThat(built).hasSize(1);
      assertThat(schemas.errors(built.get(0))).isEmpty();
      JsonNode config = built.get(0).at("/spec/config");
      assertThat(config.get("topic2TableMap").asText()).endsWith("=app_user_visits_fact_strict");
      assertThat(config.get("transforms.fact.metadata.columns").asText()).isEqualTo("_version:lsn");
      assertThat(config.has("transforms.fact.renames")).isTrue();
    }
  }

  @Test
  void workersHaveTheSettingsOfWorkerProperties() throws IOException {
    Properties file = new Properties();
    file.load(new StringReader(Files.readString(Path.of("../connect-configs/worker.properties"))));
    Map<String, String> wanted = new TreeMap<>();
    file.forEach((key, value) -> wanted.put(key.toString(), value.toString()));
    JsonNode spec = resource("KafkaConnect", "sluice-connect").get("spec");
    for (String kind : List.of("config", "offset", "status")) {
      assertThat(spec.get(kind + "StorageTopic").asText())
          .isEqualTo(wanted.remove(kind + ".storage.topic"));
    }
    assertThat(spec.get("groupId").asText()).isEqualTo(wanted.remove("group.id"));
    // Strimzi's own affair.
    wanted.keySet().removeAll(List.of("bootstrap.servers", "listeners", "plugin.path"));
    Map<String, String> found = new TreeMap<>();
    spec.get("config").properties().forEach(e -> found.put(e.getKey(), e.getValue().asText()));
    assertThat(found).isEqualTo(wanted);
  }

  @Test
  void workersAreGivenEveryVariableThatConnectorsReferTo() throws IOException {
    TreeSet<String> wanted = new TreeSet<>();
    Matcher reference = Pattern.compile("\\$\\{env:(\\w+)}").matcher(resources().toString());
    while (reference.find()) {
      wanted.add(reference.group(1));
    }
    assertThat(wanted).hasSizeGreaterThan(10);
    TreeSet<String> given = new TreeSet<>();
    resource("KafkaConnect", "sluice-connect")
        .at("/spec/template/connectContainer/env")
        .forEach(variable -> given.add(variable.get("name").asText()));
    assertThat(given).isEqualTo(wanted);
  }

  @Test
  void secretsAreReferredToAndNeverInLine() throws IOException {
    int seen = 0;
    for (JsonNode resource : resources()) {
      for (JsonNode list : resource.findValues("env")) {
        for (JsonNode variable : list) {
          if (variable.get("name").asText().matches(".*(PASSWORD|TOKEN|USER)")) {
            assertThat(variable.at("/valueFrom/secretKeyRef/name").asText())
                .as(variable.get("name").asText())
                .startsWith("sluice-");
            seen++;
          }
        }
      }
      assertThat(resource.get("kind").asText()).isNotEqualTo("Secret");
    }
    assertThat(seen).isEqualTo(9);
  }

  @Test
  void kafkaIsTheVersionThatEverythingElseIs() throws IOException {
    String version = AppInfoParser.getVersion();
    assertThat(resource("Kafka", "sluice").at("/spec/kafka/version").asText()).isEqualTo(version);
    assertThat(resource("KafkaConnect", "sluice-connect").at("/spec/version").asText())
        .isEqualTo(version);
    assertThat(Files.readString(FOLDER.resolve("Dockerfile"))).contains("-kafka-" + version + "\n");
  }

  private static List<JsonNode> resources() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (Path file : files(".yaml")) {
      if (!file.endsWith("kustomization.yaml") && !file.endsWith("strict.yaml")) {
        all.addAll(parse(Files.readString(file)));
      }
    }
    return all;
  }

  private static List<JsonNode> parse(String yaml) throws IOException {
    return YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll();
  }

  private static JsonNode resource(String kind, String name) throws IOException {
    return find(resources(), kind, name);
  }

  private static JsonNode find(List<JsonNode> all, String kind, String name) {
    return all.stream()
        .filter(resource -> name(resource).equals(kind + " " + name))
        .findAny()
        .orElseThrow(() -> new AssertionError("There is no " + kind + " " + name));
  }

  private static String name(JsonNode resource) {
    return resource.path("kind").asText() + " " + resource.at("/metadata/name").asText();
  }

  private static List<Path> files(String end) throws IOException {
    try (Stream<Path> all = Files.walk(FOLDER)) {
      return all.filter(path -> path.toString().endsWith(end)).sorted().toList();
    }
  }
}

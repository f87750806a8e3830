package dev.sluice.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of {@code deploy/monitoring}, and what their expressions ask for. */
final class MonitoringFiles {

  static final Path FOLDER = Path.of("monitoring").toAbsolutePath();
  static final Path RULES = FOLDER.resolve("jmx-exporter.yml");

  private static final Pattern NOT_NAMES =
      Pattern.compile(
          "\"[^\"]*\"|\\{[^}]*}|\\[[^]]*]|\\b(?:by|without|on|ignoring)\\s*\\([^)]*\\)");
  private static final Pattern NAME = Pattern.compile("\\b([a-z_][a-z0-9_]*)\\b(?!\\s*\\()");
  private static final Pattern GROUPING = Pattern.compile("\\bby\\s*\\(([^)]*)\\)");
  private static final Set<String> WORDS =
      Set.of("and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset");
  // What Prometheus itself puts on a series.
  private static final Set<String> ADDED = Set.of("namespace", "job", "instance");

  private MonitoringFiles() {}

  /** An expression, the names of its series, and the labels that it groups by. */
  record Expression(String where, String text) {

    Set<String> series() {
      Set<String> names = new TreeSet<>();
      Matcher name = NAME.matcher(NOT_NAMES.matcher(text).replaceAll(" "));
      while (name.find()) {
        if (!WORDS.contains(name.group(1))) {
          names.add(name.group(1));
        }
      }
      return names;
    }

    Set<String> labels() {
      Set<String> labels = new TreeSet<>();
      Matcher grouping = GROUPING.matcher(text);
      while (grouping.find()) {
        labels.addAll(List.of(grouping.group(1).strip().split("\\s*,\\s*")));
      }
      labels.removeAll(ADDED);
      return labels;
    }
  }

  static List<JsonNode> alerts() {
    List<JsonNode> alerts = new ArrayList<>();
    read(new YAMLMapper(), "alerts.yml")
        .get("groups")
        .forEach(g -> g.get("rules").forEach(alerts::add));
    return alerts;
  }

  /** Those of alerts and dashboard. */
  static List<Expression> expressions() {
    List<Expression> all = new ArrayList<>();
    alerts().forEach(a -> all.add(new Expression(a.get("alert").asText(), a.get("expr").asText())));
    all.addAll(dashboard());
    return all;
  }

  static List<Expression> dashboard() {
    List<Expression> all = new ArrayList<>();
    for (JsonNode panel : read(new ObjectMapper(), "dashboard.json").get("panels")) {
      for (JsonNode target : panel.path("targets")) {
        all.add(
            new Expression("panel " + panel.get("title").asText(), target.get("expr").asText()));
      }
    }
    return all;
  }

  private static JsonNode read(ObjectMapper mapper, String file) {
    try {
      return mapper.readTree(FOLDER.resolve(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.junit.jupiter.api.Test;

/**
 * The settings in README.md are made from the ConfigDef. This test fails when they are stale; to
 * renew them:
 *
 * <pre>mvn -q -pl connector-smt test -Dtest=SettingsReferenceTest -Dsettings.write=true</pre>
 */
class SettingsReferenceTest {

  private static final Path README = Path.of("README.md");
  private static final String BEGIN = "<!-- settings: made from the ConfigDef -->\n";
  private static final String END = "<!-- end of settings -->\n";

  @Test
  void readmeShowsTheSettingsAsTheyAre() throws IOException {
    String readme = Files.readString(README);
    int begin = readme.indexOf(BEGIN) + BEGIN.length();
    int end = readme.indexOf(END);
    String renewed = readme.substring(0, begin) + reference() + readme.substring(end);
    if (Boolean.getBoolean("settings.write")) {
      Files.writeString(README, renewed);
    }

    assertThat(Files.readString(README))
        .as("README.md is stale; the comment of this test says how to renew it")
        .isEqualTo(renewed);
  }

  private static String reference() {
    var text = new StringBuilder();
    ConfigDef definition = new ExtractFactRow<>().config();
    for (String group : definition.groups()) {
      text.append("\n### ").append(group).append("\n\n");
      text.append("| setting | default | allowed | meaning |\n|---|---|---|---|\n");
      definition.configKeys().values().stream()
          .filter(key -> key.group.equals(group))
          .sorted((one, other) -> Integer.compare(one.orderInGroup, other.orderInGroup))
          .forEach(key -> text.append(row(key)));
    }
    return text.append('\n').toString();
  }

  private static String row(ConfigKey key) {
    return "| `%s` | %s | %s | %s |\n"
        .formatted(key.name, defaultOf(key), key.validator, key.documentation);
  }

  private static String defaultOf(ConfigKey key) {
    if (!key.hasDefault()) {
      return "required";
    }
    if (key.defaultValue == null || key.defaultValue.equals(List.of())) {
      return "none";
    }
    return key.defaultValue instanceof List<?> list
        ? "`" + String.join(",", list.stream().map(String::valueOf).toList()) + "`"
        : "`" + key.defaultValue + "`";
  }
}

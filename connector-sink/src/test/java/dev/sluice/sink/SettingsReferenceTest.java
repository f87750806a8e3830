package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.junit.jupiter.api.Test;

/**
 * The settings in README.md are those of the code. To write them anew: {@code mvn -pl
 * connector-sink test -Dtest=SettingsReferenceTest -Dreference=write}
 */
class SettingsReferenceTest {
  private static final Path README = Path.of("README.md");
  private static final String BEGIN = "<!-- settings: generated, see SettingsReferenceTest -->\n";
  private static final String END = "<!-- /settings -->";

  @Test
  void readmeListsTheSettingsOfTheCode() throws IOException {
    String text = Files.readString(README);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    String expected = text.substring(0, begin) + table() + text.substring(end);

    if ("write".equals(System.getProperty("reference"))) {
      Files.writeString(README, expected);
    } else {
      assertThat(text)
          .as("settings in README.md; to write them anew see the javadoc of this test")
          .isEqualTo(expected);
    }
  }

  private static String table() {
    ConfigDef def = SinkConfig.DEFINITION;
    StringBuilder text = new StringBuilder();
    for (String group : def.groups()) {
      text.append("\n### ")
          .append(group)
          .append("\n| setting | default | meaning |\n|---|---|---|\n");
      text.append(
          def.configKeys().values().stream()
              .filter(key -> key.group.equals(group))
              .sorted(Comparator.comparingInt(key -> key.orderInGroup))
              .map(SettingsReferenceTest::row)
              .collect(Collectors.joining()));
    }
    return text.append('\n').toString();
  }

  private static String row(ConfigKey key) {
    String fallback =
        key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : "required";
    String valid =
        String.valueOf(key.validator).isEmpty() || key.validator == null
            ? ""
            : " Valid: " + key.validator + ".";
    return "| `%s` | %s | %s%s |\n"
        .formatted(
            key.name,
            fallback.isEmpty() || key.type == ConfigDef.Type.PASSWORD ? "none" : fallback,
            key.documentation,
            valid);
  }
}

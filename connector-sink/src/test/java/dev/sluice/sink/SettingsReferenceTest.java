package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.junit.jupiter.api.Test;

/**
 * The settings and error codes in README.md are those of the code. To write them anew: {@code mvn
 * -q -B -pl connector-sink test -Dtest=SettingsReferenceTest -Dreference=write}
 */
class SettingsReferenceTest {
  private static final Path README = Path.of("README.md");

  @Test
  void readmeSaysWhatTheCodeSays() throws IOException {
    String text = Files.readString(README);
    String expected = replace(replace(text, "settings", settings()), "codes", codes());

    if ("write".equals(System.getProperty("reference"))) {
      Files.writeString(README, expected);
    } else {
      assertThat(text)
          .as("README.md is stale; to write it anew see the javadoc of this test")
          .isEqualTo(expected);
    }
  }

  private static String replace(String text, String section, String content) {
    String begin = "<!-- " + section + ": generated, see SettingsReferenceTest -->\n";
    String end = "<!-- /" + section + " -->";
    assertThat(text).contains(begin, end);
    return text.substring(0, text.indexOf(begin) + begin.length())
        + content
        + text.substring(text.indexOf(end));
  }

  private static String settings() {
    ConfigDef def = SinkSettings.DEFINITION;
    StringBuilder text = new StringBuilder();
    for (String group : def.groups()) {
      text.append("\n### ").append(group);
      text.append("\n| setting | default | meaning |\n|---|---|---|\n");
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
    String valid = key.validator == null ? "" : " Valid: " + key.validator + ".";
    return "| `%s` | %s | %s%s |\n"
        .formatted(
            key.name,
            fallback.isEmpty() || key.type == ConfigDef.Type.PASSWORD ? "none" : fallback,
            key.documentation,
            valid);
  }

  private static String codes() {
    return "| | ClickHouse error codes |\n|---|---|\n"
        + codes("can pass: tried again", Fault.Kind.PASSING)
        + codes("somebody has to act: tried again", Fault.Kind.WAITING)
        + codes("the insert is too large: sent in parts", Fault.Kind.TOO_LARGE)
        + codes("a row, the table or a view: other rows tell", Fault.Kind.UNSURE)
        + codes("rows are bad", Fault.Kind.REFUSED);
  }

  private static String codes(String what, Fault.Kind kind) {
    return Arrays.stream(ErrorCode.values())
        .filter(code -> code.kind == kind)
        .map(code -> code.number + " " + code)
        .collect(Collectors.joining(", ", "| " + what + " | ", " |\n"));
  }
}

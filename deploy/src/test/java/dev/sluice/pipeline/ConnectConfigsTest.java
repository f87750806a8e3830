package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The files of connect-configs agree with one another. */
final class ConnectConfigsTest {

  private static final Path CONFIGS = Path.of("../connect-configs");

  @Test
  void transformAndFactTablesHaveTheSameColumns() throws IOException {
    ConnectorSpec sink = ConnectorSpec.read(CONFIGS.resolve("sink.json"));
    assertThat(schema(sink)).isEqualTo(columns(FactTable.DEFAULT));
    assertThat(schema(sink.with(CONFIGS.resolve("strict.json"))))
        .isEqualTo(columns(FactTable.STRICT));
  }

  @Test
  void bothSinksHaveTheSameTransform() {
    Map<String, String> bundled = transform("sink.json");
    // What it passes on only our own sink understands.
    assertThat(bundled.remove("transforms.fact.refused.handling")).isEqualTo("pass");
    assertThat(bundled).isEqualTo(transform("sink-official.json")).isNotEmpty();
  }

  @Test
  void everySettingThatIsASecretIsAReference() {
    for (String file : new String[] {"source.json", "sink.json", "sink-official.json"}) {
      ConnectorSpec.read(CONFIGS.resolve(file))
          .config()
          .forEach(
              (setting, value) -> {
                if (setting.contains("password")) {
                  assertThat(value).as(file + ": " + setting).matches("\\$\\{env:SLUICE_\\w+}");
                }
              });
    }
  }

  private static Map<String, String> transform(String file) {
    Map<String, String> config =
        new java.util.TreeMap<>(ConnectorSpec.read(CONFIGS.resolve(file)).config());
    config.keySet().removeIf(setting -> !setting.startsWith("transforms"));
    return config;
  }

  private static String schema(ConnectorSpec sink) {
    return sink.config().get("transforms.fact.schema");
  }

  private static String columns(FactTable table) throws IOException {
    String sql = Files.readString(CONFIGS.resolve(table.sqlFile()));
    Matcher create =
        Pattern.compile(
                "CREATE TABLE IF NOT EXISTS " + table.tableName() + " \\(\n(.*?)\n\\)",
                Pattern.DOTALL)
            .matcher(sql);
    assertThat(create.find()).isTrue();
    return create.group(1).strip().replaceAll("\\s+", " ");
  }
}

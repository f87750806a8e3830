package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.sink.SinkConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactSinkConnectorTest {
  private final FactSinkConnector connector = new FactSinkConnector();

  @Test
  void connectFindsThePlugin() {
    assertThat(ServiceLoader.load(SinkConnector.class))
        .hasAtLeastOneElementOfType(FactSinkConnector.class);
  }

  @Test
  void validateNamesTheHostThatDoesNotAnswer() throws IOException {
    int port = freePort();

    assertThat(errors(Map.of("hostname", "127.0.0.1", "port", "" + port)))
        .containsOnlyKeys("hostname")
        .hasEntrySatisfying(
            "hostname",
            messages ->
                assertThat(messages.get(0)).contains("127.0.0.1").contains("Connection refused"));
  }

  @Test
  void validateSaysWhatIsWrongBeforeItTriesToConnect() {
    assertThat(
            errors(
                Map.of(
                    "hostname", "h:x",
                    "topic2TableMap", "visits",
                    "clickhouseSettings", "wait_for_async_insert=0",
                    "compression", "zip",
                    "ssl.ca.certificate", "/no/such/file")))
        .containsOnlyKeys(
            "hostname",
            "topic2TableMap",
            "clickhouseSettings",
            "compression",
            "ssl.ca.certificate");
  }

  @Test
  void certificatesThatCannotBeReadAreNamed(@TempDir Path dir) throws IOException {
    String file = Files.writeString(dir.resolve("file"), "no certificate").toString();
    Map<String, String> settings = new HashMap<>();
    settings.put("hostname", "127.0.0.1");
    settings.put("ssl", "true");
    settings.put("ssl.client.certificate", file);
    settings.put("ssl.client.key", file);

    assertThat(errors(settings)).containsOnlyKeys("ssl.client.key");
    assertThat(errors(settings).get("ssl.client.key").get(0)).contains("RSA");
  }

  @Test
  void truncatesAreRefusedWithSeveralTasks() {
    Map<String, String> settings =
        Map.of("hostname", "h", "truncate.enabled", "true", "tasks.max", "2");

    assertThat(errors(settings)).containsOnlyKeys("truncate.enabled");
    assertThatThrownBy(() -> connector.start(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("tasks.max=1");
  }

  @Test
  void hostsTakeTheirOwnPortOrTheCommonOne() {
    SinkConfig config =
        SinkConfig.of(Map.of("hostname", "a,b:1,[::1],[::1]:2", "port", "9", "name", "c"));

    assertThat(config.hosts())
        .containsExactly(
            new SinkConfig.Host("a", 9),
            new SinkConfig.Host("b", 1),
            new SinkConfig.Host("[::1]", 9),
            new SinkConfig.Host("[::1]", 2));
  }

  @Test
  void aTopicWithoutAnEntryGoesToTheTableOfItsName() {
    SinkConfig config = SinkConfig.of(Map.of("hostname", "h", "topic2TableMap", "a=b"));

    assertThat(config.table("a")).isEqualTo("b");
    assertThat(config.table("c")).isEqualTo("c");
  }

  @Test
  void thePasswordIsNotInTheTextOfTheSettings() {
    SinkConfig config = SinkConfig.of(Map.of("hostname", "h", "password", "secret"));

    assertThat(config.toString()).doesNotContain("secret");
  }

  private Map<String, List<String>> errors(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("topics", "visits"));
    all.putAll(settings);
    return connector.validate(all).configValues().stream()
        .filter(value -> !value.errorMessages().isEmpty())
        .collect(Collectors.toMap(ConfigValue::name, ConfigValue::errorMessages));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

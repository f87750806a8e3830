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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    assertThat(errors(settings).get("ssl.client.key").get(0)).contains("PKCS#8");
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
  void aTopicGoesToTheTableOfItsPresentNameElseOfItsFormerOneElseToTheTableCalledLikeIt() {
    SinkConfig config = SinkConfig.of(Map.of("hostname", "h", "topic2TableMap", "a=b, c=d"));

    assertThat(config.table("a", "a")).isEqualTo("b");
    assertThat(config.table("e", "e")).isEqualTo("e");
    assertThat(config.table("a", "c")).isEqualTo("b");
    assertThat(config.table("renamed", "c")).isEqualTo("d");
    assertThat(config.table("renamed", "e")).isEqualTo("renamed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wait_for_async_insert=0",
        " wait_for_async_insert = 0 ",
        "wait_for_async_insert=false",
        "async_insert=1, wait_for_async_insert=0",
        "input_format_with_types_use_header=0",
        "input_format_allow_errors_num=10",
        "read_overflow_mode=break",
        "insert_distributed_sync=0"
      })
  void noSettingMayMakeAcknowledgedRowsUnsafe(String unsafe) {
    assertThat(errors(Map.of("hostname", "h", "clickhouseSettings", unsafe)))
        .containsOnlyKeys("clickhouseSettings");
  }

  @Test
  void badRecordsDoNotVanishWithoutATrace() {
    assertThat(errors(Map.of("hostname", "h", "errors.tolerance", "all")))
        .containsOnlyKeys("errors.tolerance");
    assertThat(
            SinkConfig.contradictions(
                Map.of("errors.tolerance", "all", "errors.log.enable", "true")))
        .isEmpty();
    assertThat(
            SinkConfig.contradictions(
                Map.of("errors.tolerance", "all", "errors.deadletterqueue.topic.name", "letters")))
        .isEmpty();
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

package dev.sluice.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConnectorSpecTest {

  @TempDir private Path folder;

  @Test
  void readsTheFormOfTheRestApi() throws IOException {
    ConnectorSpec spec =
        ConnectorSpec.read(
            file("{\"name\": \"a\", \"config\": {\"topics\": \"t\", \"tasks.max\": 2}}"));
    assertThat(spec.config()).isEqualTo(Map.of("name", "a", "topics", "t", "tasks.max", "2"));
    assertThat(spec.isSink()).isTrue();
  }

  @Test
  void overlayReplacesAndAdds() throws IOException {
    ConnectorSpec spec = new ConnectorSpec("a", Map.of("x", "1", "y", "2"));
    assertThat(spec.with(file("{\"config\": {\"y\": \"3\", \"z\": \"4\"}}")).config())
        .isEqualTo(Map.of("name", "a", "x", "1", "y", "3", "z", "4"));
    assertThat(spec.withKnown(Map.of("y", "5", "other", "6")).config())
        .isEqualTo(Map.of("name", "a", "x", "1", "y", "5"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"config\": {}}               | \"name\" is missing",
        "{\"name\": \"a\"}              | \"config\" is missing",
        "{\"name\": \"a\", \"config\": {\"x\": []}}   | \"x\" must be a text",
        "{\"name\": \"a\", \"config\": {\"x\": null}} | \"x\" must be a text",
        "{\"name\": \"a\",              | not JSON: line 1",
      })
  void whatIsWrongWithAFileIsNamed(String json, String message) throws IOException {
    Path file = file(json);
    assertThatThrownBy(() -> ConnectorSpec.read(file))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void missingFileIsNamed() {
    Path file = folder.resolve("absent.json");
    assertThatThrownBy(() -> ConnectorSpec.read(file))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining(file.toString());
  }

  private Path file(String json) throws IOException {
    return Files.writeString(folder.resolve("connector.json"), json);
  }
}

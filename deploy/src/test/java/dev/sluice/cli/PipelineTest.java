package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import dev.sluice.connect.ConnectorSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PipelineTest {

  @Test
  void aSinkThatReadsByAPatternIsNamedWithIt() {
    ConnectorSpec sink = new ConnectorSpec("all", Map.of("topics.regex", "shop\\..*"));

    assertThatThrownBy(() -> Pipeline.topic(sink, null))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("all reads all topics that match topics.regex = shop\\..*")
        .hasMessageContaining("--sink FILE");
  }

  @Test
  void aSinkWithoutTopicsSaysSo() {
    assertThatThrownBy(() -> Pipeline.topic(new ConnectorSpec("none", Map.of()), null))
        .hasMessage("none names no topic.");
    assertThat(Pipeline.topic(new ConnectorSpec("two", Map.of("topics", "a, b")), null))
        .isEqualTo("a");
  }
}

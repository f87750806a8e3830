package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.servers.ConnectorSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a worker is given to try. */
final class RegistrationTest {

  @Test
  void aTrialReadsNoTopicAndMakesNoQueue() {
    ConnectorSpec sink =
        new ConnectorSpec(
            "shop-sink",
            Map.of(
                "topics", "shop.orders",
                "tasks.max", "4",
                "errors.tolerance", "all",
                "errors.deadletterqueue.topic.name", "letters",
                "transforms.fact.schema", "id Int32"));
    assertThat(Registration.trial(sink).config())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "name", "shop-sink-trial",
                "topics.regex", "none[.]{250}",
                "tasks.max", "1",
                "transforms.fact.schema", "id Int32"));
  }
}

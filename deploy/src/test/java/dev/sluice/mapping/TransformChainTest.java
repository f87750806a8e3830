package dev.sluice.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import dev.sluice.mapping.TransformChain.Way;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TransformChainTest {

  private static final String FACT = "dev.sluice.smt.ExtractFactRow";
  private static final String ROUTER = "org.apache.kafka.connect.transforms.RegexRouter";
  private static final String TOPIC_NAME_MATCHES =
      "org.apache.kafka.connect.transforms.predicates.TopicNameMatches";

  private static Map<String, String> config(String... pairs) {
    Map<String, String> config = new HashMap<>(Map.of("name", "sink"));
    for (int i = 0; i < pairs.length; i += 2) {
      config.put(pairs[i], pairs[i + 1]);
    }
    return config;
  }

  private static Way of(Map<String, String> config, String topic) {
    return new TransformChain(config).of(topic);
  }

  @Test
  void withoutTransformsATopicStaysWhatItIs() {
    assertThat(of(config(), "a.b.c")).isEqualTo(new Way(null, "a.b.c", "a.b.c"));
    assertThat(new TransformChain(config()).extractsFactRows()).isFalse();
  }

  @Test
  void routersBeforeAndAfterTheTransformGiveNames() {
    Map<String, String> config =
        config(
            "transforms", "short, fact, fine",
            "transforms.short.type", ROUTER,
            "transforms.short.regex", "shop\\.public\\.(.*)",
            "transforms.short.replacement", "$1",
            "transforms.fact.type", FACT,
            "transforms.fine.type", ROUTER,
            "transforms.fine.regex", "orders",
            "transforms.fine.replacement", "orders_fact");

    assertThat(of(config, "shop.public.orders"))
        .isEqualTo(new Way("transforms.fact.", "orders", "orders_fact"));
    assertThat(of(config, "shop.sales.orders"))
        .isEqualTo(new Way("transforms.fact.", "shop.sales.orders", "shop.sales.orders"));
  }

  @Test
  void aPredicateChoosesTheTransformOfATopic() {
    Map<String, String> config =
        config(
            "transforms", "one,other",
            "transforms.one.type", FACT,
            "transforms.one.predicate", "isOrder",
            "transforms.other.type", FACT,
            "transforms.other.predicate", "isOrder",
            "transforms.other.negate", "true",
            "predicates.isOrder.type", TOPIC_NAME_MATCHES,
            "predicates.isOrder.pattern", ".*orders");

    assertThat(of(config, "orders").extractor()).isEqualTo("transforms.one.");
    assertThat(of(config, "notes").extractor()).isEqualTo("transforms.other.");
  }

  @Test
  void aPredicateThatATopicDoesNotTellIsRefusedByName() {
    Map<String, String> config =
        config(
            "transforms", "fact",
            "transforms.fact.type", FACT,
            "transforms.fact.predicate", "p",
            "predicates.p.type", "com.example.Odd");

    assertThatThrownBy(() -> of(config, "orders"))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("sink: transforms.fact.predicate = p is a com.example.Odd")
        .hasMessageContaining("TopicNameMatches is supported");
  }

  @Test
  void aTransformForAllButTombstonesIsForTheTopic() {
    Map<String, String> config =
        config(
            "transforms", "fact",
            "transforms.fact.type", FACT,
            "transforms.fact.predicate", "empty",
            "transforms.fact.negate", "true",
            "predicates.empty.type",
                "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone");

    assertThat(of(config, "orders").extractor()).isEqualTo("transforms.fact.");
  }
}

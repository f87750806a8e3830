package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.SluiceException;
import dev.sluice.servers.ConnectorSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TopologyTest {

  private static final ConnectorSpec SHOP =
      source("shop-source", "shop", "heartbeat.interval.ms", "1000");
  private static final ConnectorSpec SHOP_EU = source("eu-source", "shop.eu");

  private static ConnectorSpec source(String name, String prefix, String... more) {
    return connector(name, Map.of("topic.prefix", prefix), more);
  }

  private static ConnectorSpec sink(String name, String... settings) {
    return connector(
        name,
        Map.of(
            "transforms", "fact",
            "transforms.fact.type", "dev.sluice.smt.ExtractFactRow",
            "transforms.fact.schemas",
                "shop.public.orders (id Int64); shop.public.notes (id String, text String)",
            "transforms.fact.key.columns", "id",
            "transforms.fact.renames", "shop.public.notes.body:text",
            "errors.deadletterqueue.topic.name", "shop.public.letters"),
        settings);
  }

  private static ConnectorSpec connector(
      String name, Map<String, String> settings, String... more) {
    Map<String, String> config = new HashMap<>(settings);
    for (int i = 0; i < more.length; i += 2) {
      config.put(more[i], more[i + 1]);
    }
    return new ConnectorSpec(name, config);
  }

  private static List<TableRoute> routes(Set<String> topics, ConnectorSpec... connectors) {
    return new Topology(
            List.of(connectors), new References(Map.of("T", "public.orders")), () -> topics)
        .routes();
  }

  @Test
  void everyTopicOfEverySinkIsARoute() {
    List<TableRoute> routes =
        routes(
            Set.of(),
            SHOP,
            SHOP_EU,
            sink(
                "one",
                "topics",
                "shop.public.orders, shop.public.notes",
                "topic2TableMap",
                "shop.public.orders=orders_fact"),
            sink("two", "topics", "shop.eu.sales.orders"),
            connector("other", Map.of("topics", "shop.public.orders")));

    assertThat(routes)
        .extracting(TableRoute::toString, route -> route.source().name(), r -> r.sink().name())
        .containsExactly(
            tuple("public.orders → orders_fact", "shop-source", "one"),
            tuple("public.notes → shop.public.notes", "shop-source", "one"),
            tuple("sales.orders → shop.eu.sales.orders", "eu-source", "two"));
  }

  @Test
  void eachRouteHasTheMappingOfItsOwnTopic() {
    List<TableRoute> routes =
        routes(Set.of(), SHOP, sink("one", "topics", "shop.public.orders,shop.public.notes"));

    assertThat(routes.get(0).mapping().schema()).isEqualTo("id Int64");
    assertThat(routes.get(0).mapping().renames()).isEmpty();
    assertThat(routes.get(1).mapping().schema()).isEqualTo("id String, text String");
    assertThat(routes.get(1).mapping().renames()).containsExactly(Map.entry("body", "text"));
    assertThat(routes.get(1).mapping().keyColumns()).containsExactly("id");
  }

  @Test
  void aTopicWithoutASchemaIsNamed() {
    TableRoute route = routes(Set.of(), SHOP, sink("one", "topics", "shop.public.others")).get(0);

    assertThatThrownBy(route::mapping)
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining(
            "one: transforms.fact.schemas has no table for topic shop.public.others");
  }

  @Test
  void aPatternMeansTheTopicsOfSourcesThatThereAre() {
    List<TableRoute> routes =
        routes(
            Set.of(
                "shop.public.orders",
                "shop.public.notes",
                "shop.public.letters",
                "shop.audit.log",
                "__debezium-heartbeat.shop",
                "elsewhere.public.orders"),
            SHOP,
            sink("all", "topics.regex", ".*(public|shop)\\b.*"));

    assertThat(routes)
        .extracting(TableRoute::topic)
        .containsExactly("shop.audit.log", "shop.public.notes", "shop.public.orders");
  }

  @Test
  void referencesAreResolvedOrNamed() {
    assertThat(
            routes(
                Set.of(),
                SHOP,
                sink("one", "topics", "shop.${env:T}", "topic2TableMap", "shop.${env:T}=orders")))
        .extracting(TableRoute::toString)
        .containsExactly("public.orders → orders");
    assertThatThrownBy(() -> routes(Set.of(), SHOP, sink("one", "topics", "shop.${env:U}")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("topics of one refers to the worker's variable U");
  }

  @Test
  void aTopicThatNoSourceWritesIsNamedWithTheConnectors() {
    assertThatThrownBy(() -> routes(Set.of(), SHOP, sink("one", "topics", "a.public.orders")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("topic a.public.orders of one")
        .hasMessageContaining("shop-source, one");
  }

  @Test
  void aSinkWithoutTopicsSaysSo() {
    assertThatThrownBy(() -> routes(Set.of(), SHOP, sink("one", "topics", " ")))
        .hasMessage("one names no topic.");
  }

  @Test
  void theTableIsTheOneOfTheNameThatARouterGivesTheTopic() {
    ConnectorSpec sink =
        sink(
            "one",
            "topics",
            "shop.public.orders,shop.public.notes",
            "transforms",
            "short,fact",
            "transforms.short.type",
            "org.apache.kafka.connect.transforms.RegexRouter",
            "transforms.short.regex",
            "shop\\.public\\.(.*)",
            "transforms.short.replacement",
            "$1",
            "transforms.fact.schemas",
            "orders (id Int64); notes (id Int64)",
            "transforms.fact.renames",
            "",
            "topic2TableMap",
            "shop.public.notes=n, notes=notes_fact");

    assertThat(routes(Set.of(), SHOP, sink))
        .extracting(TableRoute::factTable)
        .containsExactly("orders", "notes_fact");
    assertThat(routes(Set.of(), SHOP, sink).get(1).mapping().schema()).isEqualTo("id Int64");
  }
}

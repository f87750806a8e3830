package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class ObservedTopologyTest {

  private static final String DEBEZIUM = "io.debezium.connector.postgresql.PostgresConnector";

  @Test
  void referencesInASettingMatchWhatTheyCouldMean() {
    Template template = new Template("sluice.${env:TABLE}");
    assertThat(template.matches("sluice.public.visits")).isTrue();
    assertThat(template.matches("sluice.")).isFalse();
    assertThat(template.matches("other.public.visits")).isFalse();
    assertThat(new Template("a.b").matches("axb")).isFalse();
    assertThat(new Template("${file:/x:y}").matches("anything")).isTrue();
  }

  @Test
  void connectConfigsBecomeOnePipelineThoughTheirTopicIsAReference() {
    ObservedTopology topology = new ObservedTopology(List.of(source("source", "sluice"), sink()));
    KafkaView kafka =
        kafka(
            Map.of("sink", List.of("sluice.public.visits")),
            "sluice.public.visits",
            "sluice.public.other",
            "sluice.dead-letters");
    Pipeline pipeline = only(topology.pipelines(kafka, Map.of()));
    assertThat(pipeline.id()).isEqualTo("sink/sluice.public.visits");
    assertThat(pipeline.source().name()).isEqualTo("source");
    assertThat(pipeline.sourceTable()).isEqualTo("public.visits");
    assertThat(pipeline.factTable()).isEqualTo("visits_fact");
    assertThat(topology.isWanted("sluice.dead-letters")).isTrue();
    assertThat(topology.isWanted("another.topic")).isFalse();
  }

  @Test
  void whatNoSinkNamesIsUnread() {
    Connector pattern = connector("sink", "sink", Map.of("topics.regex", "sluice.*"));
    assertThat(new ObservedTopology(List.of(source("source", "sluice"))).unreadPrefixes())
        .containsExactly("sluice.");
    assertThat(new ObservedTopology(List.of(source("source", "sluice"), sink())).unreadPrefixes())
        .isEmpty();
    assertThat(new ObservedTopology(List.of(source("source", "sluice"), pattern)).unreadPrefixes())
        .isEmpty();
  }

  @Test
  void beforeKafkaIsHeardOfTheTopicIsWhatTheSettingSays() {
    Pipeline pipeline =
        only(
            new ObservedTopology(List.of(source("source", "sluice"), sink()))
                .pipelines(null, Map.of()));
    assertThat(pipeline.topic()).isEqualTo("sluice.${env:TABLE}");
    assertThat(pipeline.sourceTable()).isNull();
  }

  @Test
  void aTopicThatIsGoneHasItsNameFromWhatItsSourceHasWritten() {
    Pipeline pipeline =
        only(
            new ObservedTopology(List.of(source("source", "sluice"), sink()))
                .pipelines(
                    kafka(Map.of()),
                    Map.of(
                        "source", Set.of("sluice.public.visits", "__debezium-heartbeat.sluice"))));
    assertThat(pipeline.topic()).isEqualTo("sluice.public.visits");
    assertThat(pipeline.sourceTable()).isEqualTo("public.visits");
  }

  @Test
  void eachTopicOfASinkIsAPipelineAndTheLongestPrefixIsItsSource() {
    Connector sink = connector("sink", "sink", Map.of("topics", "a.s.t, a.b.s.u"));
    List<Pipeline> pipelines =
        new ObservedTopology(List.of(source("short", "a"), source("long", "a.b"), sink))
            .pipelines(null, Map.of());
    assertThat(pipelines)
        .extracting(p -> p.topic() + " from " + p.source().name() + " to " + p.factTable())
        .containsExactly("a.b.s.u from long to a.b.s.u", "a.s.t from short to a.s.t");
  }

  @Test
  void sourceThatNoSinkReadsStandsAlone() {
    Pipeline pipeline =
        only(new ObservedTopology(List.of(source("lonely", "x"))).pipelines(null, Map.of()));
    assertThat(pipeline.id()).isEqualTo("lonely");
    assertThat(pipeline.sink()).isNull();
  }

  @Test
  void brokenTopicsRegexBreaksNothing() {
    Connector sink = connector("sink", "sink", Map.of("topics.regex", "("));
    assertThat(
            only(new ObservedTopology(List.of(sink)).pipelines(kafka(Map.of(), "a"), Map.of()))
                .topic())
        .isEqualTo("(");
  }

  private static Connector sink() {
    return connector(
        "sink",
        "sink",
        Map.of(
            "topics", "sluice.${env:TABLE}",
            "topic2TableMap", "sluice.${env:TABLE}=visits_fact",
            "errors.deadletterqueue.topic.name", "sluice.dead-letters"));
  }

  private static Connector source(String name, String prefix) {
    return connector(name, "source", Map.of("connector.class", DEBEZIUM, "topic.prefix", prefix));
  }

  static Connector connector(String name, String type, Map<String, String> config) {
    Status running = new Status(-1, "RUNNING", "w:8083", "");
    return new Connector(
        name, type, config, running, new ArrayList<>(List.of(new Status(0, "RUNNING", "w", ""))));
  }

  private static KafkaView kafka(Map<String, List<String>> committed, String... topics) {
    Map<String, KafkaView.Topic> views = new HashMap<>();
    Stream.of(topics)
        .forEach(t -> views.put(t, new KafkaView.Topic(t, Map.of(), Map.of(), Map.of())));
    Map<String, Map<TopicPartition, OffsetAndMetadata>> groups = new HashMap<>();
    committed.forEach(
        (sink, names) ->
            names.forEach(
                n ->
                    groups
                        .computeIfAbsent(sink, s -> new HashMap<>())
                        .put(new TopicPartition(n, 0), new OffsetAndMetadata(1))));
    return new KafkaView(views, groups, Map.of(), Map.of(), Map.of());
  }

  private static Pipeline only(List<Pipeline> pipelines) {
    assertThat(pipelines).hasSize(1);
    return pipelines.get(0);
  }
}

package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.mapping.TransformChain;
import dev.sluice.servers.ConnectorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Which table goes which way, read from the connectors themselves, whether they are registered or
 * still in files: one route for each topic of each sink whose rows ExtractFactRow makes.
 *
 * <p>Failure semantics: a connector that cannot be understood is a {@link SluiceException} that
 * names the setting and what is supported; no route is ever left out in silence.
 */
public final class Topology {

  private final Collection<ConnectorSpec> connectors;
  private final References references;
  private final Supplier<Set<String>> topics;

  /**
   * @param connectors sources and sinks
   * @param topics those that Kafka has; asked only where a sink reads by a pattern
   */
  public Topology(
      Collection<ConnectorSpec> connectors, References references, Supplier<Set<String>> topics) {
    this.connectors = connectors;
    this.references = references;
    this.topics = topics;
  }

  /** The routes of all sinks that there are, sink by sink, each in the order of its topics. */
  public List<TableRoute> routes() {
    boolean atSource = sources().anyMatch(Topology::extracts);
    return connectors.stream()
        .filter(ConnectorSpec::isSink)
        .filter(sink -> atSource || extracts(sink))
        .flatMap(sink -> routes(sink).stream())
        .toList();
  }

  /**
   * The routes of one sink.
   *
   * @throws SluiceException also when it has none, or a topic of it no source
   */
  public List<TableRoute> routes(ConnectorSpec sink) {
    List<TableRoute> routes = new ArrayList<>();
    for (String topic : topics(sink)) {
      ConnectorSpec source =
          source(topic)
              .orElseThrow(
                  () ->
                      new SluiceException(
                          "No source connector's topic.prefix fits the topic "
                              + topic
                              + " of "
                              + sink.name()
                              + "; choose one with --source. Connectors: "
                              + names()));
      routes.add(route(source, sink, topic));
    }
    if (routes.isEmpty()) {
      throw new SluiceException(sink.name() + " names no topic.");
    }
    return routes;
  }

  /** The route of a topic between two connectors. */
  public TableRoute route(ConnectorSpec source, ConnectorSpec sink, String topic) {
    String prefix = source.config().getOrDefault("topic.prefix", "") + ".";
    String inTopic = topic.startsWith(prefix) ? topic.substring(prefix.length()) : topic;
    return new TableRoute(source, sink, topic, TableName.ofTopic(inTopic), factTable(sink, topic));
  }

  /**
   * The topics that a sink reads: those that it names, or those of a source's that Kafka has and
   * its pattern matches.
   */
  public List<String> topics(ConnectorSpec sink) {
    String named = sink.config().getOrDefault("topics", "");
    String regex = sink.config().get("topics.regex");
    if (!named.isBlank() || regex == null) {
      return list(references.resolve(named, "topics of " + sink.name())).toList();
    }
    Pattern pattern;
    try {
      pattern = Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new SluiceException(
          sink.name() + ": topics.regex is no regular expression: " + e.getDescription());
    }
    Set<String> heartbeats =
        Set.copyOf(
            sources()
                .flatMap(source -> Heartbeat.of(source.config()).stream())
                .map(Heartbeat::topic)
                .toList());
    return topics.get().stream()
        .filter(topic -> pattern.matcher(topic).matches())
        .filter(topic -> source(topic).isPresent() && !heartbeats.contains(topic))
        .filter(topic -> !isDeadLetterQueue(topic))
        .sorted()
        .toList();
  }

  private boolean isDeadLetterQueue(String topic) {
    return connectors.stream()
        .anyMatch(each -> topic.equals(each.config().get(Topics.DEAD_LETTER_QUEUE)));
  }

  /** The source whose prefix the topic has; of several, the one with the longest. */
  private Optional<ConnectorSpec> source(String topic) {
    return sources()
        .filter(each -> topic.startsWith(each.config().getOrDefault("topic.prefix", topic) + "."))
        .max(Comparator.comparing(each -> each.config().get("topic.prefix").length()));
  }

  private Stream<ConnectorSpec> sources() {
    return connectors.stream().filter(each -> !each.isSink());
  }

  private static boolean extracts(ConnectorSpec connector) {
    return new TransformChain(connector.config()).extractsFactRows();
  }

  /**
   * The table that a sink writes a topic's rows to: of {@code topic2TableMap} the entry of the name
   * that the transforms give the topic, else of the one it was read from; else the table is called
   * like the topic. Ours and the official sink agree on that where no transform renames topics.
   */
  private String factTable(ConnectorSpec sink, String topic) {
    String routed = new TransformChain(sink.config()).of(topic).topicAtEnd();
    Map<String, String> tables = new HashMap<>();
    String setting = sink.config().getOrDefault("topic2TableMap", "");
    list(references.resolve(setting, "topic2TableMap"))
        .map(pair -> pair.split("=", 2))
        .filter(sides -> sides.length == 2)
        .forEach(sides -> tables.put(sides[0].strip(), sides[1].strip()));
    return tables.getOrDefault(routed, tables.getOrDefault(topic, routed));
  }

  private static Stream<String> list(String setting) {
    return Arrays.stream(setting.split(",")).map(String::strip).filter(each -> !each.isEmpty());
  }

  private String names() {
    return connectors.isEmpty()
        ? "none"
        : String.join(", ", connectors.stream().map(ConnectorSpec::name).toList());
  }
}

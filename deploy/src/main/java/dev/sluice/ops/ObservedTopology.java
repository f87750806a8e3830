package dev.sluice.ops;

import dev.sluice.pipeline.Heartbeat;
import dev.sluice.pipeline.Topics;
import dev.sluice.servers.ConnectClient.Connector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Puts connectors and topics together to pipelines: one for each topic of each sink, and one for
 * each source that no sink reads from.
 *
 * <p>A sink's topics are those of its setting; where that has references, those that could be
 * meant, narrowed to those that its consumer group has committed.
 */
final class ObservedTopology {

  private final Collection<Connector> connectors;
  private final List<Template> deadLetters;

  ObservedTopology(Collection<Connector> connectors) {
    this.connectors = connectors;
    this.deadLetters =
        connectors.stream()
            .map(c -> new Template(c.config().get(Topics.DEAD_LETTER_QUEUE)))
            .filter(t -> !t.isEmpty())
            .distinct()
            .toList();
  }

  /** The names of all sinks. */
  List<String> sinks() {
    return connectors.stream().filter(c -> c.type().equals("sink")).map(Connector::name).toList();
  }

  /** The topics of all sources' heartbeats. */
  Set<String> heartbeatTopics() {
    return heartbeats().map(Heartbeat::topic).collect(Collectors.toSet());
  }

  /** The heartbeats of all sources that write something in Postgres. */
  Set<Heartbeat> writingHeartbeats() {
    return heartbeats()
        .filter(heartbeat -> !heartbeat.statement().isEmpty())
        .collect(Collectors.toSet());
  }

  /** Prefixes of the topics that sources write and no sink reads, as far as names tell. */
  Set<String> unreadPrefixes() {
    return connectors.stream()
        .filter(c -> c.type().equals("source") && c.config().containsKey("topic.prefix"))
        .map(c -> c.config().get("topic.prefix") + ".")
        .filter(
            prefix ->
                connectors.stream()
                    .filter(c -> c.type().equals("sink"))
                    .noneMatch(
                        sink ->
                            sink.config().containsKey("topics.regex")
                                || settings(sink, "topics")
                                    .anyMatch(t -> t.text().startsWith(prefix) || !t.isLiteral())))
        .collect(Collectors.toSet());
  }

  /** The slots that sources read from, which may hold references. */
  List<Template> slots() {
    return connectors.stream()
        .filter(c -> c.type().equals("source"))
        .map(c -> new Template(c.config().getOrDefault("slot.name", "debezium")))
        .toList();
  }

  private Stream<Heartbeat> heartbeats() {
    return connectors.stream()
        .filter(c -> c.type().equals("source"))
        .flatMap(c -> Heartbeat.of(c.config()).stream());
  }

  /** True when the topic takes some sink's dead letters. */
  boolean isDeadLetters(String topic) {
    return deadLetters.stream().anyMatch(t -> t.matches(topic));
  }

  /** The names of the connectors that put dead letters into the topic. */
  List<String> writersOf(String queue) {
    return connectors.stream()
        .filter(c -> deadLettersOf(c).matches(queue))
        .map(Connector::name)
        .toList();
  }

  /** The dead letter queue of a sink; empty when it has none. */
  private static Template deadLettersOf(Connector sink) {
    return new Template(sink.config().get(Topics.DEAD_LETTER_QUEUE));
  }

  /** True when some sink reads the topic or puts dead letters there. */
  boolean isWanted(String topic) {
    return isDeadLetters(topic)
        || connectors.stream().anyMatch(c -> c.type().equals("sink") && reads(c, topic));
  }

  /**
   * @param kafka null before Kafka's first answer
   * @param written the topics that sources have written, as far as they were asked: one that is
   *     gone has its name from there
   */
  List<Pipeline> pipelines(KafkaView kafka, Map<String, Set<String>> written) {
    List<Pipeline> pipelines = new ArrayList<>();
    Set<String> read = new HashSet<>();
    for (Connector sink : connectors) {
      if (sink.type().equals("sink")) {
        for (String topic : topics(sink, kafka, written)) {
          Optional<Connector> source = source(topic);
          source.ifPresent(s -> read.add(s.name()));
          pipelines.add(
              new Pipeline(
                  source.orElse(null),
                  topic,
                  sink,
                  source.map(s -> sourceTable(s, topic)).orElse(null),
                  factTable(sink, topic)));
        }
      }
    }
    for (Connector connector : connectors) {
      if (connector.type().equals("source") && !read.contains(connector.name())) {
        pipelines.add(new Pipeline(connector, null, null, null, null));
      }
    }
    return pipelines;
  }

  private Set<String> topics(Connector sink, KafkaView kafka, Map<String, Set<String>> written) {
    Set<String> literal = new TreeSet<>();
    settings(sink, "topics").filter(Template::isLiteral).forEach(t -> literal.add(t.text()));
    Set<String> found = new TreeSet<>();
    if (kafka != null) {
      kafka.topics().keySet().stream()
          .filter(topic -> reads(sink, topic) && !isDeadLetters(topic))
          .forEach(found::add);
      Set<String> committed = new HashSet<>();
      kafka.committed(sink.name()).keySet().forEach(p -> committed.add(p.topic()));
      if (found.stream().anyMatch(committed::contains)) {
        found.removeIf(topic -> !committed.contains(topic) && !literal.contains(topic));
      }
    }
    found.addAll(literal);
    if (found.isEmpty()) {
      written.values().stream()
          .flatMap(Set::stream)
          .filter(topic -> reads(sink, topic) && !isDeadLetters(topic))
          .forEach(found::add);
    }
    if (found.isEmpty()) {
      settings(sink, "topics").forEach(t -> found.add(t.text()));
    }
    if (found.isEmpty()) {
      found.add(sink.config().getOrDefault("topics.regex", "?"));
    }
    return found;
  }

  private static boolean reads(Connector sink, String topic) {
    String regex = sink.config().get("topics.regex");
    try {
      return settings(sink, "topics").anyMatch(t -> t.matches(topic))
          || regex != null && Pattern.matches(regex, topic);
    } catch (PatternSyntaxException e) {
      return false; // Connect refuses it too, and says so.
    }
  }

  private static Stream<Template> settings(Connector connector, String name) {
    return Arrays.stream(connector.config().getOrDefault(name, "").split(","))
        .map(Template::new)
        .filter(t -> !t.isEmpty());
  }

  /** The source whose prefix the topic has; of several, the one with the longest. */
  private Optional<Connector> source(String topic) {
    return connectors.stream()
        .filter(c -> c.type().equals("source") && c.config().containsKey("topic.prefix"))
        .filter(c -> topic.equals(sourceTopic(c, topic)))
        .max(Comparator.comparing(c -> c.config().get("topic.prefix").length()));
  }

  /** The topic when it could be the source's; null otherwise. */
  private static String sourceTopic(Connector source, String topic) {
    String prefix = source.config().get("topic.prefix") + ".";
    boolean could = topic.startsWith(prefix) || new Template(prefix + "${rest}").matches(topic);
    return could ? topic : null;
  }

  /** Null where the topic's name is not known. */
  private static String sourceTable(Connector source, String topic) {
    if (!new Template(topic).isLiteral()) {
      return null;
    }
    String prefix = source.config().get("topic.prefix") + ".";
    if (topic.startsWith(prefix)) {
      return topic.substring(prefix.length());
    }
    String[] parts = topic.split("\\.");
    return parts.length < 2 ? topic : parts[parts.length - 2] + "." + parts[parts.length - 1];
  }

  private static String factTable(Connector sink, String topic) {
    for (String pair : sink.config().getOrDefault("topic2TableMap", "").split(",")) {
      String[] sides = pair.split("=", 2);
      if (sides.length == 2 && new Template(sides[0]).matches(topic)) {
        return sides[1].strip();
      }
    }
    return topic;
  }
}

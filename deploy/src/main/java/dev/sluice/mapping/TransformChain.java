package dev.sluice.mapping;

import dev.sluice.SluiceException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What a connector's transforms do to the name of a topic, and which of them is ExtractFactRow for
 * it: the first whose predicate lets the topic through. Of the others only RegexRouter changes
 * names, and of predicates only TopicNameMatches is told by the topic (both of Kafka Connect).
 */
public final class TransformChain {

  static final String EXTRACT_FACT_ROW = "dev.sluice.smt.ExtractFactRow";

  private static final String ROUTER = "org.apache.kafka.connect.transforms.RegexRouter";
  private static final String TOPIC_NAME_MATCHES =
      "org.apache.kafka.connect.transforms.predicates.TopicNameMatches";

  /** Predicates that tell records of one topic apart: a tombstone gives no row, whatever comes. */
  private static final String RECORD_IS_TOMBSTONE =
      "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone";

  private final Map<String, String> config;
  private final List<String> names;

  /**
   * A topic's way through the chain.
   *
   * @param extractor the prefix of the settings of the topic's ExtractFactRow; null without one
   * @param topicThere the topic's name when its records come to that; as {@code topicAtEnd} without
   * @param topicAtEnd the topic's name when its records leave the chain
   */
  public record Way(String extractor, String topicThere, String topicAtEnd) {}

  /**
   * @param config the connector's
   */
  public TransformChain(Map<String, String> config) {
    this.config = config;
    this.names =
        Arrays.stream(config.getOrDefault("transforms", "").split(","))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .toList();
  }

  /** True when one of the transforms is ExtractFactRow, for whatever topic. */
  public boolean extractsFactRows() {
    return names.stream()
        .anyMatch(name -> EXTRACT_FACT_ROW.equals(config.get("transforms." + name + ".type")));
  }

  /**
   * Follows a topic.
   *
   * @throws SluiceException naming the setting, when it depends on what the topic does not tell
   */
  public Way of(String topic) {
    String name = topic;
    String extractor = null;
    String there = null;
    for (String transform : names) {
      String prefix = "transforms." + transform + ".";
      String type = config.getOrDefault(prefix + "type", "");
      boolean router = type.equals(ROUTER);
      boolean extracts = type.equals(EXTRACT_FACT_ROW) && extractor == null;
      if ((router || extracts) && applies(prefix, name)) {
        if (router) {
          name = routed(prefix, name);
        } else {
          extractor = prefix;
          there = name;
        }
      }
    }
    return new Way(extractor, extractor == null ? name : there, name);
  }

  private String routed(String prefix, String topic) {
    return pattern(prefix + "regex")
        .map(regex -> regex.matcher(topic))
        .filter(matcher -> matcher.matches())
        .map(matcher -> matcher.replaceFirst(config.getOrDefault(prefix + "replacement", "")))
        .orElse(topic);
  }

  private boolean applies(String prefix, String topic) {
    String predicate = config.get(prefix + "predicate");
    if (predicate == null) {
      return true;
    }
    boolean negated = Boolean.parseBoolean(config.getOrDefault(prefix + "negate", "false").strip());
    String settings = "predicates." + predicate.strip() + ".";
    String type = config.getOrDefault(settings + "type", "");
    boolean holds =
        switch (type) {
          case TOPIC_NAME_MATCHES ->
              pattern(settings + "pattern")
                  .map(pattern -> pattern.matcher(topic).matches())
                  .orElse(false);
          case RECORD_IS_TOMBSTONE -> false;
          default ->
              throw new SluiceException(
                  "%s: %spredicate = %s is a %s, and which topics that lets through cannot be told; TopicNameMatches is supported."
                      .formatted(config.get("name"), prefix, predicate, type));
        };
    return holds != negated;
  }

  private Optional<Pattern> pattern(String setting) {
    try {
      return Optional.ofNullable(config.get(setting)).map(Pattern::compile);
    } catch (PatternSyntaxException e) {
      throw new SluiceException(
          config.get("name") + ": " + setting + " is no regular expression: " + e.getDescription());
    }
  }
}

package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/** Topics that Connect would create by itself: later, or with limits that are too low. */
public final class Topics {

  /** A sink's setting that names its dead letter queue. */
  public static final String DEAD_LETTER_QUEUE = "errors.deadletterqueue.topic.name";

  /** The bytes that a connector's producer sends at most; of a sink it is the queue's. */
  public static final String LARGEST_REQUEST = "producer.override.max.request.size";

  /** Bytes that a producer sends and a broker takes, if nobody says more. */
  public static final long LARGEST_BY_DEFAULT = 1 << 20;

  private static final String SETTINGS = "topic.creation.default.";
  private static final String QUEUE_REPLICAS = "errors.deadletterqueue.topic.replication.factor";

  private Topics() {}

  /** The bytes that a connector's producer sends at most, from the connector's settings. */
  public static long largestRequest(Map<String, String> connector) {
    String value = connector.getOrDefault(LARGEST_REQUEST, "");
    return value.matches("\\d{1,18}") ? Long.parseLong(value) : LARGEST_BY_DEFAULT;
  }

  /**
   * Creates the topic of a table whose rows were not brought by a snapshot, as the source
   * connector's {@code topic.creation.default.*} say; one that is there stays as it is. Connect
   * would create it with the first change, and the sink would find it some seconds later; made at
   * once, the first change is as fast as any other.
   *
   * @throws SluiceException when Kafka does not answer, or refuses
   */
  public static void createForChanges(
      String bootstrapServers, String topic, Map<String, String> source) {
    Map<String, String> configs = new HashMap<>();
    source.forEach(
        (setting, value) -> {
          if (setting.startsWith(SETTINGS)) {
            configs.put(setting.substring(SETTINGS.length()), value);
          }
        });
    Optional<Integer> partitions = number(configs.remove("partitions"));
    Optional<Short> replicas =
        number(configs.remove("replication.factor")).map(Integer::shortValue);
    create(bootstrapServers, new NewTopic(topic, partitions, replicas).configs(configs));
  }

  /**
   * Creates a sink's dead letter queue, which takes letters as large as the sink's producer sends;
   * one that is there stays as it is. Connect would create it with the broker's limit, which a
   * letter may exceed though its record does not: it has the reason in its headers.
   *
   * @param sink the sink's settings; without a queue nothing is done
   * @throws SluiceException when Kafka does not answer, or refuses
   */
  public static void createForDeadLetters(String bootstrapServers, Map<String, String> sink) {
    String queue = sink.getOrDefault(DEAD_LETTER_QUEUE, "");
    String largest = sink.getOrDefault(LARGEST_REQUEST, "");
    if (queue.isEmpty() || queue.contains("$") || largest.isEmpty() || largest.contains("$")) {
      return;
    }
    Optional<Short> replicas = number(sink.get(QUEUE_REPLICAS)).map(Integer::shortValue);
    create(
        bootstrapServers,
        new NewTopic(queue, Optional.of(1), replicas)
            .configs(Map.of("max.message.bytes", largest)));
  }

  /**
   * The names of all topics that there are, internal ones left out.
   *
   * @throws SluiceException when Kafka does not answer, or refuses
   */
  public static Set<String> names(String bootstrapServers) {
    try (Admin admin = TopicLag.connect(bootstrapServers)) {
      return TopicLag.ask(() -> admin.listTopics().names().get());
    }
  }

  private static void create(String bootstrapServers, NewTopic wanted) {
    try (Admin admin = TopicLag.connect(bootstrapServers)) {
      TopicLag.ask(
          () -> {
            try {
              return admin.createTopics(List.of(wanted)).all().get();
            } catch (ExecutionException e) {
              if (e.getCause() instanceof TopicExistsException) {
                return null;
              }
              throw e;
            }
          });
    }
  }

  /** Connect's -1, like nothing, is the broker's own default. */
  private static Optional<Integer> number(String setting) {
    return Optional.ofNullable(setting).map(Integer::valueOf).filter(number -> number > 0);
  }
}

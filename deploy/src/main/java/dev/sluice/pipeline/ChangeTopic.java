package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topic of a table whose rows were not brought by a snapshot. Connect would create it with the
 * first change, and the sink would find it some seconds later; made at once, the first change is as
 * fast as any other.
 */
public final class ChangeTopic {

  private static final String SETTINGS = "topic.creation.default.";

  private ChangeTopic() {}

  /**
   * Creates the topic as the source connector's {@code topic.creation.default.*} say; one that is
   * there stays as it is.
   *
   * @throws SluiceException when Kafka does not answer, or refuses
   */
  public static void create(String bootstrapServers, String topic, Map<String, String> source) {
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
    NewTopic wanted = new NewTopic(topic, partitions, replicas).configs(configs);
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

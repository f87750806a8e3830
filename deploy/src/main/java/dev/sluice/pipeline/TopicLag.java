package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.pipeline.UnreadRecords.Gap;
import dev.sluice.pipeline.UnreadRecords.Unread;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * How far a sink has come in its topic: what Kafka holds, and what the sink has had acknowledged.
 *
 * <p>Failure semantics: nothing is retried here; a Kafka that does not answer is a {@link
 * SluiceException}.
 */
public final class TopicLag implements AutoCloseable {

  private final Admin admin;
  private final String topic;
  private final String group;
  private final UnreadRecords unread;

  /**
   * @param sink the sink connector's name
   */
  public TopicLag(String bootstrapServers, String topic, String sink) {
    this.admin = connect(bootstrapServers);
    this.topic = topic;
    this.group = "connect-" + sink;
    this.unread = new UnreadRecords(bootstrapServers);
  }

  /** A client that tells within seconds that Kafka does not answer; to be closed by the caller. */
  static Admin connect(String bootstrapServers) {
    return Admin.create(
        Map.of(
            "bootstrap.servers", bootstrapServers,
            "default.api.timeout.ms", "10000",
            "request.timeout.ms", "5000"));
  }

  /** The end of each partition; empty while the topic does not exist. */
  public Map<TopicPartition, Long> ends() {
    return offsets(OffsetSpec.latest());
  }

  /** Records of the topic that the sink has had acknowledged since the topic's beginning. */
  public long acknowledged() {
    return committed().entrySet().stream()
        .filter(each -> each.getKey().topic().equals(topic))
        .mapToLong(each -> each.getValue().offset())
        .sum();
  }

  /**
   * Records up to {@code ends} that the sink has not had acknowledged. Offsets behind which no
   * record is, as {@link UnreadRecords} finds, are none, and so is what was removed: it does not
   * come any more, {@link #isBehindStart} tells it. Those of a transaction that is not ended are:
   * there may be records when it has ended, and a proof must not have passed them.
   */
  public long recordsBefore(Map<TopicPartition, Long> ends) {
    Map<TopicPartition, OffsetAndMetadata> committed = committed();
    Map<TopicPartition, Long> starts = offsets(OffsetSpec.earliest());
    List<Gap> gaps =
        ends.entrySet().stream()
            .map(
                end -> {
                  OffsetAndMetadata at = committed.get(end.getKey());
                  long start = starts.getOrDefault(end.getKey(), 0L);
                  long from = at == null ? start : Math.max(start, at.offset());
                  return new Gap(end.getKey(), from, end.getValue());
                })
            .toList();
    Map<Gap, Unread> found = unread.look(gaps);
    return gaps.stream()
        .mapToLong(
            gap -> Math.max(0, gap.end() - found.getOrDefault(gap, Unread.counted(gap)).next()))
        .sum();
  }

  /** Records that the topic holds now; 0 when there is no such topic. */
  public long records() {
    Map<TopicPartition, Long> starts = offsets(OffsetSpec.earliest());
    return ends().entrySet().stream().mapToLong(e -> e.getValue() - starts.get(e.getKey())).sum();
  }

  /** True when records were removed from the topic before the sink had them acknowledged. */
  public boolean isBehindStart() {
    Map<TopicPartition, Long> starts = offsets(OffsetSpec.earliest());
    return committed().entrySet().stream()
        .anyMatch(at -> at.getValue().offset() < starts.getOrDefault(at.getKey(), 0L));
  }

  /** What the sink says holds its tables up, with the offsets it commits; empty for nothing. */
  public List<String> troubles() {
    return troubles(committed(), topic);
  }

  /** What a sink says of a topic with the offsets that it has committed. */
  public static List<String> troubles(
      Map<TopicPartition, OffsetAndMetadata> committed, String topic) {
    return committed.entrySet().stream()
        .filter(at -> at.getKey().topic().equals(topic))
        .map(at -> at.getValue().metadata())
        .filter(said -> !said.isEmpty())
        .distinct()
        .toList();
  }

  /** A setting of the topic, as the broker applies it. */
  public String setting(String name) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return ask(() -> admin.describeConfigs(List.of(resource)).all().get().get(resource))
        .get(name)
        .value();
  }

  private Map<TopicPartition, OffsetAndMetadata> committed() {
    return ask(() -> admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get());
  }

  private Map<TopicPartition, Long> offsets(OffsetSpec spec) {
    return ask(
        () -> {
          try {
            var partitions =
                admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
            Map<TopicPartition, OffsetSpec> wanted =
                partitions.stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .collect(Collectors.toMap(Function.identity(), partition -> spec));
            Map<TopicPartition, ListOffsetsResultInfo> found =
                admin.listOffsets(wanted).all().get();
            return found.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
          } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
              return Map.of();
            }
            throw e;
          }
        });
  }

  interface Question<T> {
    T ask() throws ExecutionException, InterruptedException;
  }

  static <T> T ask(Question<T> question) {
    try {
      return question.ask();
    } catch (ExecutionException e) {
      throw new SluiceException("Kafka: " + SluiceException.reason(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}

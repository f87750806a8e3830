package dev.sluice.ops;

import dev.sluice.ops.KafkaView.Topic;
import dev.sluice.pipeline.UnreadRecords;
import dev.sluice.pipeline.UnreadRecords.Gap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads {@link KafkaView}s over one admin client, in as many requests as Kafka needs for one
 * connector, however many there are.
 *
 * <p>Failure semantics: a failure, or no answer within {@value #LIMIT_MILLIS} ms, is thrown and
 * nothing is kept of it. A group without offsets, or a topic deleted meanwhile, is left out. What
 * is unread, and whose letters are, {@link UnreadRecords} and {@link LetterWriters} find within
 * limits of their own, or leave open.
 */
final class KafkaReader implements AutoCloseable {

  private static final int LIMIT_MILLIS = 5000;

  /** What Connect puts before a sink's name. */
  private static final String GROUP = "connect-";

  private final Admin admin;
  private final UnreadRecords unread;
  private final LetterWriters letters;
  private final NewestLetters newest;

  KafkaReader(String bootstrapServers) {
    this.admin =
        Admin.create(
            Map.of(
                "bootstrap.servers", bootstrapServers,
                "client.id", "sluice-ops",
                "reconnect.backoff.max.ms", "2000",
                "default.api.timeout.ms", LIMIT_MILLIS,
                "request.timeout.ms", LIMIT_MILLIS));
    this.unread = new UnreadRecords(bootstrapServers);
    this.letters = new LetterWriters(bootstrapServers);
    this.newest = new NewestLetters(() -> LetterWriters.consumer(bootstrapServers));
  }

  /** Reads what these connectors are concerned with. */
  KafkaView read(ObservedTopology of) throws ExecutionException, InterruptedException {
    List<String> sinks = of.sinks();
    Map<String, ListConsumerGroupOffsetsSpec> groups = new HashMap<>();
    sinks.forEach(sink -> groups.put(group(sink), new ListConsumerGroupOffsetsSpec()));
    Set<String> all = admin.listTopics().names().get();
    Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = committed(sinks, groups);
    Set<String> names = new HashSet<>();
    all.stream().filter(of::isWanted).forEach(names::add);
    committed.values().forEach(at -> at.keySet().forEach(p -> names.add(p.topic())));
    names.retainAll(all);
    Map<String, Topic> topics = topics(names, of::isDeadLetters);
    Set<String> beating = new HashSet<>(of.heartbeatTopics());
    beating.retainAll(all);
    Map<String, Long> beats = lastBeats(beating);
    List<Topic> queues = topics.values().stream().filter(t -> of.isDeadLetters(t.name())).toList();
    List<Topic> shared = queues.stream().filter(t -> of.writersOf(t.name()).size() > 1).toList();
    return new KafkaView(
        topics,
        committed,
        beats,
        unread.look(gaps(topics.values(), of::isDeadLetters, committed.values())),
        letters.look(shared),
        newest.look(queues),
        of.unreadPrefixes().isEmpty() ? Map.of() : gone(sinks));
  }

  /** The groups that Connect has made for sinks which are not there any more. */
  private Map<String, Map<TopicPartition, OffsetAndMetadata>> gone(Collection<String> sinks)
      throws ExecutionException, InterruptedException {
    Map<String, ListConsumerGroupOffsetsSpec> groups = new HashMap<>();
    List<String> others =
        admin.listGroups().all().get().stream()
            .map(GroupListing::groupId)
            .filter(id -> id.startsWith(GROUP))
            .map(id -> id.substring(GROUP.length()))
            .filter(name -> !sinks.contains(name))
            .toList();
    others.forEach(name -> groups.put(group(name), new ListConsumerGroupOffsetsSpec()));
    return committed(others, groups);
  }

  /**
   * What each sink has left of its topics. A partition that no sink has committed is left whole:
   * whose it is, is not known here.
   */
  private static Set<Gap> gaps(
      Collection<Topic> topics,
      Predicate<String> queue,
      Collection<Map<TopicPartition, OffsetAndMetadata>> committed) {
    Map<TopicPartition, Set<Long>> positions = new HashMap<>();
    committed.forEach(
        offsets ->
            offsets.forEach(
                (partition, at) ->
                    positions.computeIfAbsent(partition, p -> new HashSet<>()).add(at.offset())));
    Set<Gap> gaps = new HashSet<>();
    for (Topic topic : topics) {
      if (!queue.test(topic.name())) {
        topic
            .starts()
            .forEach(
                (partition, start) ->
                    positions
                        .getOrDefault(partition, Set.of(start))
                        .forEach(at -> gaps.add(topic.gap(partition, at))));
      }
    }
    return gaps;
  }

  private Map<String, Long> lastBeats(Set<String> topics)
      throws ExecutionException, InterruptedException {
    Map<String, Long> beats = new HashMap<>();
    ask(partitions(topics), OffsetSpec.maxTimestamp())
        .get()
        .forEach(
            (partition, last) -> {
              if (last.timestamp() > 0) {
                beats.merge(partition.topic(), last.timestamp(), Math::max);
              }
            });
    return beats;
  }

  private List<TopicPartition> partitions(Set<String> topics)
      throws ExecutionException, InterruptedException {
    List<TopicPartition> partitions = new ArrayList<>();
    for (KafkaFuture<TopicDescription> future :
        admin.describeTopics(topics).topicNameValues().values()) {
      TopicDescription topic = future.get();
      topic
          .partitions()
          .forEach(p -> partitions.add(new TopicPartition(topic.name(), p.partition())));
    }
    return partitions;
  }

  private Map<String, Map<TopicPartition, OffsetAndMetadata>> committed(
      Collection<String> sinks, Map<String, ListConsumerGroupOffsetsSpec> groups)
      throws ExecutionException, InterruptedException {
    Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = new HashMap<>();
    if (groups.isEmpty()) {
      return committed;
    }
    Map<String, Map<TopicPartition, OffsetAndMetadata>> answer =
        admin.listConsumerGroupOffsets(groups).all().get();
    for (String sink : sinks) {
      Map<TopicPartition, OffsetAndMetadata> offsets =
          new HashMap<>(answer.getOrDefault(group(sink), Map.of()));
      offsets.values().removeIf(Objects::isNull);
      committed.put(sink, offsets);
    }
    return committed;
  }

  private Map<String, Topic> topics(Set<String> names, Predicate<String> hourly)
      throws ExecutionException, InterruptedException {
    List<TopicPartition> partitions = partitions(names);
    long hourAgo = System.currentTimeMillis() - Duration.ofHours(1).toMillis();
    List<TopicPartition> counted = partitions.stream().filter(p -> hourly.test(p.topic())).toList();
    var starts = ask(partitions, OffsetSpec.earliest());
    var since = ask(counted, OffsetSpec.forTimestamp(hourAgo));
    var ends = ask(partitions, OffsetSpec.latest());
    Map<String, Topic> topics = new HashMap<>();
    names.forEach(
        name ->
            topics.put(name, new Topic(name, new HashMap<>(), new HashMap<>(), new HashMap<>())));
    starts.get().forEach((p, at) -> topics.get(p.topic()).starts().put(p, at.offset()));
    ends.get().forEach((p, at) -> topics.get(p.topic()).ends().put(p, at.offset()));
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> at : since.get().entrySet()) {
      Topic topic = topics.get(at.getKey().topic());
      // -1: nothing is that young.
      long first =
          at.getValue().offset() < 0 ? topic.ends().get(at.getKey()) : at.getValue().offset();
      topic.hourAgo().put(at.getKey(), first);
    }
    return topics;
  }

  private KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> ask(
      List<TopicPartition> partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    partitions.forEach(p -> wanted.put(p, spec));
    return wanted.isEmpty()
        ? KafkaFuture.completedFuture(Map.of())
        : admin.listOffsets(wanted).all();
  }

  private static String group(String sink) {
    return GROUP + sink;
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Distributes records to the {@link Lane} of their table and tells Connect what has arrived.
 *
 * <p>A record's place is the one it was read from, whatever transforms have made of its topic. Its
 * table is the one that {@code topic2TableMap} names for the topic it has now, else for the one it
 * was read from, else the one called like the topic it has now.
 *
 * <p>Failure semantics: {@link #put} waits neither for ClickHouse nor for the dead letter queue. A
 * lane that cannot take more has its partitions paused. Only offsets that ClickHouse has
 * acknowledged, or of whose records the dead letter queue has a copy, are committed, so a crash, a
 * stop or a rebalance at any moment repeats rows and loses none. A row that cannot become one of
 * the table goes to the dead letter queue, or fails the task when there is none.
 */
public final class FactSinkTask extends SinkTask {
  private static final Logger LOG = LoggerFactory.getLogger(FactSinkTask.class);

  /** Connect gives a task five seconds to end. */
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** Characters; a broker takes 4,096 bytes by default. */
  private static final int LONGEST_METADATA = 1_000;

  private final Map<TopicPartition, Source> sources = new HashMap<>();
  private final Map<String, Lane> lanes = new HashMap<>();

  /** Tables that have taken rows since the task started. */
  private final Set<String> proven = new HashSet<>();

  private final BiFunction<SinkConfig, ExecutorService, Server> connect;
  private final Lane.Task forLanes =
      new Lane.Task() {
        @Override
        public Set<String> proven() {
          return proven;
        }

        @Override
        public void rewind(Source source, long offset) {
          FactSinkTask.this.rewind(source, offset);
        }
      };

  private SinkConfig config;
  private ExecutorService executor;
  private Server server;
  private SinkMetrics metrics;
  private DeadLetters letters;
  private Source last;

  /** Whether a transform renames topics: any partition's records may then go to any table. */
  private boolean renamed;

  public FactSinkTask() {
    this(ClickHouse::new);
  }

  /** For tests without a ClickHouse. */
  FactSinkTask(BiFunction<SinkConfig, ExecutorService, Server> connect) {
    this.connect = connect;
  }

  @Override
  public String version() {
    return Version.OF_BUILD;
  }

  @Override
  public void start(Map<String, String> settings) {
    config = SinkConfig.of(settings);
    executor =
        Executors.newCachedThreadPool(
            job -> {
              Thread thread = new Thread(job, "sluice-" + config.connector());
              thread.setDaemon(true);
              return thread;
            });
    server = connect.apply(config, executor);
    metrics = new SinkMetrics(context.pluginMetrics());
    letters = new DeadLetters(context.errantRecordReporter(), config.deadLetterQueue(), metrics);
  }

  @Override
  public void open(Collection<TopicPartition> partitions) {
    // Another task's rows of a new partition may still be on their way into a table.
    Set<Lane> joined = new LinkedHashSet<>(renamed ? lanes.values() : List.of());
    for (TopicPartition partition : partitions) {
      Lane known = lanes.get(config.table(partition.topic(), partition.topic()));
      if (known != null) {
        joined.add(known);
      }
    }
    joined.forEach(Lane::restart);
    for (TopicPartition partition : partitions) {
      Source source = new Source(partition);
      sources.put(partition, source);
      if (config.topicTables().containsKey(partition.topic())) {
        attach(source, config.topicTables().get(partition.topic()));
      }
    }
    // Until the lanes are ready; Connect may even hold a pause from before the rebalance.
    context.pause(partitions.toArray(TopicPartition[]::new));
  }

  private Lane attach(Source source, String table) {
    Lane lane = lanes.computeIfAbsent(table, this::newLane);
    if (source.lanes.add(lane) && config.truncate()) {
      refuseSeveralPartitions(table, lane);
    }
    return lane;
  }

  /** A truncate has no place among the rows of other partitions than its own. */
  private void refuseSeveralPartitions(String table, Lane lane) {
    List<TopicPartition> feeding =
        sources.values().stream()
            .filter(source -> source.lanes.contains(lane))
            .map(source -> source.partition)
            .toList();
    if (feeding.size() > 1) {
      throw new ConnectException(
          "%s=true wants one partition for each table, because a truncate stands in the order of one only; table %s takes rows from %s"
              .formatted(SinkSettings.TRUNCATE, table, feeding));
    }
  }

  private Lane newLane(String table) {
    Retry retry = new Retry(config, metrics);
    Inserter inserter = new Inserter(table, server, config, metrics, retry, letters);
    return new Lane(table, config, inserter, executor, metrics, retry, letters, forLanes);
  }

  @Override
  public void put(Collection<SinkRecord> records) {
    long now = System.nanoTime();
    metrics.register(now);
    lanes.values().forEach(Lane::settle);
    for (SinkRecord record : records) {
      Source source = source(record);
      if (source.stale) {
        // Whether the consumer has gone back before it fetched this, nobody can tell.
        rewind(source, source.next);
        continue;
      }
      if (!source.behind) {
        if (source.isPast(record.originalKafkaOffset())) {
          source = replaced(source, record.originalKafkaOffset());
          if (source.stale) {
            continue;
          }
        }
        source.next = record.originalKafkaOffset();
      }
      source.behind = false;
      if (lane(source, record).add(source, record, now)) {
        source.next = record.originalKafkaOffset() + 1;
      } else {
        rewind(source, source.next);
      }
    }
    long later = System.nanoTime();
    lanes.values().forEach(lane -> lane.sendIfDue(later));
    sources.values().forEach(source -> source.stale = false);
    pauseAndResume();
    lanes.values().stream()
        .mapToLong(lane -> lane.nextLookInMs(later))
        .filter(ms -> ms < Long.MAX_VALUE)
        .min()
        .ifPresent(context::timeout);
  }

  private Source source(SinkRecord record) {
    // Polls bring records partition by partition.
    if (last == null
        || last.partition.partition() != record.originalKafkaPartition()
        || !last.partition.topic().equals(record.originalTopic())) {
      last =
          sources.get(new TopicPartition(record.originalTopic(), record.originalKafkaPartition()));
    }
    return last;
  }

  /**
   * Of its own a consumer goes back only where a topic of the same name has taken the place of one
   * that was deleted; it goes on where it can, which need not be the beginning.
   */
  private Source replaced(Source gone, long offset) {
    LOG.warn(
        "{} begins anew, as a topic does that was deleted and made again: all of it is read",
        gone.partition);
    gone.lanes.forEach(lane -> lane.forget(gone));
    Source source = new Source(gone.partition);
    source.paused = gone.paused;
    source.lanes.addAll(gone.lanes);
    sources.put(source.partition, source);
    last = source;
    if (offset > 0) {
      rewind(source, 0);
    }
    return source;
  }

  private Lane lane(Source source, SinkRecord record) {
    String topic = record.topic();
    if (!topic.equals(source.lastTopic)) {
      renamed |= !topic.equals(source.partition.topic());
      source.lastLane = attach(source, config.table(topic, source.partition.topic()));
      source.lastTopic = topic;
    }
    return source.lastLane;
  }

  private void pauseAndResume() {
    List<TopicPartition> toPause = new ArrayList<>();
    List<TopicPartition> toResume = new ArrayList<>();
    for (Source source : sources.values()) {
      boolean pause = !source.lanes.stream().allMatch(Lane::accepting);
      if (pause != source.paused) {
        (pause ? toPause : toResume).add(source.partition);
        source.paused = pause;
      }
    }
    if (!toPause.isEmpty()) {
      context.pause(toPause.toArray(TopicPartition[]::new));
    }
    if (!toResume.isEmpty()) {
      context.resume(toResume.toArray(TopicPartition[]::new));
    }
  }

  private void rewind(Source source, long offset) {
    // Connect fails the task over a rewind of a partition that it has taken away.
    if (sources.get(source.partition) == source) {
      // Never forward: what lies between is still to be read on account of others.
      source.next = Math.min(source.next, offset);
      source.stale = true;
      source.behind = true;
      context.offset(source.partition, source.next);
    }
  }

  /**
   * Up to the first record that is on its way; where none is, all that was consumed, because
   * records that a transform drops at the end of a partition never come here. What holds a table up
   * goes with the offset, as its metadata, for whoever looks at the consumer group.
   */
  @Override
  public Map<TopicPartition, OffsetAndMetadata> preCommit(
      Map<TopicPartition, OffsetAndMetadata> consumed) {
    Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
    consumed.forEach(
        (partition, position) -> {
          Source source = sources.get(partition);
          if (source != null) {
            long first = source.firstPending();
            long offset = first == Source.NONE ? position.offset() : first;
            done.put(partition, new OffsetAndMetadata(offset, shortened(source.trouble())));
          }
        });
    return done;
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_METADATA ? text : text.substring(0, LONGEST_METADATA);
  }

  @Override
  public void close(Collection<TopicPartition> partitions) {
    List<Source> gone = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      Source source = sources.remove(partition);
      if (source != null) {
        gone.add(source);
      }
    }
    last = null;
    Set<Lane> left = new LinkedHashSet<>();
    gone.forEach(source -> left.addAll(source.lanes));
    long deadline = System.nanoTime() + STOP_NANOS;
    for (Lane lane : left) {
      if (sources.values().stream().anyMatch(source -> source.lanes.contains(lane))) {
        lane.restart();
        gone.forEach(lane::forget);
      } else {
        lane.stop(deadline);
        lanes.values().remove(lane);
      }
    }
  }

  @Override
  public void stop() {
    if (executor != null) {
      long deadline = System.nanoTime() + STOP_NANOS;
      lanes.values().forEach(lane -> lane.stop(deadline));
      executor.shutdownNow();
      server.close();
    }
  }
}

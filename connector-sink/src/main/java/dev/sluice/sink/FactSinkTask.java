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
 * Distributes records to the {@link TableWriter} of their table and tells Connect what has arrived.
 *
 * <p>A record's place is the one it was read from, whatever transforms have made of its topic. Its
 * table is the one that {@code topic2TableMap} names for the topic it has now, else for the one it
 * was read from, else the one called like the topic it has now.
 *
 * <p>Failure semantics: {@link #put} waits neither for ClickHouse nor for the dead letter queue. A
 * writer that cannot take more has its partitions paused. Only offsets that ClickHouse has
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

  private final Map<TopicPartition, PartitionState> states = new HashMap<>();
  private final Map<String, TableWriter> tables = new HashMap<>();

  /** Tables that have taken rows since the task started. */
  private final Set<String> proven = new HashSet<>();

  private final BiFunction<SinkConfig, ExecutorService, Server> connect;
  private final TableWriter.Task forTables =
      new TableWriter.Task() {
        @Override
        public Set<String> proven() {
          return proven;
        }

        @Override
        public void rewind(PartitionState state, long offset) {
          FactSinkTask.this.rewind(state, offset);
        }
      };

  private SinkConfig config;
  private ExecutorService executor;
  private Server server;
  private SinkMetrics metrics;
  private DeadLetters letters;
  private PartitionState last;

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
    Set<TableWriter> joined = new LinkedHashSet<>(renamed ? tables.values() : List.of());
    for (TopicPartition partition : partitions) {
      TableWriter known = tables.get(config.table(partition.topic(), partition.topic()));
      if (known != null) {
        joined.add(known);
      }
    }
    joined.forEach(TableWriter::restart);
    for (TopicPartition partition : partitions) {
      PartitionState state = new PartitionState(partition);
      states.put(partition, state);
      if (config.topicTables().containsKey(partition.topic())) {
        attach(state, config.topicTables().get(partition.topic()));
      }
    }
    // Until the tables are ready; Connect may even hold a pause from before the rebalance.
    context.pause(partitions.toArray(TopicPartition[]::new));
  }

  private TableWriter attach(PartitionState state, String table) {
    TableWriter writer = tables.computeIfAbsent(table, this::newWriter);
    if (state.tables.add(writer) && config.truncate()) {
      refuseSeveralPartitions(table, writer);
    }
    return writer;
  }

  /** A truncate has no place among the rows of other partitions than its own. */
  private void refuseSeveralPartitions(String table, TableWriter writer) {
    List<TopicPartition> feeding =
        states.values().stream()
            .filter(state -> state.tables.contains(writer))
            .map(state -> state.topicPartition)
            .toList();
    if (feeding.size() > 1) {
      throw new ConnectException(
          "%s=true wants one partition for each table, because a truncate stands in the order of one only; table %s takes rows from %s"
              .formatted(SinkSettings.TRUNCATE, table, feeding));
    }
  }

  private TableWriter newWriter(String table) {
    Retry retry = new Retry(config, metrics);
    Inserter inserter = new Inserter(table, server, config, metrics, retry, letters);
    return new TableWriter(table, config, inserter, executor, metrics, retry, letters, forTables);
  }

  @Override
  public void put(Collection<SinkRecord> records) {
    long now = System.nanoTime();
    metrics.register(now);
    tables.values().forEach(TableWriter::settle);
    for (SinkRecord record : records) {
      PartitionState state = state(record);
      if (state.stale) {
        // Whether the consumer has gone back before it fetched this, nobody can tell.
        rewind(state, state.next);
        continue;
      }
      if (!state.behind) {
        if (state.isPast(record.originalKafkaOffset())) {
          state = replaced(state, record.originalKafkaOffset());
          if (state.stale) {
            continue;
          }
        }
        state.next = record.originalKafkaOffset();
      }
      state.behind = false;
      if (writer(state, record).add(state, record, now)) {
        state.next = record.originalKafkaOffset() + 1;
      } else {
        rewind(state, state.next);
      }
    }
    long later = System.nanoTime();
    tables.values().forEach(writer -> writer.sendIfDue(later));
    states.values().forEach(state -> state.stale = false);
    pauseAndResume();
    tables.values().stream()
        .mapToLong(writer -> writer.nextLookInMs(later))
        .filter(ms -> ms < Long.MAX_VALUE)
        .min()
        .ifPresent(context::timeout);
  }

  private PartitionState state(SinkRecord record) {
    // Polls bring records partition by partition.
    if (last == null
        || last.topicPartition.partition() != record.originalKafkaPartition()
        || !last.topicPartition.topic().equals(record.originalTopic())) {
      last =
          states.get(new TopicPartition(record.originalTopic(), record.originalKafkaPartition()));
    }
    return last;
  }

  /**
   * Of its own a consumer goes back only where a topic of the same name has taken the place of one
   * that was deleted; it goes on where it can, which need not be the beginning.
   */
  private PartitionState replaced(PartitionState gone, long offset) {
    LOG.warn(
        "{} begins anew, as a topic does that was deleted and made again: all of it is read",
        gone.topicPartition);
    gone.tables.forEach(writer -> writer.forget(gone));
    PartitionState state = new PartitionState(gone.topicPartition);
    state.paused = gone.paused;
    state.tables.addAll(gone.tables);
    states.put(state.topicPartition, state);
    last = state;
    if (offset > 0) {
      rewind(state, 0);
    }
    return state;
  }

  private TableWriter writer(PartitionState state, SinkRecord record) {
    String topic = record.topic();
    if (!topic.equals(state.lastTopic)) {
      renamed |= !topic.equals(state.topicPartition.topic());
      state.lastTable = attach(state, config.table(topic, state.topicPartition.topic()));
      state.lastTopic = topic;
    }
    return state.lastTable;
  }

  private void pauseAndResume() {
    List<TopicPartition> toPause = new ArrayList<>();
    List<TopicPartition> toResume = new ArrayList<>();
    for (PartitionState state : states.values()) {
      boolean pause = !state.tables.stream().allMatch(TableWriter::accepting);
      if (pause != state.paused) {
        (pause ? toPause : toResume).add(state.topicPartition);
        state.paused = pause;
      }
    }
    if (!toPause.isEmpty()) {
      context.pause(toPause.toArray(TopicPartition[]::new));
    }
    if (!toResume.isEmpty()) {
      context.resume(toResume.toArray(TopicPartition[]::new));
    }
  }

  private void rewind(PartitionState state, long offset) {
    // Connect fails the task over a rewind of a partition that it has taken away.
    if (states.get(state.topicPartition) == state) {
      // Never forward: what lies between is still to be read on account of others.
      state.next = Math.min(state.next, offset);
      state.stale = true;
      state.behind = true;
      context.offset(state.topicPartition, state.next);
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
          PartitionState state = states.get(partition);
          if (state != null) {
            long first = state.firstPending();
            long offset = first == PartitionState.NONE ? position.offset() : first;
            done.put(partition, new OffsetAndMetadata(offset, shortened(state.failure())));
          }
        });
    return done;
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_METADATA ? text : text.substring(0, LONGEST_METADATA);
  }

  @Override
  public void close(Collection<TopicPartition> partitions) {
    List<PartitionState> gone = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      PartitionState state = states.remove(partition);
      if (state != null) {
        gone.add(state);
      }
    }
    last = null;
    Set<TableWriter> left = new LinkedHashSet<>();
    gone.forEach(state -> left.addAll(state.tables));
    long deadline = System.nanoTime() + STOP_NANOS;
    for (TableWriter writer : left) {
      if (states.values().stream().anyMatch(state -> state.tables.contains(writer))) {
        writer.restart();
        gone.forEach(writer::forget);
      } else {
        writer.stop(deadline);
        tables.values().remove(writer);
      }
    }
  }

  @Override
  public void stop() {
    if (executor != null) {
      long deadline = System.nanoTime() + STOP_NANOS;
      tables.values().forEach(writer -> writer.stop(deadline));
      executor.shutdownNow();
      server.close();
    }
  }
}

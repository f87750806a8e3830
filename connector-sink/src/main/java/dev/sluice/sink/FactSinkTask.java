package dev.sluice.sink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
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

/**
 * Distributes records to the {@link TableWriter} of their table and tells Connect what has arrived.
 *
 * <p>A record's place is the one it was read from, whatever transforms have made of its topic. Its
 * table is the one that {@code topic2TableMap} names for the topic it has now, else for the one it
 * was read from, else the one called like the topic it has now.
 *
 * <p>Failure semantics: {@link #put} waits neither for ClickHouse nor for the dead letter queue. A
 * table that cannot take more has its partitions paused. Only offsets that ClickHouse has
 * acknowledged, or of whose records the dead letter queue has a copy, are committed, so a crash, a
 * stop or a rebalance at any moment repeats rows and loses none. A table whose rows cannot go on
 * (see {@link Hold}) is held while another table of the task is not. Once all tables are held,
 * which the only table of a task is at once, the task fails, with the reason of the last.
 */
public final class FactSinkTask extends SinkTask {
  /** Connect gives a task five seconds to end. */
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** Characters; a broker takes 4,096 bytes by default. */
  private static final int LONGEST_METADATA = 1_000;

  private static final Comparator<TableWriter> OLDEST_FIRST =
      Comparator.comparingLong(TableWriter::waitingSince);

  private final Map<String, TableWriter> tables = new HashMap<>();
  private final List<TableWriter> due = new ArrayList<>();
  private final BiFunction<SinkConfig, ExecutorService, Server> connect;
  private SinkConfig config;
  private TableParts parts;
  private Partitions partitions;

  /**
   * Whether the task has failed. Connect says so itself, and commits once more: what would stand
   * with an offset then would stay there until the next record of its partition.
   */
  private boolean failed;

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
    ExecutorService executor =
        Executors.newCachedThreadPool(
            job -> {
              Thread thread = new Thread(job, "sluice-" + config.connector());
              thread.setDaemon(true);
              return thread;
            });
    partitions = new Partitions(context);
    MemoryBudget budget = new MemoryBudget(config.memoryBytes());
    SinkMetrics metrics = new SinkMetrics(context.pluginMetrics(), budget);
    parts =
        new TableParts(
            config,
            connect.apply(config, executor),
            executor,
            metrics,
            new DeadLetterReporter(
                context.errantRecordReporter(), config.deadLetterQueue(), metrics),
            budget,
            new InsertPacer(config.insertsPerSecond(), System.nanoTime()),
            partitions,
            new HashSet<>());
  }

  @Override
  public void open(Collection<TopicPartition> opened) {
    // Another task's rows of a new partition may still be on their way into a table.
    Set<TableWriter> joined = new LinkedHashSet<>(renamed ? tables.values() : List.of());
    for (TopicPartition partition : opened) {
      TableWriter known = tables.get(config.table(partition.topic(), partition.topic()));
      if (known != null) {
        joined.add(known);
      }
    }
    joined.forEach(TableWriter::restart);
    for (TopicPartition partition : opened) {
      PartitionState state = partitions.assign(partition);
      if (config.topicTables().containsKey(partition.topic())) {
        attach(state, config.topicTables().get(partition.topic()));
      }
    }
    // Until the tables are ready; Connect may even hold a pause from before the rebalance.
    context.pause(opened.toArray(TopicPartition[]::new));
  }

  private TableWriter attach(PartitionState state, String table) {
    TableWriter writer = tables.computeIfAbsent(table, name -> new TableWriter(name, parts));
    if (state.tables.add(writer) && config.truncate()) {
      refuseSeveralPartitions(table, writer);
    }
    return writer;
  }

  /** A truncate has no place among the rows of other partitions than its own. */
  private void refuseSeveralPartitions(String table, TableWriter writer) {
    List<TopicPartition> feeding =
        partitions.all().stream()
            .filter(state -> state.tables.contains(writer))
            .map(state -> state.topicPartition)
            .toList();
    if (feeding.size() > 1) {
      throw new ConnectException(
          "%s=true wants one partition for each table, because a truncate stands in the order of one only; table %s takes rows from %s"
              .formatted(SinkSettings.TRUNCATE, table, feeding));
    }
  }

  @Override
  public void put(Collection<SinkRecord> records) {
    long now = System.nanoTime();
    tables.values().forEach(TableWriter::settle);
    for (SinkRecord record : records) {
      add(record, now);
    }
    long later = System.nanoTime();
    sendDue(later);
    tables.values().forEach(table -> table.polled(later));
    failIfAllAreHeld();
    partitions.polled();
    parts.metrics().register(later);
    tables.values().stream()
        .mapToLong(table -> table.nextLookInMs(later))
        .filter(ms -> ms < Long.MAX_VALUE)
        .min()
        .ifPresent(context::timeout);
  }

  private void add(SinkRecord record, long now) {
    PartitionState state = partitions.of(record);
    if (state.stale) {
      // Whether the consumer has gone back before it fetched this, nobody can tell.
      partitions.rewind(state, state.next);
      return;
    }
    if (!state.behind) {
      if (state.isPast(record.originalKafkaOffset())) {
        state = partitions.replace(state, record.originalKafkaOffset());
        if (state.stale) {
          return;
        }
      }
      state.next = record.originalKafkaOffset();
    }
    state.behind = false;
    if (table(state, record).add(state, record, now)) {
      state.next = record.originalKafkaOffset() + 1;
    } else {
      partitions.rewind(state, state.next);
    }
  }

  private TableWriter table(PartitionState state, SinkRecord record) {
    String topic = record.topic();
    if (!topic.equals(state.lastTopic)) {
      renamed |= !topic.equals(state.topicPartition.topic());
      state.lastTable = attach(state, config.table(topic, state.topicPartition.topic()));
      state.lastTopic = topic;
    }
    return state.lastTable;
  }

  /** The tables whose rows wait longest insert first, as many as {@link InsertPacer} admits. */
  private void sendDue(long now) {
    due.clear();
    int active = 0;
    for (TableWriter table : tables.values()) {
      table.settle();
      active += table.isActive() ? 1 : 0;
      if (table.isDue(now)) {
        due.add(table);
      }
    }
    if (due.size() > 1) {
      due.sort(OLDEST_FIRST);
    }
    for (TableWriter table : due) {
      if (active == 1 || table.isUrgent() || parts.pacer().admits(now)) {
        table.send(now);
      }
    }
  }

  /** Nothing goes on then, and a task that has failed is what Connect shows. */
  private void failIfAllAreHeld() {
    Hold last = null;
    for (TableWriter table : tables.values()) {
      if (!table.hold().isOn()) {
        return;
      }
      last = last == null || table.hold().isLaterThan(last) ? table.hold() : last;
    }
    // A partition that has not said where its records go has a table that is not held.
    if (last != null && partitions.all().stream().noneMatch(state -> state.tables.isEmpty())) {
      failed = true;
      throw last.cause();
    }
  }

  /**
   * Up to the first record that is on its way; where none is, all that was consumed, because
   * records that a transform drops at the end of a partition never come here. What fails for a
   * table goes with the offset, as its metadata, for whoever looks at the consumer group.
   */
  @Override
  public Map<TopicPartition, OffsetAndMetadata> preCommit(
      Map<TopicPartition, OffsetAndMetadata> consumed) {
    Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
    consumed.forEach(
        (partition, position) -> {
          PartitionState state = partitions.get(partition);
          if (state != null) {
            long first = state.firstPending();
            long offset = first == PartitionState.NONE ? position.offset() : first;
            done.put(
                partition, new OffsetAndMetadata(offset, failed ? "" : shortened(state.failure())));
          }
        });
    return done;
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_METADATA ? text : text.substring(0, LONGEST_METADATA);
  }

  @Override
  public void close(Collection<TopicPartition> closed) {
    List<PartitionState> gone = new ArrayList<>();
    for (TopicPartition partition : closed) {
      PartitionState state = partitions.revoke(partition);
      if (state != null) {
        gone.add(state);
      }
    }
    Set<TableWriter> left = new LinkedHashSet<>();
    gone.forEach(state -> left.addAll(state.tables));
    long deadline = System.nanoTime() + STOP_NANOS;
    for (TableWriter table : left) {
      if (partitions.all().stream().anyMatch(state -> state.tables.contains(table))) {
        table.restart();
        gone.forEach(table::forget);
      } else {
        table.stop(deadline);
        tables.values().remove(table);
      }
    }
  }

  @Override
  public void stop() {
    if (parts != null) {
      long deadline = System.nanoTime() + STOP_NANOS;
      tables.values().forEach(table -> table.stop(deadline));
      parts.executor().shutdownNow();
      parts.server().close();
    }
  }
}

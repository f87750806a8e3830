package dev.sluice.sink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

/**
 * Does to a task what Connect's worker does, on one thread and step by step: it polls partitions
 * that are not paused, goes back where the task asks, and commits what the task allows.
 */
final class Worker implements SinkTaskContext {
  /** A record that a transform drops. */
  static final Object DROPPED = new Object();

  final Map<Long, String> deadLetters = new ConcurrentSkipListMap<>();
  private final AtomicInteger reporting = new AtomicInteger();
  final Map<TopicPartition, Long> committed = new HashMap<>();

  /** What the task has said with the offsets. */
  final Map<TopicPartition, String> said = new HashMap<>();

  private final Map<TopicPartition, List<Object>> log = new HashMap<>();
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private final Map<TopicPartition, Long> rewinds = new HashMap<>();
  private final Set<TopicPartition> paused = new HashSet<>();
  final Metrics metrics = new Metrics();
  private final FactSinkTask task;
  private final int maxPoll;
  boolean deadLetterQueue = true;

  /** What becomes of a letter; it counts as one when this succeeds. */
  Supplier<Future<Void>> queue = () -> CompletableFuture.completedFuture(null);

  /** What a transform makes of the records. */
  UnaryOperator<SinkRecord> transform = record -> record;

  /** A value with a key. */
  record Keyed(Object key, Object value) {}

  /** How long the task lets the next poll take when nothing comes; -1 for as long as it likes. */
  long nextPollMs = -1;

  Worker(FactSinkTask task, int maxPoll) {
    this.task = task;
    this.maxPoll = maxPoll;
  }

  Worker start(Map<String, String> settings, TopicPartition... partitions) {
    task.initialize(this);
    task.start(settings);
    assign(partitions);
    return this;
  }

  void assign(TopicPartition... partitions) {
    for (TopicPartition partition : partitions) {
      positions.put(partition, committed.getOrDefault(partition, 0L));
    }
    task.open(List.of(partitions));
    goBack();
  }

  /** As in the middle of a poll. */
  void revoke(TopicPartition... partitions) {
    goBack();
    commit();
    task.close(List.of(partitions));
    for (TopicPartition partition : partitions) {
      positions.remove(partition);
    }
  }

  void stop() {
    commit();
    task.close(new ArrayList<>(positions.keySet()));
    task.stop();
  }

  void produce(TopicPartition partition, Object... values) {
    log.computeIfAbsent(partition, p -> new ArrayList<>()).addAll(List.of(values));
  }

  /** The topic is deleted and made again under the consumer, which goes on somewhere in it. */
  void replaceTopic(TopicPartition partition, long position) {
    log.remove(partition);
    committed.remove(partition);
    positions.put(partition, position);
  }

  /** A null value. */
  void produceTombstone(TopicPartition partition) {
    log.computeIfAbsent(partition, p -> new ArrayList<>()).add(null);
  }

  void poll() {
    poll(() -> {});
  }

  /**
   * Polls, with something happening inside: a rebalance there comes after the consumer has gone
   * back, and before records that it has fetched already.
   */
  void poll(Runnable inside) {
    nextPollMs = -1;
    goBack();
    inside.run();
    List<SinkRecord> records = new ArrayList<>();
    for (TopicPartition partition : List.copyOf(positions.keySet())) {
      List<Object> values = log.getOrDefault(partition, List.of());
      while (!paused.contains(partition)
          && positions.get(partition) < values.size()
          && records.size() < maxPoll) {
        long offset = positions.merge(partition, 1L, Long::sum) - 1;
        Object value = values.get((int) offset);
        if (value != DROPPED) {
          records.add(transform.apply(record(partition, value, offset)));
        }
      }
    }
    task.put(records);
  }

  private void goBack() {
    if (!positions.keySet().containsAll(rewinds.keySet())) {
      throw new IllegalStateException("rewind of a partition that is not assigned");
    }
    rewinds.forEach(positions::put);
    rewinds.clear();
  }

  private static SinkRecord record(TopicPartition partition, Object produced, long offset) {
    Object key = produced instanceof Keyed keyed ? keyed.key : null;
    Object value = produced instanceof Keyed keyed ? keyed.value : produced;
    Schema schema = value instanceof Struct struct ? struct.schema() : null;
    return new SinkRecord(
        partition.topic(),
        partition.partition(),
        null,
        key,
        schema,
        value,
        offset,
        1_000 + offset,
        TimestampType.CREATE_TIME);
  }

  void commit() {
    Map<TopicPartition, OffsetAndMetadata> current = new HashMap<>();
    positions.forEach((partition, next) -> current.put(partition, new OffsetAndMetadata(next)));
    task.preCommit(current)
        .forEach(
            (partition, next) -> {
              committed.put(partition, next.offset());
              said.put(partition, next.metadata());
            });
  }

  /** Polls until everything produced is committed. */
  void drain() throws InterruptedException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (true) {
      poll();
      commit();
      if (log.entrySet().stream()
          .allMatch(e -> committed.getOrDefault(e.getKey(), 0L) == e.getValue().size())) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not everything is acknowledged: " + committed + ", " + said);
      }
      Thread.sleep(1);
    }
  }

  long position(TopicPartition partition) {
    return positions.get(partition);
  }

  boolean isPaused(TopicPartition partition) {
    return paused.contains(partition);
  }

  @Override
  public Map<String, String> configs() {
    return Map.of();
  }

  @Override
  public void offset(Map<TopicPartition, Long> offsets) {
    rewinds.putAll(offsets);
  }

  @Override
  public void offset(TopicPartition partition, long offset) {
    rewinds.put(partition, offset);
  }

  @Override
  public void timeout(long timeoutMs) {
    nextPollMs = timeoutMs;
  }

  @Override
  public Set<TopicPartition> assignment() {
    return positions.keySet();
  }

  @Override
  public void pause(TopicPartition... partitions) {
    paused.addAll(List.of(partitions));
  }

  @Override
  public void resume(TopicPartition... partitions) {
    List.of(partitions).forEach(paused::remove);
  }

  @Override
  public void requestCommit() {}

  @Override
  public ErrantRecordReporter errantRecordReporter() {
    return deadLetterQueue ? this::report : null;
  }

  private Future<Void> report(SinkRecord record, Throwable error) {
    if (reporting.getAndIncrement() > 0) {
      throw new IllegalStateException("Connect's reporter is not made for two threads at once");
    }
    Future<Void> letter = queue.get();
    deadLetters.put(record.originalKafkaOffset(), error.getMessage());
    reporting.decrementAndGet();
    return letter;
  }

  @Override
  public PluginMetrics pluginMetrics() {
    return new PluginMetricsImpl(metrics, Map.of("task", "0"));
  }

  /** Zero before the first poll, which registers them. */
  double metric(String name) {
    return metric(name, null);
  }

  /** One of a table's. */
  double metric(String name, String table) {
    return metrics.metrics().entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(name))
        .filter(entry -> Objects.equals(entry.getKey().tags().get("table"), table))
        .mapToDouble(entry -> ((Number) entry.getValue().metricValue()).doubleValue())
        .findAny()
        .orElse(0);
  }
}

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
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/**
 * Distributes records to the {@link Lane} of their table and tells Connect what has arrived.
 *
 * <p>Failure semantics: {@link #put} never waits for ClickHouse. A lane that cannot take more has
 * its partitions paused. Only offsets that ClickHouse has acknowledged are committed, so a crash, a
 * stop or a rebalance at any moment repeats rows and loses none. A row that cannot become one of
 * the table goes to the dead letter queue, or fails the task when there is none.
 */
public final class FactSinkTask extends SinkTask {
  /** Connect gives a task five seconds to end. */
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(3);

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
        public void putAside(Source source, SinkRecord record, DataException reason) {
          FactSinkTask.this.putAside(source, record, reason);
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
  private Source last;

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
  }

  @Override
  public void open(Collection<TopicPartition> partitions) {
    Set<Lane> joined = new LinkedHashSet<>();
    for (TopicPartition partition : partitions) {
      String table = config.table(partition.topic());
      Lane lane = lanes.get(table);
      if (lane == null) {
        lane = newLane(table);
        lanes.put(table, lane);
      } else if (joined.add(lane)) {
        // Another task's rows of the new partition may still be on their way into the table.
        lane.restart();
      }
      joined.add(lane);
      sources.put(partition, new Source(partition, lane));
    }
    if (config.truncate()) {
      refuseSeveralPartitionsOfATable();
    }
    // Until the lane is ready; Connect may even hold a pause from before the rebalance.
    context.pause(partitions.toArray(TopicPartition[]::new));
  }

  /** A truncate has no place among the rows of other partitions than its own. */
  private void refuseSeveralPartitionsOfATable() {
    lanes.forEach(
        (table, lane) -> {
          List<TopicPartition> feeding =
              sources.values().stream().filter(s -> s.lane == lane).map(s -> s.partition).toList();
          if (feeding.size() > 1) {
            throw new ConnectException(
                "%s=true wants one partition for each table, because a truncate stands in the order of one only; table %s takes rows from %s"
                    .formatted(SinkSettings.TRUNCATE, table, feeding));
          }
        });
  }

  private Lane newLane(String table) {
    Inserter inserter = new Inserter(table, server, config, metrics);
    return new Lane(table, config, inserter, executor, metrics, forLanes);
  }

  @Override
  public void put(Collection<SinkRecord> records) {
    long now = System.nanoTime();
    metrics.register(now);
    lanes.values().forEach(Lane::settle);
    for (SinkRecord record : records) {
      Source source = source(record);
      if (source.rewindTo != Source.NONE) {
        rewind(source, source.rewindTo);
      } else if (!source.lane.add(source, record, now) && source.rewindTo == Source.NONE) {
        rewind(source, record.kafkaOffset());
      }
    }
    long later = System.nanoTime();
    lanes.values().forEach(lane -> lane.sendIfDue(later));
    sources.values().forEach(source -> source.rewindTo = Source.NONE);
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
        || last.partition.partition() != record.kafkaPartition()
        || !last.partition.topic().equals(record.topic())) {
      last = sources.get(new TopicPartition(record.topic(), record.kafkaPartition()));
    }
    return last;
  }

  private void pauseAndResume() {
    List<TopicPartition> toPause = new ArrayList<>();
    List<TopicPartition> toResume = new ArrayList<>();
    for (Source source : sources.values()) {
      boolean pause = !source.lane.accepting();
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
      source.rewindTo = offset;
      source.behind = true;
      context.offset(source.partition, offset);
    }
  }

  private void putAside(Source source, SinkRecord record, DataException reason) {
    DataException named =
        new DataException("Record " + source.at(record.kafkaOffset()) + ": " + reason.getMessage());
    ErrantRecordReporter reporter = context.errantRecordReporter();
    if (reporter == null) {
      throw new ConnectException(named);
    }
    reporter.report(record, named);
    metrics.deadLetters.incrementAndGet();
  }

  /**
   * What has been acknowledged; and where nothing is on its way, all that was consumed, because
   * records that a transform drops at the end of a partition never come here.
   */
  @Override
  public Map<TopicPartition, OffsetAndMetadata> preCommit(
      Map<TopicPartition, OffsetAndMetadata> consumed) {
    Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
    consumed.forEach(
        (partition, position) -> {
          Source source = sources.get(partition);
          if (source != null && !source.behind && !source.lane.holds(source)) {
            done.put(partition, position);
          } else if (source != null && source.acknowledged != Source.NONE) {
            done.put(partition, new OffsetAndMetadata(source.acknowledged));
          }
        });
    return done;
  }

  @Override
  public void close(Collection<TopicPartition> partitions) {
    Set<Lane> left = new LinkedHashSet<>();
    for (TopicPartition partition : partitions) {
      Source source = sources.remove(partition);
      if (source != null) {
        left.add(source.lane);
      }
    }
    last = null;
    long deadline = System.nanoTime() + STOP_NANOS;
    for (Lane lane : left) {
      if (sources.values().stream().anyMatch(source -> source.lane == lane)) {
        lane.restart();
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

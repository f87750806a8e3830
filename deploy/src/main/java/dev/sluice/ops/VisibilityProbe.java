package dev.sluice.ops;

import dev.sluice.SluiceException;
import dev.sluice.ops.FactProbe.Change;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ClickHouseClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Measures the time from commit to visible of single changes, about one a second and pipeline after
 * pipeline: waits at the end of the topic for a new change and looks into ClickHouse until its row
 * is there in that version or a later one.
 *
 * <p>The commit's time is by Postgres's clock; it is compared with Postgres's clock too, whose
 * difference to this process's is known from the last look, to within that look's round trip. The
 * looks into ClickHouse, every {@value #LOOK_MILLIS} ms, are in the time.
 *
 * <p>Only what it understands is measured: inserts and updates in Debezium's schemaless JSON, into
 * a ReplacingMergeTree with one key column and a version that is a column of epoch millis or the
 * LSN. Where {@code updated_at} does not rise with a change, that change seems visible at once. For
 * everything else {@link Freshness} gives an upper bound.
 *
 * <p>Failure semantics: nothing is ever thrown; a Kafka or ClickHouse that is away is tried again
 * every second. A change that is not visible after {@value #LIMIT_MILLIS} ms is given up: by then
 * the freshness tells it.
 */
final class VisibilityProbe implements AutoCloseable {

  private static final long LOOK_MILLIS = 20;
  private static final long LIMIT_MILLIS = 60_000;
  private static final long INTERVAL_MILLIS = 1_000;

  private final String kafka;
  private final ClickHouseClient clickHouse;
  private final Map<String, Samples> samples = new ConcurrentHashMap<>();
  private final Thread thread = new Thread(this::run, "ops-visibility");
  private volatile List<FactProbe> targets = List.of();
  private volatile long postgresAhead;
  private volatile boolean stopping;

  VisibilityProbe(OpsOptions options) {
    this(options.kafka(), options.clickHouse());
  }

  private VisibilityProbe(String kafka, ClickHouseAddress clickHouse) {
    this.kafka = kafka;
    this.clickHouse = new ClickHouseClient(clickHouse, Duration.ofSeconds(10));
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * @param targets what to measure from now on
   * @param postgresAhead ms by which Postgres's clock is ahead of this process's
   */
  void follow(List<FactProbe> targets, long postgresAhead) {
    this.targets = targets;
    this.postgresAhead = postgresAhead;
    samples.keySet().retainAll(targets.stream().map(FactProbe::pipeline).toList());
  }

  /** Millis that a share of the last minute's changes took; empty when none was measured. */
  OptionalLong percentile(String pipeline, double share) {
    Samples found = samples.get(pipeline);
    return found == null ? OptionalLong.empty() : found.percentile(share, Now.millis());
  }

  private void run() {
    while (!stopping) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
        while (!stopping) {
          List<FactProbe> round = targets;
          for (FactProbe target : round) {
            long begin = Now.millis();
            measure(consumer, target);
            pause(INTERVAL_MILLIS - (Now.millis() - begin));
          }
          if (round.isEmpty()) {
            pause(INTERVAL_MILLIS);
          }
        }
      } catch (KafkaException e) {
        pause(INTERVAL_MILLIS);
      }
    }
  }

  private void measure(KafkaConsumer<byte[], byte[]> consumer, FactProbe target) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(target.topic()).stream()
            .map(p -> new TopicPartition(p.topic(), p.partition()))
            .toList();
    if (partitions.isEmpty()) {
      return; // The topic has just been deleted.
    }
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    for (ConsumerRecord<byte[], byte[]> record :
        consumer.poll(Duration.ofMillis(INTERVAL_MILLIS))) {
      Optional<Change> change = target.change(record.value());
      if (change.isPresent() && awaitVisible(change.get())) {
        long now = Now.millis();
        long took = now + postgresAhead - change.get().committedAt();
        samples.computeIfAbsent(target.pipeline(), id -> new Samples()).add(now, Math.max(0, took));
      }
      return;
    }
  }

  private boolean awaitVisible(Change change) {
    long deadline = Now.millis() + LIMIT_MILLIS;
    while (!stopping && Now.millis() < deadline) {
      try {
        if (clickHouse.number(change.sql()) > 0) {
          return true;
        }
        pause(LOOK_MILLIS);
      } catch (SluiceException e) {
        pause(INTERVAL_MILLIS);
      }
    }
    return false;
  }

  private void pause(long millis) {
    try {
      Thread.sleep(Math.max(0, millis));
    } catch (InterruptedException e) {
      stopping = true;
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers", kafka,
            "client.id", "sluice-ops-visibility",
            "allow.auto.create.topics", false,
            "max.poll.records", 1,
            "max.partition.fetch.bytes", 65_536,
            "default.api.timeout.ms", 5_000,
            "request.timeout.ms", 5_000),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    clickHouse.close();
  }
}

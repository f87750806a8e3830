package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Faults, refusals, drift, rebalances and odd records in random order. At every moment what is
 * committed has landed; at the end everything has, and per partition a later row has landed after
 * an earlier one of its table.
 *
 * <p>The seed is the test's name; {@code -Dseed=N} runs one alone.
 */
class RandomFaultsTest {
  private static final int PARTITIONS = 3;
  private static final int ROWS = 400;

  /** Row numbers tell partition and offset. */
  private static final long STRIDE = 1_000_000;

  private static final Schema[] SCHEMAS = {
    SchemaBuilder.struct().name("a").field("n", Schema.INT64_SCHEMA).build(),
    SchemaBuilder.struct().name("b").field("n", Schema.INT64_SCHEMA).build()
  };

  static LongStream seeds() {
    Long seed = Long.getLong("seed");
    return seed != null ? LongStream.of(seed) : LongStream.range(0, 40);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingIsLostAndOrderHolds(long seed) throws Exception {
    Random random = new Random(seed);
    MemoryServer server = new MemoryServer();
    Set<Long> refused = new HashSet<>();
    server.refuses = refused::contains;
    if (random.nextBoolean()) {
      server.refusal = Fault.refusal(9999, "a code that nobody knows", "q");
    }
    Worker worker =
        new Worker(new FactSinkTask((config, executor) -> server), 1 + random.nextInt(70));
    worker.queue =
        () ->
            random.nextInt(4) == 0
                ? CompletableFuture.failedFuture(new TimeoutException("the queue is away"))
                : CompletableFuture.completedFuture(null);
    int tables = seed % 3 == 0 ? 3 : 1;
    worker.transform = record -> toOneOf(tables, record);
    Map<TopicPartition, List<Long>> expected = new HashMap<>();
    Set<TopicPartition> owned = new HashSet<>();
    for (int p = 0; p < PARTITIONS; p++) {
      TopicPartition partition = new TopicPartition("t", p);
      expected.put(partition, produce(worker, partition, random, refused));
      owned.add(partition);
    }
    worker.start(
        Map.of(
            "hostname", "unused",
            "batch.rows", "" + (1 + random.nextInt(60)),
            "linger.ms", "" + random.nextInt(3),
            "retry.backoff.ms", "1",
            "retry.backoff.max.ms", "1"),
        owned.toArray(TopicPartition[]::new));

    // Till a table has taken a row, a misfit is fatal.
    while (tablesOfCommitted(worker, expected, tables) < tables) {
      worker.poll();
      worker.commit();
    }
    for (int step = 0; step < 300; step++) {
      worker.poll(() -> disturb(worker, server, random, owned));
      worker.commit();
      assertCommittedHasLanded(worker, server, expected);
    }
    server.actual = MemoryServer.layoutOf("Int64");
    expected.keySet().stream().filter(p -> !owned.contains(p)).forEach(worker::assign);
    worker.drain();
    worker.poll();
    assertThat(worker.metric("memory-bytes")).as("memory of a task at rest").isZero();
    worker.stop();

    List<Long> landed = server.landed();
    for (List<Long> numbers : expected.values()) {
      for (int t = 0; t < tables; t++) {
        int table = t;
        List<Long> rows =
            numbers.stream()
                .filter(n -> n != null && n % tables == table && !refused.contains(n))
                .toList();
        assertThat(landed).containsAll(rows);
        assertThat(rows.stream().map(landed::lastIndexOf).toList()).isSorted();
      }
    }
  }

  /** One partition's records go to several tables, as behind a TimestampRouter. */
  private static SinkRecord toOneOf(int tables, SinkRecord record) {
    long number = record.value() instanceof Struct row ? row.getInt64("n") : record.kafkaOffset();
    return record.newRecord(
        record.topic() + number % tables,
        record.kafkaPartition(),
        record.keySchema(),
        record.key(),
        record.valueSchema(),
        record.value(),
        record.timestamp());
  }

  private static long tablesOfCommitted(
      Worker worker, Map<TopicPartition, List<Long>> expected, int tables) {
    return worker.committed.entrySet().stream()
        .flatMap(next -> expected.get(next.getKey()).stream().limit(next.getValue()))
        .filter(Objects::nonNull)
        .map(number -> number % tables)
        .distinct()
        .count();
  }

  private static List<Long> produce(
      Worker worker, TopicPartition partition, Random random, Set<Long> refused) {
    List<Long> numbers = new ArrayList<>();
    int schema = 0;
    for (int offset = 0; offset < ROWS; offset++) {
      long number = partition.partition() * STRIDE + offset;
      // The last rows are good: by them a table knows that a row before is bad, whatever the code.
      int dice = offset < ROWS - 3 ? random.nextInt(100) : 0;
      if (dice > 0 && dice < 4) {
        schema = 1 - schema;
      }
      if (dice > 97) {
        worker.produceTombstone(partition);
      } else if (dice > 95) {
        worker.produce(partition, Worker.DROPPED);
      } else if (dice > 93) {
        worker.produce(partition, "no row");
      } else {
        if (dice == 50) {
          refused.add(number);
        }
        worker.produce(partition, new Struct(SCHEMAS[schema]).put("n", number));
        numbers.add(number);
        continue;
      }
      numbers.add(null);
    }
    return numbers;
  }

  private static void disturb(
      Worker worker, MemoryServer server, Random random, Set<TopicPartition> owned) {
    TopicPartition partition = new TopicPartition("t", random.nextInt(PARTITIONS));
    switch (random.nextInt(33)) {
      case 30 -> server.fail(Fault.timeout(1));
      case 31 -> server.fail(Fault.notClickHouse(413, true));
      case 32 -> server.fail(Fault.refusal(241, "memory", "q"));
      case 0 -> server.fail(Fault.noAnswer("cut"));
      case 1 -> server.fail(Fault.of(ErrorCode.TOO_MANY_PARTS, "parts"));
      case 2 -> server.fail(Fault.of(ErrorCode.UNKNOWN_TABLE, "table"));
      case 3 -> server.actual = MemoryServer.layoutOf(random.nextBoolean() ? "Int64" : "Int32");
      case 4 -> server.actual = MemoryServer.layoutOf("Int64");
      case 5 -> {
        if (owned.remove(partition)) {
          worker.revoke(partition);
        } else {
          owned.add(partition);
          worker.assign(partition);
        }
      }
      default -> {}
    }
  }

  private static void assertCommittedHasLanded(
      Worker worker, MemoryServer server, Map<TopicPartition, List<Long>> expected) {
    Set<Long> landed = new HashSet<>(server.landed());
    worker.committed.forEach(
        (partition, next) -> {
          for (Long number : expected.get(partition).subList(0, next.intValue())) {
            assertThat(number == null || landed.contains(number) || server.refuses.test(number))
                .as("committed %s of %s, but %s has not landed", next, partition, number)
                .isTrue();
          }
        });
  }
}

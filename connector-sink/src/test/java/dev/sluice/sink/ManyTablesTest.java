package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One task with many tables: what one of them does to the others, and what all of them need. */
class ManyTablesTest {
  private static final Schema LONG = SchemaBuilder.struct().field("n", Schema.INT64_SCHEMA).build();
  private static final Schema INT = SchemaBuilder.struct().field("n", Schema.INT32_SCHEMA).build();
  private static final Schema PADDED =
      SchemaBuilder.struct()
          .field("n", Schema.INT64_SCHEMA)
          .field("pad", Schema.STRING_SCHEMA)
          .build();
  private static final TableLayout WITH_PAD =
      new TableLayout(
          "t",
          List.of(
              new TableLayout.Column("n", "Int64", ""),
              new TableLayout.Column("pad", "String", "")));

  /** The least that may be set. */
  private static final int MEMORY = 16 << 20;

  private static final TopicPartition A = new TopicPartition("a", 0);
  private static final TopicPartition B = new TopicPartition("b", 0);
  private static final TopicPartition C = new TopicPartition("c", 0);

  private final MemoryServer server = new MemoryServer();
  private final Worker worker = new Worker(new FactSinkTask((config, executor) -> server), 100);
  private final Map<String, String> settings =
      new HashMap<>(
          Map.of(
              "hostname", "unused",
              "topic2TableMap", "a=a,b=b,c=c",
              "batch.rows", "50",
              "linger.ms", "1",
              "memory.bytes", "" + MEMORY,
              "retry.backoff.ms", "1",
              "retry.backoff.max.ms", "2"));

  @AfterEach
  void stop() {
    server.gate = null;
    worker.stop();
  }

  @Test
  void rowsThatDoNotFitHoldTheirOwnTableUntilTheyDo() throws Exception {
    worker.produce(A, rows(0, 300));
    worker.produce(B, new Struct(INT).put("n", 1), new Struct(INT).put("n", 2));
    worker.produce(C, rows(300, 600));
    worker.start(settings, A, B, C);

    pollUntil(() -> committed(A) == 300 && committed(C) == 300);
    assertThat(committed(B)).isZero();
    pollUntil(() -> worker.isPaused(B));
    assertThat(worker.said)
        .containsEntry(A, "")
        .containsEntry(
            B,
            "Table b is held: Rows do not fit table b:"
                + " column n (Int64): the column takes INT64, the field is INT32");
    assertThat(worker.metric("tables-held")).isEqualTo(1);
    assertThat(worker.metric("tables-failing")).isEqualTo(1);
    assertThat(worker.metric("table-held", "b")).isEqualTo(1);
    assertThat(worker.metric("table-held", "a")).isZero();
    assertThat(worker.metric("memory-bytes")).isZero();

    server.layouts.put("b", MemoryServer.layoutOf("Int32"));
    worker.drain();
    worker.poll();
    assertThat(server.landed("b")).isEqualTo(numbers(1, 3));
    assertThat(worker.metric("tables-held")).isZero();
    assertThat(worker.said).containsEntry(B, "");
  }

  @Test
  void onceAllTablesAreHeldTheTaskFails() throws Exception {
    settings.put("topic2TableMap", "a=a,b=b");
    worker.produce(A, new Struct(INT).put("n", 1));
    worker.start(settings, A, B);
    pollUntil(() -> worker.metric("tables-held") == 1);

    worker.produce(B, new Struct(INT).put("n", 1));

    assertThatThrownBy(worker::drain)
        .isInstanceOf(MisfitException.class)
        .hasMessageContaining("table b");

    // As Connect does once more; what it would leave there would outlast its cause.
    worker.commit();
    assertThat(worker.said.values()).containsOnly("");
  }

  @Test
  void aTableThatIsDroppedStopsAloneAndKeepsNoMemory() throws Exception {
    worker.produce(A, rows(0, 10));
    worker.produce(B, rows(10, 20));
    worker.start(settings, A, B, C).drain();

    server.missing.add("b");
    worker.produce(B, rows(20, 400));
    pollUntil(() -> worker.metric("table-retries-total", "b") > 3);
    worker.produce(A, rows(400, 800));
    pollUntil(() -> committed(A) == 410);
    worker.poll();
    assertThat(worker.said)
        .containsEntry(B, "Reading the layout of table b does not work: table b is not there");
    assertThat(worker.isPaused(B)).isTrue();
    assertThat(committed(B)).isEqualTo(10);
    assertThat(worker.metric("memory-bytes")).isZero();
    assertThat(worker.metric("freshness-ms"))
        .isEqualTo(worker.metric("table-freshness-ms", "b"), within(100.0));

    server.missing.remove("b");
    worker.drain();
    assertThat(server.landed("b")).containsAll(numbers(20, 400));
  }

  @Test
  void aTableBehindAViewThatIsDroppedIsWaitedForAsItIs() throws Exception {
    worker.produce(A, rows(0, 10));
    worker.start(settings, A).drain();
    for (int i = 0; i < 5; i++) {
      server.insertFaults.add(Fault.of(ErrorCode.UNKNOWN_TABLE, "the target of a view"));
    }
    worker.produce(A, rows(10, 20));

    worker.drain();

    assertThat(server.inserts.subList(1, 7).stream().map(Server.Insert::queryId).distinct())
        .hasSize(1);
  }

  @Test
  void retriesWhoseTimeIsOverHoldTheirTableOnly() throws Exception {
    settings.put("retry.timeout.ms", "5");
    server.missing.add("b");
    worker.produce(A, rows(0, 10));
    worker.produce(B, rows(10, 20));
    worker.start(settings, A, B);

    pollUntil(() -> worker.metric("table-held", "b") == 1);
    worker.produce(A, rows(20, 30));
    pollUntil(() -> committed(A) == 20);
    assertThat(worker.said.get(B))
        .startsWith("Table b is held: Table b: retry.timeout.ms=5 is over");

    server.missing.remove("b");
    worker.drain();
    worker.poll();
    assertThat(worker.metric("tables-held")).isZero();
  }

  @Test
  void withoutADeadLetterQueueABadRowHoldsItsTableAndNothingIsPassedOver() throws Exception {
    worker.deadLetterQueue = false;
    server.refuses = n -> n == 115;
    worker.produce(A, rows(0, 100));
    worker.produce(B, rows(100, 200));
    worker.start(settings, A, B);

    pollUntil(() -> worker.metric("table-held", "b") == 1 && committed(A) == 100);
    for (int i = 0; i < 50; i++) {
      worker.poll();
      worker.commit();
      Thread.sleep(1);
      assertThat(worker.metric("table-held", "b")).isEqualTo(1);
    }
    assertThat(committed(B)).isEqualTo(15);
    assertThat(worker.said.get(B)).isEqualTo("Table b is held: Record b-0@15: constraint");

    server.refuses = n -> false;
    worker.drain();
    assertThat(server.landed("b")).containsAll(numbers(100, 200));
  }

  @Test
  void aRebalanceTakesAHeldTableAwayAndBringsItBack() throws Exception {
    worker.produce(A, rows(0, 100));
    worker.produce(B, new Struct(INT).put("n", 1));
    worker.start(settings, A, B);
    pollUntil(() -> worker.metric("tables-held") == 1);

    worker.revoke(B);
    worker.poll();
    assertThat(worker.metric("tables-held")).isZero();
    worker.produce(A, rows(100, 200));
    pollUntil(() -> committed(A) == 200);

    worker.assign(B);
    pollUntil(() -> worker.metric("tables-held") == 1);
    server.layouts.put("b", MemoryServer.layoutOf("Int32"));
    worker.drain();
    assertThat(server.landed("b")).containsExactly(1L);
  }

  @Test
  void aTaskThatIsLeftWithAHeldTableFails() throws Exception {
    worker.produce(A, rows(0, 100));
    worker.produce(B, new Struct(INT).put("n", 1));
    worker.start(settings, A, B);
    pollUntil(() -> worker.metric("tables-held") == 1 && committed(A) == 100);

    worker.revoke(A);

    assertThatThrownBy(worker::poll).isInstanceOf(ConnectException.class);
  }

  @Test
  void aBusyTableLeavesRoomForAQuietOne() throws Exception {
    server.actual = WITH_PAD;
    server.gate = new Semaphore(0);
    settings.put("batch.rows", "100000");
    worker.produce(A, padded(0, 1_000, 50_000));
    worker.start(settings, A, B);
    pollUntil(() -> worker.isPaused(A) && !worker.isPaused(B));
    long held = (long) worker.metric("memory-bytes");
    assertThat(held).isBetween(4L << 20, MEMORY / 3 * 2L);
    worker.poll();
    long taken = worker.position(A);

    worker.produce(B, padded(2_000, 2_005, 50_000));
    pollUntil(() -> worker.position(B) == 5);
    for (int i = 0; i < 20; i++) {
      worker.poll();
    }
    assertThat(worker.position(A)).isEqualTo(taken);

    server.gate.release(1_000_000);
    worker.drain();
    worker.poll();
    assertThat(server.landed("a")).isEqualTo(numbers(0, 1_000));
    assertThat(server.landed("b")).isEqualTo(numbers(2_000, 2_005));
    assertThat(worker.metric("memory-bytes")).isZero();
  }

  @Test
  void aRowLargerThanTheMemoryHoldsItsTable() throws Exception {
    server.actual = WITH_PAD;
    worker.produce(A, padded(0, 1, 12 << 20));
    worker.produce(B, padded(1, 2, 3 << 20));
    worker.start(settings, A, B);

    pollUntil(() -> committed(B) == 1 && worker.metric("table-held", "a") == 1);

    assertThat(worker.said.get(A)).contains("a row needs 12,").contains("memory.bytes");
    assertThat(committed(A)).isZero();
  }

  static LongStream seeds() {
    Long seed = Long.getLong("seed");
    return seed != null ? LongStream.of(seed) : LongStream.range(0, 8);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theMemoryIsNeverExceededAndAllRowsLand(long seed) throws Exception {
    Random random = new Random(seed);
    server.actual = WITH_PAD;
    int tables = 1 + random.nextInt(8);
    settings.remove("topic2TableMap");
    settings.put("batch.rows", "" + (1 + random.nextInt(400)));
    Worker some =
        new Worker(new FactSinkTask((config, executor) -> server), 1 + random.nextInt(300));
    TopicPartition[] partitions =
        IntStream.range(0, tables)
            .mapToObj(t -> new TopicPartition("t" + t, 0))
            .toArray(TopicPartition[]::new);
    for (int t = 0; t < tables; t++) {
      int most = random.nextBoolean() ? 10 : 400_000;
      for (int n = 0; n < 200; n++) {
        some.produce(
            partitions[t], padded(t * 1_000L + n, t * 1_000L + n + 1, random.nextInt(most)));
      }
    }
    Set<TopicPartition> owned = new HashSet<>(Set.of(partitions));
    some.start(settings, partitions);
    for (int step = 0; step < 150; step++) {
      switch (random.nextInt(12)) {
        case 0 -> {
          open();
          server.gate = new Semaphore(random.nextInt(3));
        }
        case 1, 2 -> open();
        case 3 -> server.fail(Fault.of(ErrorCode.TOO_MANY_PARTS, "parts"));
        case 4 -> server.missing.add("t" + random.nextInt(tables));
        case 5 -> server.missing.clear();
        case 6 -> {
          TopicPartition partition = partitions[random.nextInt(tables)];
          open();
          if (owned.remove(partition)) {
            some.revoke(partition);
          } else {
            owned.add(partition);
            some.assign(partition);
          }
        }
        default -> {}
      }
      some.poll();
      some.commit();
      assertThat(some.metric("memory-bytes")).isLessThanOrEqualTo(MEMORY);
    }
    server.missing.clear();
    open();
    for (TopicPartition partition : partitions) {
      if (owned.add(partition)) {
        some.assign(partition);
      }
    }
    some.drain();
    some.poll();
    assertThat(some.metric("memory-bytes")).as("memory of a task at rest").isZero();
    some.stop();
    for (int t = 0; t < tables; t++) {
      List<Long> landed = server.landed("t" + t);
      List<Long> rows = numbers(t * 1_000L, t * 1_000L + 200);
      assertThat(landed).containsAll(rows);
      assertThat(rows.stream().map(landed::lastIndexOf).toList()).isSorted();
    }
  }

  private void open() {
    Semaphore closed = server.gate;
    server.gate = null;
    if (closed != null) {
      closed.release(1_000_000);
    }
  }

  @Test
  void manyTablesWithATrickleEachShareTheInsertsOfASecond() throws Exception {
    settings.remove("topic2TableMap");
    settings.put("inserts.per.second", "20");
    settings.put("batch.rows", "100000");
    TopicPartition[] partitions =
        IntStream.range(0, 40)
            .mapToObj(t -> new TopicPartition("t" + t, 0))
            .toArray(TopicPartition[]::new);
    worker.start(settings, partitions);
    pollUntil(() -> IntStream.range(0, 40).noneMatch(t -> worker.isPaused(partitions[t])));

    long began = System.nanoTime();
    long rows = 0;
    while (System.nanoTime() - began < 1_000_000_000L) {
      for (TopicPartition partition : partitions) {
        worker.produce(partition, rows(rows, rows + 1));
        rows++;
      }
      worker.poll();
      worker.commit();
      Thread.sleep(5);
    }
    int inserts = server.inserts.size();
    double seconds = (System.nanoTime() - began) / 1e9;

    // One second's may be made up for.
    assertThat(inserts).isBetween((int) (20 * seconds), (int) (20 * (seconds + 1)) + 1);
    worker.drain();
    assertThat(server.landed()).hasSize((int) rows);
    List<String> first =
        new ArrayList<>(server.inserts.stream().map(Server.Insert::table).distinct().toList());
    assertThat(first).as("every table has its turn").hasSize(40);
    assertThat(server.inserts.subList(0, 40).stream().map(Server.Insert::table).distinct())
        .as("none has another turn while rows of others wait for longer")
        .hasSizeGreaterThan(36);
  }

  @Test
  void aTableAloneDoesNotWaitForOthers() throws Exception {
    settings.put("inserts.per.second", "1");
    worker.start(settings, A, B);
    pollUntil(() -> !worker.isPaused(A));

    long began = System.nanoTime();
    for (int n = 0; n < 20; n++) {
      worker.produce(A, rows(n, n + 1));
      int rows = n + 1;
      pollUntil(() -> server.landed().size() == rows);
    }

    assertThat(System.nanoTime() - began).isLessThan(2_000_000_000L);
    assertThat(server.inserts).hasSize(20);
  }

  private long committed(TopicPartition partition) {
    return worker.committed.getOrDefault(partition, 0L);
  }

  private void pollUntil(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("condition not reached").isLessThan(deadline);
      worker.poll();
      worker.commit();
      Thread.sleep(1);
    }
  }

  private static Object[] padded(long from, long to, int length) {
    String pad = "x".repeat(length);
    return LongStream.range(from, to)
        .mapToObj(n -> new Struct(PADDED).put("n", n).put("pad", pad))
        .toArray(Object[]::new);
  }

  private static Object[] rows(long from, long to) {
    return LongStream.range(from, to)
        .mapToObj(n -> new Struct(LONG).put("n", n))
        .toArray(Object[]::new);
  }

  private static List<Long> numbers(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }
}

package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FactSinkTaskTest {
  private static final TopicPartition P0 = new TopicPartition("t", 0);
  private static final TopicPartition P1 = new TopicPartition("t", 1);
  private static final Schema LONG = SchemaBuilder.struct().field("n", Schema.INT64_SCHEMA).build();
  private static final Schema INT = SchemaBuilder.struct().field("n", Schema.INT32_SCHEMA).build();

  private final MemoryServer server = new MemoryServer();
  private final FactSinkTask task = new FactSinkTask((config, executor) -> server);
  private final Worker worker = new Worker(task, 100);
  private final Map<String, String> settings =
      new HashMap<>(
          Map.of(
              "hostname", "unused",
              "batch.rows", "50",
              "linger.ms", "1",
              "retry.backoff.ms", "1",
              "retry.backoff.max.ms", "2"));

  @AfterEach
  void stop() {
    server.gate = null;
    worker.stop();
  }

  @Test
  void rowsLandOnceAndInOrder() throws Exception {
    worker.produce(P0, rows(0, 1000));

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 1000));
  }

  @Test
  void aRowOfAnIdleTopicIsSentWhenItHasLingered() throws Exception {
    settings.put("linger.ms", "100");
    settings.put("batch.rows", "100000");
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    worker.produce(P0, rows(0, 1));

    long asked = 0;
    for (worker.poll(); server.landed().isEmpty(); worker.poll()) {
      assertThat(worker.nextPollMs).isPositive();
      asked += worker.nextPollMs;
      // What a consumer does when nothing comes.
      Thread.sleep(worker.nextPollMs);
    }

    assertThat(asked).isBetween(50L, 170L);
  }

  @Test
  void slowInsertsOfASteadyStreamBecomeFewerUntilItPauses() throws Exception {
    settings.put("linger.ms", "20");
    settings.put("batch.rows", "100000");
    server.gate = new Semaphore(0);
    worker.produce(P0, rows(0, 1));
    worker.start(settings, P0);
    pollUntil(() -> server.gate.hasQueuedThreads());
    Thread.sleep(100); // What a slow insert takes.
    server.gate.release(1_000);
    pollUntil(() -> server.landed().size() == 1);

    int rows = 1;
    for (long end = System.nanoTime() + 500_000_000; System.nanoTime() < end; rows++) {
      worker.produce(P0, rows(rows, rows + 1));
      worker.poll();
      Thread.sleep(1);
    }

    assertThat(server.inserts).hasSize(1);
    worker.drain();
    assertThat(server.landed()).isEqualTo(numbers(0, rows));
    assertThat(server.inserts).hasSize(2);
  }

  @Test
  void anIdleTaskLetsTheConsumerWait() throws Exception {
    worker.start(settings, P0);
    worker.produce(P0, rows(0, 1));
    worker.drain();

    worker.poll();

    assertThat(worker.nextPollMs).isEqualTo(-1);
  }

  @Test
  void nothingIsCommittedBeforeItIsAcknowledged() throws Exception {
    server.gate = new Semaphore(0);
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);

    pollUntil(() -> server.gate.hasQueuedThreads());
    worker.poll();
    worker.commit();
    assertThat(worker.committed.getOrDefault(P0, 0L)).isZero();

    server.gate.release(100);
    worker.drain();
    assertThat(worker.committed).containsEntry(P0, 10L);
  }

  @Test
  void nullsAreSkippedAndStillAcknowledged() throws Exception {
    worker.produceTombstone(P0);
    worker.produce(P0, rows(0, 1));
    worker.produceTombstone(P0);

    worker.start(settings, P0).drain();

    assertThat(server.landed()).containsExactly(0L);
    assertThat(worker.deadLetters).isEmpty();
  }

  @Test
  void recordsDroppedByATransformAreCommittedToo() throws Exception {
    worker.produce(P0, Worker.DROPPED, rows(0, 1)[0], Worker.DROPPED, Worker.DROPPED);

    worker.start(settings, P0).drain();

    assertThat(worker.committed).containsEntry(P0, 4L);
  }

  @Test
  void recordsThatWaitForTheTableAreNotCommitted() throws Exception {
    server.gate = new Semaphore(0);
    server.running.add(Set.of("former"));
    worker.produce(P0, rows(0, 3));
    worker.produce(P0, Worker.DROPPED);
    worker.start(settings, P0);

    pollUntil(() -> server.gate.hasQueuedThreads());
    assertThat(worker.committed.getOrDefault(P0, 0L)).isZero();

    server.gate.release(100);
    worker.drain();
  }

  @Test
  void aSlowServerPausesThePartitionsInsteadOfFillingTheMemory() throws Exception {
    server.gate = new Semaphore(0);
    worker.produce(P0, rows(0, 1000));
    worker.start(settings, P0);

    pollUntil(() -> worker.isPaused(P0) && server.gate.hasQueuedThreads());
    long taken = worker.position(P0);
    for (int i = 0; i < 20; i++) {
      worker.poll();
    }

    assertThat(worker.position(P0)).isEqualTo(taken).isLessThanOrEqualTo(250);
    server.gate.release(1000);
    worker.drain();
    assertThat(server.landed()).isEqualTo(numbers(0, 1000));
  }

  @Test
  void faultsThatPassAreRetriedUnderTheSameQueryIdAndToken() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    for (int i = 0; i < 5; i++) {
      server.faults.add(Fault.of(ErrorCode.TOO_MANY_PARTS, "too many parts"));
    }

    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 10));
    assertThat(server.inserts).hasSize(6);
    assertThat(server.inserts.stream().map(Server.Insert::queryId).distinct()).hasSize(1);
    assertThat(server.inserts.stream().map(Server.Insert::token).distinct()).hasSize(1);
  }

  @Test
  void aMissingTableIsWaitedFor() throws Exception {
    for (int i = 0; i < 5; i++) {
      server.faults.add(Fault.of(ErrorCode.UNKNOWN_TABLE, "no such table"));
    }
    worker.produce(P0, rows(0, 10));

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 10));
  }

  @Test
  void retriesEndWhenTheirTimeIsOver() {
    settings.put("retry.timeout.ms", "5");
    for (int i = 0; i < 1000; i++) {
      server.faults.add(Fault.of(ErrorCode.TOO_MANY_PARTS, "too many parts"));
    }
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);

    assertThatThrownBy(worker::drain)
        .isInstanceOf(ConnectException.class)
        .hasMessage("Table t: retry.timeout.ms=5 is over: too many parts");
  }

  @Test
  void aRefusedRowIsOneDeadLetterInEachPositionOfABatch() throws Exception {
    settings.put("batch.rows", "1000");
    for (int position = 0; position < 1000; position++) {
      int bad = position;
      MemoryServer own = new MemoryServer();
      own.refuses = n -> n == bad;
      Worker each = new Worker(new FactSinkTask((config, executor) -> own), 1000);
      each.produce(P0, rows(0, 1000));

      each.start(settings, P0).drain();
      each.stop();

      assertThat(each.deadLetters)
          .containsExactly(Map.entry((long) bad, "Record t-0@" + bad + ": constraint"));
      assertThat(Set.copyOf(own.landed())).hasSize(999).doesNotContain((long) bad);
    }
  }

  @Test
  void tenRefusedRowsInFiftyThousandAreTenDeadLetters() throws Exception {
    settings.put("batch.rows", "50000");
    settings.put("linger.ms", "1000");
    server.refuses = n -> n % 5000 == 4321;
    Worker many = new Worker(task, 50_000);
    many.produce(P0, rows(0, 50_000));

    many.start(settings, P0).drain();
    many.stop();

    assertThat(many.deadLetters).hasSize(10);
    assertThat(Set.copyOf(server.landed())).hasSize(49_990);
  }

  @Test
  void aBatchOfRefusedRowsLeavesNothingStuck() throws Exception {
    server.refuses = n -> n < 75;
    worker.produce(P0, rows(0, 100));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters).hasSize(75);
    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(numbers(75, 100)));
  }

  @Test
  void whatIsNoFactRowIsADeadLetter() throws Exception {
    worker.produce(P0, "text", rows(1, 2)[0], Map.of("n", 2L));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters.keySet()).containsExactly(0L, 2L);
    assertThat(server.landed()).containsExactly(1L);
  }

  @Test
  void withoutADeadLetterQueueABadRowFailsTheTask() {
    worker.deadLetterQueue = false;
    worker.produce(P0, rows(0, 3));
    worker.produce(P0, "text");
    worker.start(settings, P0);

    assertThatThrownBy(worker::drain)
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("Record t-0@3: the value is not a Struct with a schema");
  }

  @Test
  void withoutADeadLetterQueueARefusedRowFailsTheTask() {
    worker.deadLetterQueue = false;
    server.refuses = n -> n == 7;
    worker.produce(P0, rows(0, 20));
    worker.start(settings, P0);

    assertThatThrownBy(worker::drain)
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("Record t-0@7: constraint");
    assertThat(worker.committed.getOrDefault(P0, 0L)).isLessThanOrEqualTo(7);
  }

  @Test
  void rowsThatDoNotFitTheTableAreRefusedAtStart() {
    worker.produce(P0, new Struct(INT).put("n", 1));
    worker.start(settings, P0);

    assertThatThrownBy(worker::drain)
        .isInstanceOf(MisfitException.class)
        .hasMessage(
            "Rows do not fit table t: column n (Int64): the column takes INT64, the field is INT32");
  }

  @Test
  void aTaskThatTakesOverWhileTheTableDoesNotFitWaitsToo() throws Exception {
    server.actual = MemoryServer.layoutOf("Int32");
    worker.produce(P0, rows(0, 20));
    worker.committed.put(P0, 10L);
    worker.start(settings, P0).poll();

    pollUntil(() -> worker.metric("tables-in-trouble") == 1);
    server.actual = MemoryServer.layoutOf("Int64");
    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(10, 20));
  }

  @Test
  void rowsThatNoLongerFitTheTableWaitUntilTheyDoAgain() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0).drain();
    server.actual = MemoryServer.layoutOf("Int32");
    worker.produce(P0, rows(10, 20));

    pollUntil(() -> worker.metric("tables-in-trouble") == 1);
    assertThat(worker.committed).containsEntry(P0, 10L);
    server.actual = MemoryServer.layoutOf("Int64");
    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 20));
    assertThat(worker.deadLetters).isEmpty();
  }

  @Test
  void aColumnAddedToTheTableIsNoticedWithoutARestart() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0).drain();
    server.actual =
        new TableLayout(
            "t",
            List.of(
                new TableLayout.Column("n", "Int64", ""),
                new TableLayout.Column("more", "Nullable(Int8)", "")));
    server.faults.add(Fault.of(ErrorCode.NO_SUCH_COLUMN_IN_TABLE, "drift"));
    worker.produce(P0, rows(10, 20));

    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 20));
  }

  @Test
  void aBrokenViewHoldsRowsUpAndMakesNoDeadLetters() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    for (int i = 0; i < 5; i++) {
      server.insertFaults.add(Fault.of(ErrorCode.UNKNOWN_IDENTIFIER, "in a view"));
    }

    worker.drain();

    assertThat(worker.deadLetters).isEmpty();
    assertThat(server.landed()).isEqualTo(numbers(0, 10));
  }

  @Test
  void rowsOfTwoSchemasTakeTurnsInOrder() throws Exception {
    Schema other = SchemaBuilder.struct().name("other").field("n", Schema.INT64_SCHEMA).build();
    for (long n = 0; n < 100; n++) {
      worker.produce(P0, new Struct(n % 10 < 5 ? LONG : other).put("n", n));
    }

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 100));
  }

  @Test
  void aTruncateEventTakesPlaceBetweenTheRowsAroundIt() throws Exception {
    settings.put("truncate.enabled", "true");
    worker.produce(P0, rows(0, 120));
    worker.produce(P0, truncate(), truncate());
    worker.produce(P0, rows(120, 200));

    worker.start(settings, P0).drain();

    assertThat(server.statements)
        .containsExactly(
            Map.entry(
                "INSERT INTO `t` (`n`) SELECT greatest(`n`, CAST('1', 'Int64')) FROM `t` FINAL"
                    + " WHERE `n` < CAST('1', 'Int64') SETTINGS insert_deduplicate = 0",
                numbers(0, 120)));
    assertThat(server.landed()).isEqualTo(numbers(0, 200));
  }

  @Test
  void aTableOfSeveralPartitionsIsRefusedWhereTruncatesAreLetIn() {
    settings.put("truncate.enabled", "true");
    worker.start(settings, P0);

    assertThatThrownBy(() -> worker.assign(P1))
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("truncate.enabled")
        .hasMessageContaining("table t")
        .hasMessageContaining("t-0")
        .hasMessageContaining("t-1");
  }

  @Test
  void aTruncateEventThatIsNotLetInIsADeadLetter() throws Exception {
    worker.produce(P0, truncate());

    worker.start(settings, P0).drain();

    assertThat(server.statements).isEmpty();
    assertThat(worker.deadLetters.get(0L)).contains("truncate.enabled");
  }

  @Test
  void aTruncateEventOfAnotherTableIsADeadLetter() throws Exception {
    settings.put("truncate.enabled", "true");
    Schema schema =
        SchemaBuilder.struct()
            .name(Truncation.SCHEMA_NAME)
            .field("is_deleted", Schema.INT8_SCHEMA)
            .build();
    worker.produce(P0, new Struct(schema).put("is_deleted", (byte) 1));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters.get(0L)).contains("is_deleted is no column of the table");
  }

  @Test
  void metricsCountWhatHasHappened() throws Exception {
    server.refuses = n -> n == 3;
    worker.produce(P0, rows(0, 40));
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    server.faults.add(Fault.of(ErrorCode.TOO_MANY_PARTS, "too many parts"));

    worker.drain();

    assertThat(worker.metric("rows-total")).isGreaterThanOrEqualTo(39);
    assertThat(worker.metric("bytes-total")).isEqualTo(8 * worker.metric("rows-total"));
    assertThat(worker.metric("inserts-total")).isPositive();
    assertThat(worker.metric("retries-total")).isEqualTo(1);
    assertThat(worker.metric("dead-letters-total")).isEqualTo(1);
    assertThat(worker.metric("tables-in-trouble")).isZero();
    assertThat(worker.metric("rows-in-flight")).isZero();
    assertThat(worker.metric("freshness-ms")).isPositive();
  }

  @Test
  void aPartitionAddedToATableStartsItOverWithoutLoss() throws Exception {
    worker.produce(P0, rows(0, 500));
    worker.produce(P1, rows(500, 700));
    worker.start(settings, P0);
    pollUntil(() -> !server.landed().isEmpty());

    worker.assign(P1);
    worker.drain();

    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(numbers(0, 700)));
  }

  @Test
  void aRevokedPartitionLeavesTheOtherOneRunning() throws Exception {
    worker.produce(P0, rows(0, 500));
    worker.produce(P1, rows(500, 1000));
    worker.start(settings, P0, P1);
    pollUntil(() -> !server.landed().isEmpty());

    worker.revoke(P0);
    pollUntil(() -> worker.committed.getOrDefault(P1, 0L) == 500);
    worker.assign(P0);
    worker.drain();

    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(numbers(0, 1000)));
  }

  @Test
  void aPartitionThatWasPausedWhenItWasRevokedRunsAgain() throws Exception {
    server.gate = new Semaphore(0);
    worker.produce(P0, rows(0, 1000));
    worker.start(settings, P0);
    pollUntil(() -> worker.isPaused(P0) && server.gate.hasQueuedThreads());
    server.gate.release(1_000_000);

    worker.revoke(P0);
    worker.assign(P0);
    worker.drain();

    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(numbers(0, 1000)));
  }

  @Test
  void insertsOfAFormerTaskAreWaitedFor() throws Exception {
    server.running.add(Set.of("former"));
    server.running.add(Set.of("former", "another task's, later"));
    server.running.add(Set.of("another task's, later"));
    worker.produce(P0, rows(0, 1));

    worker.start(settings, P0).drain();

    assertThat(server.running).isEmpty();
    assertThat(server.landed()).containsExactly(0L);
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

  private static Struct truncate() {
    Schema schema =
        SchemaBuilder.struct().name(Truncation.SCHEMA_NAME).field("n", Schema.INT64_SCHEMA).build();
    return new Struct(schema).put("n", 1L);
  }

  private static Object[] rows(long from, long to) {
    return LongStream.range(from, to)
        .mapToObj(n -> new Struct(LONG).put("n", n))
        .toArray(Object[]::new);
  }

  private static List<Long> numbers(long from, long to) {
    return new ArrayList<>(LongStream.range(from, to).boxed().toList());
  }
}

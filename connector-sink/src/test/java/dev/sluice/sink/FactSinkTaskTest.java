package dev.sluice.sink;

import static org.apache.kafka.connect.data.Schema.STRING_SCHEMA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.RegexRouter;
import org.apache.kafka.connect.transforms.TimestampRouter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FactSinkTaskTest {
  private static final TopicPartition P0 = new TopicPartition("t", 0);
  private static final TopicPartition P1 = new TopicPartition("t", 1);
  private static final Schema LONG = SchemaBuilder.struct().field("n", Schema.INT64_SCHEMA).build();
  private static final Schema INT = SchemaBuilder.struct().field("n", Schema.INT32_SCHEMA).build();

  private static final Schema MORE =
      SchemaBuilder.struct()
          .field("n", Schema.INT64_SCHEMA)
          .field("more", Schema.OPTIONAL_INT64_SCHEMA)
          .build();
  private static final TableLayout WITH_MORE =
      new TableLayout(
          "t",
          List.of(
              new TableLayout.Column("n", "Int64", ""),
              new TableLayout.Column("more", "Nullable(Int64)", "")));

  private final MemoryServer server = new MemoryServer();
  private final FactSinkTask task = new FactSinkTask((config, executor) -> server);
  private final Worker worker = new Worker(task, 100);
  private final Map<String, String> settings =
      new HashMap<>(
          Map.of(
              "hostname", "unused",
              "topic2TableMap", "t=t",
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
  void recordsToBeSetAsideDoNotFillTheMemory() throws Exception {
    CompletableFuture<Void> letter = new CompletableFuture<>();
    worker.queue = () -> letter;
    worker.produce(P0, Collections.nCopies(5_000, "no row").toArray());
    worker.start(settings, P0);

    pollUntil(() -> worker.isPaused(P0) && worker.metric("dead-letters-open") > 0);
    assertThat(worker.position(P0)).isLessThan(2_000);

    letter.complete(null);
    worker.drain();
    assertThat(worker.deadLetters).hasSize(5_000);
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

    pollUntil(() -> worker.metric("tables-failing") == 1);
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

    pollUntil(() -> worker.metric("tables-failing") == 1);
    assertThat(worker.committed).containsEntry(P0, 10L);
    server.actual = MemoryServer.layoutOf("Int64");
    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 20));
    assertThat(worker.deadLetters).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3})
  void aTopicThatWasMadeAnewIsReadFromItsBeginning(long whereTheConsumerGoesOn) throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0).drain();

    worker.replaceTopic(P0, whereTheConsumerGoesOn);
    worker.produce(P0, rows(10, 16));
    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 16));
    assertThat(worker.deadLetters).isEmpty();
  }

  @Test
  void rowsOnTheirWayWhenTheirTopicIsMadeAnewLandAllTheSame() throws Exception {
    server.gate = new Semaphore(0);
    server.refuses = n -> n == 7;
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);
    pollUntil(() -> server.gate.hasQueuedThreads());

    worker.replaceTopic(P0, 0);
    worker.produce(P0, rows(10, 16));
    worker.poll();
    server.gate.release(1_000);
    worker.drain();

    assertThat(server.landed()).containsAll(numbers(0, 7)).containsAll(numbers(8, 16));
    assertThat(server.landed()).doesNotContain(7L);
  }

  @Test
  void aColumnThatTheTableGotUnderTheStreamStopsNoTaskThatStartsLater() throws Exception {
    server.actual =
        new TableLayout(
            "t",
            List.of(
                new TableLayout.Column("n", "Int64", "", true),
                new TableLayout.Column("region", "String", "")));
    worker.produce(P0, rows(0, 20));
    worker.committed.put(P0, 10L);

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(numbers(10, 20));
  }

  @Test
  void aColumnOfTheSortingKeyThatNoRowBringsHoldsTheTable() throws Exception {
    server.actual =
        new TableLayout(
            "t",
            List.of(
                new TableLayout.Column("n", "Int64", "", true),
                new TableLayout.Column("region", "String", "", true)));
    worker.produce(P0, rows(0, 20));
    worker.committed.put(P0, 10L);
    worker.start(settings, P0);

    pollUntil(() -> worker.metric("tables-failing") == 1);

    worker.commit();
    assertThat(worker.said.get(P0))
        .contains("column region (String) is of the sorting key and has no field");
    assertThat(server.landed()).isEmpty();
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
    // They have the same columns.
    assertThat(server.inserts.size()).isLessThan(5);
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
    assertThat(worker.metric("tables-failing")).isZero();
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

  @Test
  void anOffsetIsCommittedWhenTheQueueHasTheLetter() throws Exception {
    CompletableFuture<Void> letter = new CompletableFuture<>();
    worker.queue = () -> letter;
    worker.produce(P0, rows(0, 3));
    worker.produce(P0, "no row");
    worker.produce(P0, rows(4, 9));
    worker.start(settings, P0);

    pollUntil(() -> server.landed().size() == 8 && worker.metric("dead-letters-open") == 1);
    for (int i = 0; i < 20; i++) {
      worker.poll();
      worker.commit();
    }
    assertThat(worker.committed.get(P0)).isLessThanOrEqualTo(3);

    letter.complete(null);
    worker.drain();
    assertThat(worker.metric("dead-letters-open")).isZero();
    assertThat(worker.metric("dead-letters-total")).isEqualTo(1);
  }

  @Test
  void aLetterThatTheQueueDoesNotTakeHoldsItsTableUpUntilItDoes() throws Exception {
    AtomicInteger refusals = new AtomicInteger(5);
    worker.queue =
        () ->
            refusals.getAndDecrement() > 0
                ? CompletableFuture.failedFuture(new RecordTooLargeException("1048700 bytes"))
                : CompletableFuture.completedFuture(null);
    worker.produce(P0, "no row");
    worker.produce(P0, rows(1, 9));
    worker.start(settings, P0);

    pollUntil(() -> !worker.said.getOrDefault(P0, "").isEmpty());
    assertThat(worker.said.get(P0))
        .isEqualTo(
            "Setting aside the first of 1 records does not work:"
                + " the dead letter queue does not take it: 1048700 bytes");
    assertThat(worker.metric("tables-failing")).isEqualTo(1);
    assertThat(worker.committed.getOrDefault(P0, 0L)).isZero();
    worker.drain();

    assertThat(worker.said).containsEntry(P0, "");
    assertThat(refusals.get()).isNegative();
    assertThat(server.landed()).isEqualTo(numbers(1, 9));
    assertThat(worker.metric("dead-letters-total")).isEqualTo(1);
  }

  @Test
  void anAnswerOfConnectsThatIsThereAtOnceIsNoLetter() throws Exception {
    settings.put("errors.deadletterqueue.topic.name", "letters");
    AtomicInteger refusals = new AtomicInteger(3);
    worker.queue =
        () ->
            refusals.getAndDecrement() > 0
                // Of a producer that has refused it Connect says no more than this.
                ? CompletableFuture.completedFuture(null)
                : new CompletableFuture<Void>().completeOnTimeout(null, 5, TimeUnit.MILLISECONDS);
    worker.produce(P0, "no row");
    worker.start(settings, P0);

    pollUntil(() -> worker.metric("retries-total") > 0);
    assertThat(worker.committed.getOrDefault(P0, 0L)).isZero();
    worker.drain();

    assertThat(refusals.get()).isEqualTo(-1);
    assertThat(worker.metric("dead-letters-total")).isEqualTo(1);
  }

  @Test
  void whatTheTransformRefusedIsSetAsideByTheSink() throws Exception {
    Schema schema =
        SchemaBuilder.struct().name("dev.sluice.Refused").field("reason", STRING_SCHEMA).build();
    worker.produce(P0, rows(0, 2));
    worker.produce(P0, new Struct(schema).put("reason", "column n: found text, wanted Int64"));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters)
        .containsExactly(Map.entry(2L, "Record t-0@2: column n: found text, wanted Int64"));
    assertThat(server.landed()).isEqualTo(numbers(0, 2));
  }

  @Test
  void rowsThatHaveLandedAreNotSentAgainOnAccountOfARefusedOne() throws Exception {
    settings.put("batch.rows", "100");
    server.refuses = n -> n == 50;
    worker.produce(P0, rows(0, 300));

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(without(50, numbers(0, 300)));
    assertThat(worker.deadLetters).containsOnlyKeys(50L);
  }

  @ParameterizedTest
  @ValueSource(ints = {33, 32, 36, 128, 427, 454, 53, 9999})
  void aRowRefusedAloneWhileOthersPassIsBadWhateverTheCode(int code) throws Exception {
    server.refusal = Fault.refusal(code, "in a view", "q");
    server.refuses = n -> n == 17;
    worker.produce(P0, rows(0, 40));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters).containsOnlyKeys(17L);
    assertThat(server.landed()).isEqualTo(without(17, numbers(0, 40)));
  }

  @ParameterizedTest
  @ValueSource(ints = {33, 454, 47, 9999})
  void aTableThatRefusesEveryRowWaitsWhateverTheCode(int code) throws Exception {
    server.refusal = Fault.refusal(code, "in a view", "q");
    server.refuses = n -> true;
    worker.produce(P0, rows(0, 120));
    worker.start(settings, P0);

    pollUntil(() -> worker.metric("tables-failing") == 1 && worker.metric("retries-total") > 3);
    assertThat(worker.said.get(P0)).containsIgnoringCase("table t ");
    assertThat(worker.committed.getOrDefault(P0, 0L)).isZero();
    assertThat(worker.deadLetters).isEmpty();
    server.refuses = n -> false;
    worker.drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 120));
    assertThat(worker.deadLetters).isEmpty();
    assertThat(worker.metric("tables-failing")).isZero();
    assertThat(worker.said).containsEntry(P0, "");
  }

  @Test
  void aBadRowOfAQuietTableIsKnownByTheNextOne() throws Exception {
    server.refusal = Fault.refusal(9999, "in a view", "q");
    server.refuses = n -> n == 0;
    worker.produce(P0, rows(0, 1));
    worker.start(settings, P0);
    pollUntil(() -> worker.metric("tables-failing") == 1);
    assertThat(worker.deadLetters).isEmpty();

    worker.produce(P0, rows(1, 2));
    worker.drain();

    assertThat(worker.deadLetters).containsOnlyKeys(0L);
    assertThat(server.landed()).containsExactly(1L);
  }

  @Test
  void anUnknownFaultThatPassesCondemnsNoRow() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    // Rows 0 and 1 have been refused alone, three times each, when it is over.
    for (int i = 0; i < 9; i++) {
      server.insertFaults.add(Fault.refusal(9999, "for a while", "q"));
    }

    worker.drain();

    assertThat(worker.deadLetters).isEmpty();
    List<Long> landed = server.landed();
    assertThat(numbers(0, 10).stream().map(landed::lastIndexOf).toList()).isSorted();
    assertThat(landed).containsAll(numbers(0, 10));
  }

  @Test
  void manyBadRowsInARowAreGotOver() throws Exception {
    settings.put("batch.rows", "200");
    server.refusal = Fault.refusal(9999, "in a view", "q");
    server.refuses = n -> n < 100;
    worker.produce(P0, rows(0, 300));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters).hasSize(100);
    assertThat(server.landed()).isEqualTo(numbers(100, 300));
  }

  @Test
  void aBadRowIsKnownByOthersWhereABatchIsOneRow() throws Exception {
    settings.put("batch.rows", "1");
    server.refusal = Fault.refusal(9999, "in a view", "q");
    server.refuses = n -> n % 10 < 2;
    worker.produce(P0, rows(0, 30));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters).containsOnlyKeys(0L, 1L, 10L, 11L, 20L, 21L);
    assertThat(Set.copyOf(server.landed())).hasSize(24);
  }

  @Test
  void whatIsTooLargeGoesInPartsInOrderAndGrowsBack() throws Exception {
    settings.put("batch.rows", "64");
    server.mostRows = 10;
    worker.produce(P0, rows(0, 640));
    worker.start(settings, P0).drain();
    assertThat(server.landed()).isEqualTo(numbers(0, 640));
    // Not one try too large for each insert.
    assertThat(server.tooLarge).isLessThan(20);

    server.mostRows = Integer.MAX_VALUE;
    server.inserts.clear();
    worker.produce(P0, rows(640, 40_000));
    worker.drain();
    assertThat(server.landed()).isEqualTo(numbers(0, 40_000));
    assertThat(server.inserts.get(server.inserts.size() - 2).rowCount()).isGreaterThan(30);
  }

  @Test
  void aRowThatIsTooLargeByItselfIsBad() throws Exception {
    server.refusal = Fault.notClickHouse(413, true);
    server.refuses = n -> n == 5;
    worker.produce(P0, rows(0, 40));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters).containsOnlyKeys(5L);
    assertThat(server.landed()).isEqualTo(without(5, numbers(0, 40)));
  }

  @Test
  void anInsertThatTimesOutGetsMoreTime() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    for (int i = 0; i < 3; i++) {
      server.insertFaults.add(Fault.timeout(60_000));
    }

    worker.drain();

    assertThat(server.inserts.stream().map(Server.Insert::timeoutMs).toList())
        .containsExactly(60_000, 120_000, 240_000, 480_000);
    assertThat(server.inserts.stream().map(Server.Insert::queryId).distinct()).hasSize(1);
    assertThat(server.landed()).isEqualTo(numbers(0, 10));
  }

  @Test
  void oneThatTimesOutHoweverLongGoesInPartsWhenItIsOver() throws Exception {
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);
    pollUntil(() -> !worker.isPaused(P0));
    server.running.add(Set.of("the try that was given up"));
    for (int i = 0; i < 4; i++) {
      server.insertFaults.add(Fault.timeout(60_000));
    }

    worker.drain();

    assertThat(server.running).isEmpty();
    assertThat(server.inserts.stream().map(Server.Insert::rowCount).toList())
        .containsExactly(10, 10, 10, 10, 5, 5);
    assertThat(server.landed()).isEqualTo(numbers(0, 10));
  }

  @Test
  void rowsOfTwoShapesThatTakeTurnsGoInFewInserts() throws Exception {
    settings.put("batch.rows", "1000");
    server.actual = WITH_MORE;
    for (long n = 0; n < 1_000; n++) {
      Struct row = new Struct(n % 2 == 0 ? LONG : MORE).put("n", n);
      worker.produce(P0, new Worker.Keyed("key " + n, row));
    }

    worker.start(settings, P0).drain();

    assertThat(server.inserts.size()).isLessThan(20);
    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(numbers(0, 1_000)));
  }

  @Test
  void rowsOfOneKeyKeepTheirOrderWhateverTheirShape() throws Exception {
    server.actual = WITH_MORE;
    for (long n = 0; n < 600; n++) {
      Struct row = new Struct(n % 3 == 0 ? LONG : MORE).put("n", n);
      worker.produce(P0, new Worker.Keyed(("key " + n % 7).getBytes(), row));
    }

    worker.start(settings, P0).drain();

    List<Long> landed = server.landed();
    assertThat(landed).hasSize(600);
    for (int key = 0; key < 7; key++) {
      int of = key;
      assertThat(landed.stream().filter(n -> n % 7 == of).toList()).isSorted();
    }
  }

  @Test
  void aTopicRenamedByARouterGoesToTheTableOfItsNewName() throws Exception {
    settings.remove("topic2TableMap");
    RegexRouter<SinkRecord> router = new RegexRouter<>();
    router.configure(Map.of("regex", "t", "replacement", "elsewhere"));
    worker.transform = router::apply;
    worker.produce(P0, rows(0, 100));
    worker.produce(P1, rows(100, 200));

    worker.start(settings, P0, P1).drain();

    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(numbers(0, 200)));
    assertThat(server.inserts).allMatch(insert -> insert.table().equals("elsewhere"));
    assertThat(server.inserts.get(0).token()).startsWith("t-");
  }

  @Test
  void aRenamedTopicThatNobodyNamesGoesToTheTableOfTheFormerOne() throws Exception {
    RegexRouter<SinkRecord> router = new RegexRouter<>();
    router.configure(Map.of("regex", "t", "replacement", "elsewhere"));
    worker.transform = router::apply;
    worker.produce(P0, rows(0, 100));

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 100));
    assertThat(server.inserts).allMatch(insert -> insert.table().equals("t"));
  }

  @Test
  void onePartitionMayFeedSeveralTables() throws Exception {
    settings.remove("topic2TableMap");
    TimestampRouter<SinkRecord> router = new TimestampRouter<>();
    router.configure(Map.of("topic.format", "${topic}_${timestamp}", "timestamp.format", "SSS"));
    // Record timestamps are milliseconds: each offset has another of three tables.
    worker.transform =
        record ->
            router.apply(
                record.newRecord(
                    record.topic(),
                    record.kafkaPartition(),
                    null,
                    record.key(),
                    record.valueSchema(),
                    record.value(),
                    record.kafkaOffset() % 3));
    server.refuses = n -> n == 70;
    worker.produce(P0, rows(0, 300));

    worker.start(settings, P0).drain();

    assertThat(server.inserts.stream().map(Server.Insert::table).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder("t_000", "t_001", "t_002");
    assertThat(Set.copyOf(server.landed())).isEqualTo(Set.copyOf(without(70, numbers(0, 300))));
    assertThat(worker.deadLetters).containsOnlyKeys(70L);
  }

  /** Rows 10 and 40 are refused, and row 60 while the consumer is on its way from 10 to 40. */
  @Test
  void aNewerRefusalDoesNotTakeTheConsumerPastAnOlderOne() throws Exception {
    CountDownLatch onItsWay = new CountDownLatch(1);
    server.refuses =
        n -> {
          if (n == 60) {
            awaitUnchecked(onItsWay);
          }
          return n == 10 || n == 40 || n == 60;
        };
    settings.put("linger.ms", "500");
    Semaphore closed = new Semaphore(0);
    server.gate = closed;
    Worker worker = new Worker(task, 5);
    worker.produce(P0, rows(0, 100));
    worker.start(settings, P0);
    pollUntil(worker, () -> worker.position(P0) == 100);
    server.gate = null;
    closed.release();
    pollUntil(worker, () -> worker.position(P0) < 30);
    onItsWay.countDown();

    worker.drain();

    assertThat(worker.deadLetters).containsOnlyKeys(10L, 40L, 60L);
    assertThat(server.landed()).hasSize(97).doesNotHaveDuplicates();
  }

  private static List<Long> without(long number, List<Long> numbers) {
    return numbers.stream().filter(n -> n != number).toList();
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void pollUntil(BooleanSupplier condition) throws InterruptedException {
    pollUntil(worker, condition);
  }

  private static void pollUntil(Worker worker, BooleanSupplier condition)
      throws InterruptedException {
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

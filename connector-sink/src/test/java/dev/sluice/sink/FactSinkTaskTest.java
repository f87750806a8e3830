package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
      server.faults.add(new Fault(Fault.Kind.PASSING, 252, "too many parts"));
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
      server.faults.add(new Fault(Fault.Kind.WAITING, 60, "no such table"));
    }
    worker.produce(P0, rows(0, 10));

    worker.start(settings, P0).drain();

    assertThat(server.landed()).isEqualTo(numbers(0, 10));
  }

  @Test
  void retriesEndWhenTheirTimeIsOver() {
    settings.put("retry.timeout.ms", "5");
    for (int i = 0; i < 1000; i++) {
      server.faults.add(new Fault(Fault.Kind.PASSING, 252, "too many parts"));
    }
    worker.produce(P0, rows(0, 10));
    worker.start(settings, P0);

    assertThatThrownBy(worker::drain)
        .isInstanceOf(ConnectException.class)
        .hasMessage("Table t: retry.timeout.ms=5 is over: too many parts");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 24, 25, 48, 49})
  void aRefusedRowIsADeadLetterWhereverItStands(int position) throws Exception {
    server.refuses = n -> n == 100 + position;
    worker.produce(P0, rows(0, 1000));

    worker.start(settings, P0).drain();

    assertThat(worker.deadLetters.keySet()).containsExactly(100L + position);
    assertThat(worker.deadLetters.get(100L + position))
        .isEqualTo("Record t-0@" + (100 + position) + ": constraint");
    assertThat(Set.copyOf(server.landed())).hasSize(999);
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

  private void pollUntil(java.util.function.BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("condition not reached").isLessThan(deadline);
      worker.poll();
      worker.commit();
      Thread.sleep(1);
    }
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

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;

/**
 * The way into the dead letter queue.
 *
 * <p>Failure semantics: a letter counts when Kafka has it. Until then its record's offset is not
 * acknowledged, and it is sent again: a letter that is too large for the queue, a topic that is
 * gone or a missing right hold the table up, and are said. (What Kafka refuses after having taken
 * it in, Connect learns too, and fails the task.)
 *
 * <p>Connect's answer leaves out what is over before its call returns, as a letter is that its
 * producer refuses; where nothing is left, the answer is a completed {@link CompletableFuture} and
 * says that the letter was not sent. Should the queue have answered so soon that it was, the queue
 * holds it twice; a producer that lingers makes that rare.
 */
final class DeadLetterReporter {
  /** In place of the first answer, once that has been looked at. */
  private static final Future<Void> OPEN = CompletableFuture.completedFuture(null);

  private final ErrantRecordReporter reporter;
  private final boolean toQueue;
  private final SinkMetrics metrics;

  /**
   * @param reporter Connect's; null where the settings want a bad record to fail the task
   * @param toQueue whether there is a queue, and not Connect's log alone
   */
  DeadLetterReporter(ErrantRecordReporter reporter, boolean toQueue, SinkMetrics metrics) {
    this.reporter = reporter;
    this.toQueue = toQueue;
    this.metrics = metrics;
  }

  /**
   * @throws ConnectException when there is no way to set a record aside
   */
  void orFail(Batch.Letter letter) {
    if (reporter == null) {
      throw new ConnectException(letter.reason().getMessage(), letter.reason());
    }
  }

  /** Sends all of them and returns when Kafka has them. */
  void send(List<Batch.Letter> letters, Retry retry, TableMetrics table)
      throws Fault, InterruptedException {
    int open = letters.size();
    metrics.lettersOpen.addAndGet(open);
    try {
      List<Future<Void>> sent = new ArrayList<>();
      for (Batch.Letter letter : letters) {
        sent.add(report(letter));
      }
      for (int i = 0; i < letters.size(); i++) {
        int number = i;
        retry.untilDone(
            "Setting aside the first of %,d records".formatted(open),
            () -> {
              Future<Void> first = sent.set(number, OPEN);
              await(first == OPEN ? report(letters.get(number)) : first);
              return null;
            });
        open--;
        metrics.lettersOpen.decrementAndGet();
        table.setAside();
      }
    } finally {
      metrics.lettersOpen.addAndGet(-open);
    }
  }

  /**
   * Null where the letter was not sent. One at a time: Connect keeps the answers of a partition in
   * a list that is not made for two threads, and a partition may go to several tables.
   */
  private synchronized Future<Void> report(Batch.Letter letter) {
    Future<Void> answer = reporter.report(letter.record(), letter.reason());
    boolean leftOut = answer instanceof CompletableFuture && answer.isDone();
    return toQueue && leftOut ? null : answer;
  }

  private static void await(Future<Void> letter) throws Fault, InterruptedException {
    if (letter == null) {
      throw new Fault(
          Fault.Kind.WAITING,
          0,
          "Connect cannot send it to the dead letter queue; its log has the reason, one line before");
    }
    try {
      letter.get();
    } catch (ExecutionException e) {
      // Kafka's messages hold sizes and names of topics and settings, never data.
      throw new Fault(
          Fault.Kind.WAITING,
          0,
          "the dead letter queue does not take it: " + e.getCause().getMessage());
    }
  }
}

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.List;
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
 */
final class DeadLetters {
  private final ErrantRecordReporter reporter;
  private final SinkMetrics metrics;

  /**
   * @param reporter Connect's; null where the settings want a bad record to fail the task
   */
  DeadLetters(ErrantRecordReporter reporter, SinkMetrics metrics) {
    this.reporter = reporter;
    this.metrics = metrics;
  }

  /**
   * @throws ConnectException when there is no way to set a record aside
   */
  void orFail(Batch.Letter letter) {
    if (reporter == null) {
      throw new ConnectException(letter.reason());
    }
  }

  /** Sends all of them and returns when Kafka has them. */
  void send(List<Batch.Letter> letters, Retry retry) throws Fault, InterruptedException {
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
            "Setting aside a record",
            () -> {
              Future<Void> last = sent.set(number, null);
              await(last == null ? report(letters.get(number)) : last);
              return null;
            });
        open--;
        metrics.lettersOpen.decrementAndGet();
        metrics.deadLetters.incrementAndGet();
      }
    } finally {
      metrics.lettersOpen.addAndGet(-open);
    }
  }

  private Future<Void> report(Batch.Letter letter) {
    return reporter.report(letter.record(), letter.reason());
  }

  private static void await(Future<Void> letter) throws Fault, InterruptedException {
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

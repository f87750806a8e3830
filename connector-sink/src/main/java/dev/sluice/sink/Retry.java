package dev.sluice.sink;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something again until it works.
 *
 * <p>Failure semantics: {@link Fault.Kind#PASSING} and {@link Fault.Kind#WAITING} are tried again
 * with doubling waits until {@code retry.timeout.ms} is over, by default for ever; any other fault
 * goes to the caller. What is wrong is logged when it begins, when it becomes something else and
 * when it is over, not with each try.
 */
final class Retry {
  private static final Logger LOG = LoggerFactory.getLogger(Retry.class);

  /** One try. */
  @FunctionalInterface
  interface Try<T> {
    T run() throws Fault, InterruptedException;
  }

  private final TableMetrics metrics;
  private final long timeoutMs;
  private final long firstWaitMs;
  private final long longestWaitMs;
  private volatile String failure = "";

  Retry(SinkConfig config, TableMetrics metrics) {
    this.metrics = metrics;
    timeoutMs = config.retryTimeoutMs();
    firstWaitMs = config.retryBackoffMs();
    longestWaitMs = Math.max(config.retryBackoffMs(), config.retryBackoffMaxMs());
  }

  /**
   * @param doing what is tried, as the subject of a sentence
   */
  <T> T untilDone(String doing, Try<T> action) throws Fault, InterruptedException {
    try {
      return action.run();
    } catch (Fault fault) {
      orThrow(fault);
      metrics.failing.incrementAndGet();
      try {
        return again(doing, action, fault);
      } finally {
        failure = "";
        metrics.failing.decrementAndGet();
      }
    }
  }

  private <T> T again(String doing, Try<T> action, Fault first) throws Fault, InterruptedException {
    long began = System.nanoTime();
    int tries = 1;
    Fault last = first;
    LOG.warn("{} does not work and is tried again: {}", doing, first.getMessage());
    failure = saying(doing, first);
    while (!isOver(began)) {
      pause(tries++);
      metrics.retried();
      try {
        T result = action.run();
        LOG.info("{} works again after {} ms", doing, elapsedMs(began));
        return result;
      } catch (Fault fault) {
        orThrow(fault);
        if (!fault.sameAs(last)) {
          LOG.warn("{} still does not work: {}", doing, fault.getMessage());
          failure = saying(doing, fault);
        }
        last = fault;
      }
    }
    throw over(last);
  }

  private static String saying(String doing, Fault fault) {
    return doing + " does not work: " + fault.getMessage();
  }

  /** What is being tried again now, and why; empty while nothing is. */
  String failure() {
    return failure;
  }

  /** Waits as one does after so many tries. */
  void pause(int tries) throws InterruptedException {
    Thread.sleep(waitMs(tries));
  }

  /** Between half and the whole of it, so that tasks do not come back all at once. */
  long waitMs(int tries) {
    long waitMs = Math.min(firstWaitMs << Math.min(tries - 1, 30), longestWaitMs);
    return ThreadLocalRandom.current().nextLong(waitMs / 2, waitMs + 1);
  }

  /** Whether it has been tried for as long as the settings allow. */
  boolean isOver(long sinceNanos) {
    return timeoutMs >= 0 && elapsedMs(sinceNanos) >= timeoutMs;
  }

  Fault over(Fault last) {
    return new Fault(
        Fault.Kind.FATAL,
        0,
        "%s=%d is over: %s".formatted(SinkSettings.RETRY_TIMEOUT, timeoutMs, last.getMessage()));
  }

  private static void orThrow(Fault fault) throws Fault {
    if (fault.kind() != Fault.Kind.PASSING && fault.kind() != Fault.Kind.WAITING) {
      throw fault;
    }
  }

  private static long elapsedMs(long since) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
  }
}

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

  private final long timeoutMs;
  private final long firstWaitMs;
  private final long longestWaitMs;

  Retry(SinkConfig config) {
    timeoutMs = config.retryTimeoutMs();
    firstWaitMs = config.retryBackoffMs();
    longestWaitMs = Math.max(config.retryBackoffMs(), config.retryBackoffMaxMs());
  }

  /**
   * @param doing what is tried, as the subject of a sentence
   */
  <T> T untilDone(String doing, Try<T> action) throws Fault, InterruptedException {
    long began = System.nanoTime();
    long waitMs = firstWaitMs;
    Fault before = null;
    while (true) {
      try {
        T result = action.run();
        if (before != null) {
          LOG.info("{} works again after {} ms", doing, elapsedMs(began));
        }
        return result;
      } catch (Fault fault) {
        if (fault.kind() != Fault.Kind.PASSING && fault.kind() != Fault.Kind.WAITING) {
          throw fault;
        }
        if (before == null) {
          began = System.nanoTime();
        }
        if (before == null || before.code() != fault.code()) {
          LOG.warn("{} does not work and is tried again: {}", doing, fault.getMessage());
        }
        before = fault;
      }
      if (timeoutMs >= 0 && elapsedMs(began) >= timeoutMs) {
        throw new Fault(
            Fault.Kind.FATAL,
            before.code(),
            "%s=%d is over: %s"
                .formatted(SinkConfig.RETRY_TIMEOUT, timeoutMs, before.getMessage()));
      }
      // Between half and the whole of it, so that tasks do not come back all at once.
      Thread.sleep(ThreadLocalRandom.current().nextLong(waitMs / 2, waitMs + 1));
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  }

  private static long elapsedMs(long since) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
  }
}

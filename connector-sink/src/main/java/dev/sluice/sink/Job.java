package dev.sluice.sink;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;

/** Work that runs beside the task's thread and is looked at from there. */
final class Job<T> {
  private final Future<T> future;
  private volatile long tookNanos;

  Job(ExecutorService executor, Callable<T> work) {
    future = executor.submit(() -> timed(work));
  }

  private T timed(Callable<T> work) throws Exception {
    long began = System.nanoTime();
    try {
      return work.call();
    } finally {
      tookNanos = System.nanoTime() - began;
    }
  }

  boolean isOver() {
    return future.isDone();
  }

  /** How long it ran, once it is over. */
  long tookMs() {
    return TimeUnit.NANOSECONDS.toMillis(tookNanos);
  }

  /** What came of it, once it is over. */
  T result() throws Fault {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Fault fault) {
        throw fault;
      }
      // Not its message, which nobody has made sure holds no value.
      throw new ConnectException(
          "unexpected " + e.getCause().getClass().getName() + ", see the worker's log",
          e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConnectException(e);
    }
  }

  /** Waits for its end until the deadline, and then cuts it off. */
  void stop(long deadline) {
    try {
      future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | CancellationException e) {
      // Over is over, whatever came of it.
    } catch (TimeoutException e) {
      future.cancel(true);
    }
  }
}

package dev.sluice.ops;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What readers of the page ask of one server, on threads of its own: while they wait for an answer,
 * everything that is known without it is served as ever.
 *
 * <p>Failure semantics: at most {@value #WAITING} questions wait for a thread; the next is {@link
 * Refused}. What a question throws is the future's failure.
 */
final class Questions implements AutoCloseable {

  static final int WAITING = 16;

  private final String server;
  private final ThreadPoolExecutor threads;

  /**
   * @param server its name
   * @param atOnce how many questions are asked at once
   */
  Questions(String server, int atOnce) {
    this.server = server;
    this.threads =
        new ThreadPoolExecutor(
            atOnce,
            atOnce,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            work -> {
              Thread thread = new Thread(work, "ask-" + server);
              thread.setDaemon(true);
              return thread;
            });
  }

  <T> CompletableFuture<T> ask(Supplier<T> question) {
    try {
      return CompletableFuture.supplyAsync(question, threads);
    } catch (RejectedExecutionException e) {
      throw new RequestRefused(
          503, server + " is being asked too much at once: try again in some seconds.");
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}

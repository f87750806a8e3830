package dev.sluice.ops;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks one server again and again, on a thread of its own: a server that is dead or frozen holds up
 * nothing but its own poll.
 *
 * <p>Failure semantics: a failed attempt keeps the last value, says why, and the next attempt is
 * made at the next {@link #start}. An attempt that is still under way after {@value
 * #SILENCE_MILLIS} ms counts as failed until it ends; no second one is started beside it.
 */
final class Poll<T> implements AutoCloseable {

  private static final long SILENCE_MILLIS = 5000;

  /**
   * What is known of a server.
   *
   * @param value the last answer; null before the first
   * @param askedAt when the last answer was asked for, in ms of {@link Now}
   * @param answeredAt when it came; 0 before the first
   * @param error why there is no newer answer; null when all is well
   * @param refused whether the server answers, and says no
   */
  record Answer<T>(T value, long askedAt, long answeredAt, String error, boolean refused) {
    Answer(T value, long askedAt, long answeredAt, String error) {
      this(value, askedAt, answeredAt, error, false);
    }

    boolean reachable() {
      return error == null && answeredAt > 0;
    }
  }

  private final ExecutorService thread;
  private Future<T> attempt;
  private long attemptedAt;
  private Answer<T> answer = new Answer<>(null, 0, 0, "Not asked yet.");

  Poll(String name) {
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread created = new Thread(work, "poll-" + name);
              created.setDaemon(true);
              return created;
            });
  }

  /** Begins an attempt unless one is under way. */
  void start(Callable<T> question) {
    if (attempt == null) {
      attemptedAt = Now.millis();
      attempt = thread.submit(question);
    }
  }

  /** Waits for the attempt under way, at most so long, and returns what is known then. */
  Answer<T> await(long millis) throws InterruptedException {
    if (attempt == null) {
      return answer;
    }
    try {
      T value = attempt.get(Math.max(0, millis), TimeUnit.MILLISECONDS);
      answer = new Answer<>(value, attemptedAt, Now.millis(), null);
      attempt = null;
    } catch (ExecutionException e) {
      answer = failed(reason(e), dev.sluice.servers.Answer.isRefusal(e));
      attempt = null;
    } catch (TimeoutException e) {
      long silence = Now.millis() - attemptedAt;
      if (silence > SILENCE_MILLIS) {
        answer = failed("No answer for " + silence / 1000 + " s.", false);
      }
    }
    return answer;
  }

  /** The innermost message: what wraps it names the server, which is known. */
  private static String reason(Throwable failure) {
    String reason = failure.getClass().getSimpleName();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      reason = cause.getMessage() == null ? reason : cause.getMessage().strip();
    }
    return reason;
  }

  private Answer<T> failed(String why, boolean refused) {
    return new Answer<>(answer.value(), answer.askedAt(), answer.answeredAt(), why, refused);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}

package dev.sluice.verify;

import dev.sluice.SluiceException;
import dev.sluice.pipeline.Standstill;
import dev.sluice.pipeline.SyncPoint;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.PostgresAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Waits for a running pipeline, and remembers how long.
 *
 * <p>Failure semantics: a pipeline that has not passed the position within the limit is a {@link
 * SluiceException}, and so is one that cannot pass it, as soon as that is seen: a connector that
 * has failed, is paused, stopped or gone. So is a server that does not answer.
 */
public final class PipelineBarrier implements TableComparison.Barrier {

  private final SyncPoint point;
  private final TopicLag lag;
  private final Duration limit;
  private final Supplier<Optional<String>> trouble;
  private final Consumer<String> progress;
  private long firstWaitNanos = -1;

  /** What stands does so for longer than this, and asking costs a request. */
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  /**
   * @param limit how long one position may take to be passed
   * @param trouble says why the pipeline will not pass any position; asked now and then
   */
  public PipelineBarrier(
      SyncPoint point,
      TopicLag lag,
      Duration limit,
      Supplier<Optional<String>> trouble,
      Consumer<String> progress) {
    this.point = point;
    this.lag = lag;
    this.limit = limit;
    this.trouble = trouble;
    this.progress = progress;
  }

  /**
   * For one route, until one of its connectors stands still.
   *
   * @param lag of the route's sink in its topic
   */
  public static PipelineBarrier of(
      TableRoute route,
      PostgresAddress postgres,
      ConnectClient connect,
      TopicLag lag,
      Duration limit,
      Consumer<String> progress) {
    return new PipelineBarrier(
        new SyncPoint(postgres, route.slot()),
        lag,
        limit,
        () -> Standstill.of(connect, route.source().name(), route.sink().name()),
        progress);
  }

  @Override
  public void await() {
    long begin = System.nanoTime();
    String[] last = {"Waiting for the pipeline"};
    long[] lookAt = {begin + BETWEEN_LOOKS.toNanos()};
    point.awaitPassed(
        lag,
        () -> {
          if (System.nanoTime() > lookAt[0]) {
            lookAt[0] = System.nanoTime() + BETWEEN_LOOKS.toNanos();
            trouble
                .get()
                .ifPresent(
                    why -> {
                      throw new SluiceException(
                          "The pipeline does not catch up: " + why + " (" + last[0] + ").");
                    });
          }
          if (System.nanoTime() - begin > limit.toNanos()) {
            throw new SluiceException(
                "The pipeline has not caught up within "
                    + limit.toSeconds()
                    + " s ("
                    + last[0]
                    + "). ./sluice status and ./sluice doctor tell why.");
          }
        },
        line -> {
          last[0] = line;
          progress.accept(line);
        });
    if (firstWaitNanos < 0) {
      firstWaitNanos = System.nanoTime() - begin;
    }
  }

  /** Seconds from the first call until the pipeline had passed what was committed before it. */
  public double firstWaitSeconds() {
    return Math.max(0, firstWaitNanos) / 1e9;
  }
}

package dev.sluice.ops;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;

/**
 * What the page would show, for a command that has no page: looks at all four servers once a
 * second, until it is sure of what it sees.
 *
 * <p>Failure semantics: as {@link Collector}; a server that does not answer is a part of what is
 * seen. Nothing is written anywhere.
 */
public final class Look {

  /** The first finds the connectors, the second their topics, the third whether these move. */
  private static final int LEAST = 3;

  /** What passes by itself has passed by then; what does not is found. */
  private static final Duration MOST = Duration.ofMillis(Findings.GRACE_MILLIS + 5_000);

  private Look() {}

  /**
   * Looks.
   *
   * @param options what is looked at; nothing listens
   * @param waiting run before each further look that is made because of a doubt
   */
  public static Overview at(OpsOptions options, Runnable waiting) {
    long end = System.nanoTime() + MOST.toNanos();
    try (Collector collector =
        new Collector(options, new DeadLetters(options.kafka()), new ActionLog(), new Timeline())) {
      for (int looks = 1; ; looks++) {
        collector.look();
        boolean sure = !collector.isInDoubt() || System.nanoTime() > end;
        if (looks >= LEAST && sure || collector.picture().connectors().isEmpty()) {
          return collector.picture().overview();
        } else if (looks > LEAST) {
          waiting.run();
        }
        Pause.millis(Collector.INTERVAL_MILLIS);
      }
    } catch (KafkaException e) {
      throw new SluiceException(
          "Kafka at " + options.kafka() + " (--kafka): " + SluiceException.reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
  }
}

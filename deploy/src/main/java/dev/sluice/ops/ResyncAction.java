package dev.sluice.ops;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.verify.Resync;
import dev.sluice.verify.Resync.Outcome;
import dev.sluice.verify.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * {@link Resync} from the page: one at a time, in a thread of its own. The {@link ActionLog} tells
 * what it does and what came of it.
 *
 * <p>Failure semantics: what cannot be healed is refused before anything is changed; a resync that
 * fails, or that ends with the page, can be begun again.
 */
final class ResyncAction {

  private static final String NAME = "resync";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final OpsOptions options;
  private final ActionLog log;
  private final AtomicBoolean running = new AtomicBoolean();

  ResyncAction(OpsOptions options, ActionLog log) {
    this.options = options;
    this.log = log;
  }

  /**
   * Begins it.
   *
   * @param routes all that the source feeds
   * @throws RequestRefused when it has none, or another resync goes on
   * @throws SluiceException when its gap could not be healed
   */
  ActionLog.Entry begin(String source, List<TableRoute> routes) {
    if (routes.isEmpty()) {
      throw new RequestRefused(409, "No sink brings tables of " + source + " to fact tables.");
    }
    if (!running.compareAndSet(false, true)) {
      throw new RequestRefused(409, "A resync goes on: wait for its end.");
    }
    ClickHouseClient clickHouse = new ClickHouseClient(options.clickHouse());
    try {
      ActionLog.Entry entry = log.begun(source, NAME, "Resync " + source + ".");
      Resync resync = resync(routes, clickHouse, entry);
      check(resync, entry);
      Thread thread = new Thread(() -> run(resync, clickHouse, entry), "ops-resync");
      thread.setDaemon(true);
      thread.start();
      return entry;
    } catch (RuntimeException e) {
      clickHouse.close();
      running.set(false);
      throw e;
    }
  }

  private Resync resync(
      List<TableRoute> routes, ClickHouseClient clickHouse, ActionLog.Entry entry) {
    return new Resync(
        TableRoute.published(routes, options.postgres()),
        options.postgres(),
        clickHouse,
        new ConnectClient(options.connect(), TIMEOUT, TIMEOUT),
        options.kafka(),
        new Narrator() {
          @Override
          public void say(String sentence) {
            log.does(entry.id(), entry.did() + " " + sentence + ".");
          }

          @Override
          public void progress(String line) {
            say(line);
          }
        });
  }

  private void check(Resync resync, ActionLog.Entry entry) {
    try {
      resync.check();
    } catch (SluiceException | ConnectClient.Unreachable e) {
      log.end(entry.id(), e.getMessage(), false);
      throw e;
    }
  }

  private void run(Resync resync, ClickHouseClient clickHouse, ActionLog.Entry entry) {
    try (clickHouse) {
      List<Outcome> outcomes = resync.run();
      log.does(entry.id(), entry.did());
      log.end(
          entry.id(),
          outcomes.stream()
              .map(each -> Verdict.sentence(each.mapping(), each.result(), 100))
              .collect(Collectors.joining(" ")),
          outcomes.stream().allMatch(each -> Verdict.of(each.result()) == Verdict.IDENTICAL));
    } catch (SluiceException | ConnectClient.Unreachable e) {
      log.end(entry.id(), e.getMessage() + " It can be begun again.", false);
    } catch (RuntimeException e) {
      log.end(entry.id(), "It failed: " + SluiceException.reason(e), false);
      throw e;
    } finally {
      running.set(false);
    }
  }
}

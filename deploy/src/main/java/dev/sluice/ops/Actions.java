package dev.sluice.ops;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.SluiceException;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the page can do. Each action but {@link ResyncAction} is one call to Connect or Kafka, and
 * all are noted in the {@link ActionLog}, refused ones too.
 *
 * <p>Failure semantics: what Connect refuses is a {@link SluiceException} with its words, what
 * Kafka refuses or the page itself a {@link RequestRefused}; nothing is tried again except during a
 * rebalance, for some seconds. Stop, reset offsets, resync and putting back all dead letters need
 * the target's name as confirmation.
 */
final class Actions {

  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(8);

  private final ConnectClient connect;
  private final DeadLetters deadLetters;
  private final ResyncAction resync;
  private final ActionLog log;

  Actions(OpsOptions options, DeadLetters deadLetters, ActionLog log) {
    this.connect = new ConnectClient(options.connect(), SERVER_TIMEOUT, SERVER_TIMEOUT);
    this.deadLetters = deadLetters;
    this.resync = new ResyncAction(options, log);
    this.log = log;
  }

  /**
   * @param confirm the connector's name, for actions that need it
   */
  ActionLog.Entry connector(Connector connector, String action, String confirm) {
    String name = connector.name();
    long failed = connector.tasks().stream().filter(t -> t.state().equals("FAILED")).count();
    return switch (action) {
      case "restart-failed" -> {
        String what =
            failed == 0 ? "what failed" : Format.count(failed, "failed task", "failed tasks");
        call(name, action, () -> connect.restart(name, true));
        yield log.awaiting(name, action, "Restart " + what + " of " + name + ".", Health.OK);
      }
      case "restart" -> {
        call(name, action, () -> connect.restart(name, false));
        yield log.awaiting(name, action, "Restart " + name + " and all its tasks.", Health.OK);
      }
      case "pause" -> {
        call(name, action, () -> connect.pause(name));
        yield log.awaiting(name, action, "Pause " + name + ".", Health.PAUSED);
      }
      case "resume" -> {
        call(name, action, () -> connect.resume(name));
        yield log.awaiting(name, action, "Resume " + name + ".", Health.OK);
      }
      case "stop" -> {
        confirmed(name, confirm);
        call(name, action, () -> connect.stop(name));
        yield log.awaiting(name, action, "Stop " + name + ".", Health.STOPPED);
      }
      case "reset-offsets" -> {
        confirmed(name, confirm);
        if (Health.of(connector) != Health.STOPPED) {
          throw new RequestRefused(
              409, name + " is not stopped: offsets are reset in that state only.");
        }
        String[] words = new String[1];
        call(name, action, () -> words[0] = connect.resetOffsets(name));
        yield log.ended(name, action, "Reset the offsets of " + name + ".", words[0], true);
      }
      default ->
          throw new RequestRefused(
              404,
              "There is no action "
                  + action
                  + ": connectors have restart-failed, restart, pause, resume, stop, reset-offsets"
                  + " and resync.");
    };
  }

  /**
   * Heals the gap of a source.
   *
   * @param routes all that it feeds
   * @param confirm the source's name
   */
  ActionLog.Entry resync(Connector source, List<TableRoute> routes, String confirm) {
    confirmed(source.name(), confirm);
    return resync.begin(source.name(), routes);
  }

  /** Puts one dead letter back. */
  ActionLog.Entry putBack(DeadLetters.Place place) {
    call(place.topic(), "put-back", () -> deadLetters.putBack(place));
    return log.ended(
        place.topic(),
        "put-back",
        "Put dead letter " + place + " back on its topic.",
        "Kafka has it. If it still does not fit, it comes back as a new dead letter.",
        true);
  }

  /**
   * @param confirm the queue's name
   */
  ActionLog.Entry putBackAll(String topic, String confirm) {
    confirmed(topic, confirm);
    DeadLetters.PutBack[] count = new DeadLetters.PutBack[1];
    call(topic, "put-back-all", () -> count[0] = deadLetters.putBackAll(topic));
    int left = count[0].left();
    return log.ended(
        topic,
        "put-back-all",
        "Put all waiting dead letters of " + topic + " back on their topics.",
        Format.count(count[0].done(), "record is", "records are")
            + " back in Kafka."
            + (left == 0
                ? ""
                : " " + left + " stay in the queue: what they came from is not named, or gone."),
        left == 0);
  }

  private static void confirmed(String name, String confirm) {
    if (!name.equals(confirm)) {
      throw new RequestRefused(400, "Type " + name + " to confirm.");
    }
  }

  private void call(String target, String action, Runnable call) {
    try {
      call.run();
    } catch (RequestRefused | SluiceException | ConnectClient.Unreachable e) {
      log.ended(target, action, "Tried: " + action + " " + target + ".", e.getMessage(), false);
      throw e;
    }
  }

  /** Offsets of a connector, as Connect shows them. */
  JsonNode offsets(String name) {
    return connect.offsets(name);
  }

  /** What the worker's plugin says against the connector's configuration, by setting. */
  List<ConnectClient.SettingError> validate(String name, Map<String, String> config) {
    return connect.validate(new ConnectorSpec(name, config));
  }
}

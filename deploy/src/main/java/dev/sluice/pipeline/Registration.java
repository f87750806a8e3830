package dev.sluice.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.SettingError;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Brings one connector to its specification: computes the change, validates it, applies it, waits
 * until all its tasks run.
 *
 * <p>Failure semantics: a setting that the plugin refuses stops it before anything is changed; a
 * task that fails after the change is reported with its trace and nothing is undone, so that the
 * operator can look. Applying the same specification again changes nothing, but waits as well.
 */
public final class Registration {

  /** What has to be done to a connector. */
  public enum Action {
    CREATE,
    UPDATE,
    UNCHANGED
  }

  /**
   * One setting that changes.
   *
   * @param from null when the setting is new
   * @param to null when the setting goes
   */
  public record SettingChange(String setting, String from, String to) {}

  /** The change of one connector; {@code settings} is empty unless it is an update. */
  public record Change(ConnectorSpec spec, Action action, List<SettingChange> settings) {}

  /** Longer than a topic's name may be. */
  private static final String NO_TOPIC = "none[.]{250}";

  private static final Duration OLD_TASKS = Duration.ofSeconds(10);
  private static final Duration OLD_FAILURE = Duration.ofSeconds(2);

  private final ConnectClient connect;

  /** Registers through the given worker. */
  public Registration(ConnectClient connect) {
    this.connect = connect;
  }

  /** Compares each specification with what the worker has. */
  public List<Change> changes(List<ConnectorSpec> specs) {
    Map<String, Connector> existing = connect.connectors();
    List<Change> changes = new ArrayList<>();
    for (ConnectorSpec spec : specs) {
      changes.add(change(spec, existing.get(spec.name())));
    }
    return changes;
  }

  private static Change change(ConnectorSpec spec, Connector existing) {
    if (existing == null) {
      return new Change(spec, Action.CREATE, List.of());
    }
    Map<String, String> settings = new TreeMap<>(existing.config());
    settings.putAll(spec.config());
    List<SettingChange> changed = new ArrayList<>();
    for (String setting : settings.keySet()) {
      String from = existing.config().get(setting);
      String to = spec.config().get(setting);
      if (from == null || !from.equals(to)) {
        changed.add(new SettingChange(setting, from, to));
      }
    }
    return new Change(spec, changed.isEmpty() ? Action.UNCHANGED : Action.UPDATE, changed);
  }

  /**
   * Every setting that the worker's plugin refuses.
   *
   * @throws SluiceException when the worker has no such plugin, with the ones it has
   */
  public List<SettingError> validate(ConnectorSpec spec) {
    Set<String> plugins = connect.plugins().keySet();
    if (!plugins.contains(spec.connectorClass())) {
      throw new SluiceException(
          "The worker at "
              + connect.address()
              + " has no plugin "
              + spec.connectorClass()
              + " (connector.class of "
              + spec.name()
              + "). It has: "
              + String.join(", ", plugins.stream().filter(p -> p.endsWith("Connector")).toList())
              + ". Put the plugin's folder below the worker's plugin.path and restart it.");
    }
    return connect.validate(spec);
  }

  /**
   * @throws SluiceException with every setting of the first change that the plugin refuses
   */
  public void refuseInvalid(List<Change> changes) {
    for (Change change : changes) {
      List<SettingError> errors = validate(change.spec());
      if (!errors.isEmpty()) {
        throw new SluiceException(
            change.spec().name()
                + " is refused: "
                + errors.stream()
                    .map(e -> e.setting() + ": " + String.join(" ", e.errors()))
                    .collect(Collectors.joining("; ")));
      }
    }
  }

  /** A source that is created goes on from what Connect has kept of its name. */
  public static final Predicate<JsonNode> KEEP_OFFSETS = offsets -> false;

  /**
   * As {@link #apply(List, Duration, Predicate, Consumer)}, with the offsets that Connect has kept.
   */
  public void apply(List<Change> changes, Duration limit, Consumer<Change> running) {
    apply(changes, limit, KEEP_OFFSETS, running);
  }

  /**
   * Applies all changes, unchanged connectors left alone, and waits until every connector and all
   * its tasks run as the changes want them.
   *
   * @param limit for each connector
   * @param forget whether a source that is created must not go on from these offsets, which Connect
   *     has kept of a removed one of its name, in Connect's own form; they are gone before it first
   *     runs
   * @param running hears of each that runs
   * @throws SluiceException with the trace of the first task that failed, or when the time is over
   */
  public void apply(
      List<Change> changes, Duration limit, Predicate<JsonNode> forget, Consumer<Change> running) {
    for (Change change : changes) {
      if (change.action() == Action.CREATE && !change.spec().isSink()) {
        create(change.spec(), forget);
      } else if (change.action() != Action.UNCHANGED) {
        connect.put(change.spec());
      }
    }
    for (Change change : changes) {
      awaitRunning(change, limit);
      running.accept(change);
    }
  }

  /**
   * Starts a sink for a moment, under another name and without any topic, and removes it again: the
   * only way to learn of what its transforms, its converters and its tasks refuse together, which
   * no validation of single settings finds.
   *
   * @param limit how long its tasks may take to run
   * @throws SluiceException with the trace of the task that failed
   */
  public void refuseUnstartable(ConnectorSpec sink, Duration limit) {
    ConnectorSpec trial = trial(sink);
    connect.put(trial);
    try {
      awaitRunning(new Change(trial, Action.CREATE, List.of()), limit);
    } catch (SluiceException e) {
      throw new SluiceException(
          sink.name() + " would fail at its start. Nothing was changed. " + e.getMessage(), e);
    } finally {
      connect.delete(trial.name());
    }
  }

  /** Reads nothing, and makes no dead letter queue. */
  static ConnectorSpec trial(ConnectorSpec sink) {
    Map<String, String> config = new TreeMap<>(sink.config());
    config.remove("topics");
    config.keySet().removeIf(setting -> setting.startsWith("errors."));
    config.put("topics.regex", NO_TOPIC);
    config.put("tasks.max", "1");
    return new ConnectorSpec(sink.name() + "-trial", config);
  }

  private void create(ConnectorSpec source, Predicate<JsonNode> forget) {
    connect.createStopped(source);
    try {
      JsonNode offsets = connect.offsets(source.name());
      if (!offsets.path("offsets").isEmpty() && forget.test(offsets)) {
        connect.resetOffsets(source.name());
      }
    } catch (RuntimeException e) {
      // Who comes next must find none that was never started, and would take it for one at rest.
      connect.delete(source.name());
      throw e;
    }
    connect.resume(source.name());
  }

  private void awaitRunning(Change change, Duration limit) {
    String name = change.spec().name();
    long begin = System.nanoTime();
    long deadline = begin + limit.toNanos();
    // Connect does not say which configuration a task runs with: for a moment after an update, the
    // tasks before it are still shown to run. Once a task's other state has been seen, they are
    // gone; the connector itself is restarted before them.
    boolean oldTasksGone = change.action() != Action.UPDATE;
    long failedSince = Long.MAX_VALUE;
    while (true) {
      Connector connector = connect.connectors().get(name);
      Health health = connector == null ? Health.DEGRADED : Health.of(connector);
      long now = System.nanoTime();
      boolean isNew = change.action() == Action.CREATE;
      boolean atRest = health == Health.PAUSED || health == Health.STOPPED;
      if (health == Health.OK || atRest && !isNew) {
        if (oldTasksGone || health != Health.OK || now - begin > OLD_TASKS.toNanos()) {
          return;
        }
        // Often enough to see the moment between two tasks.
        Pause.millis(20);
        continue;
      }
      oldTasksGone |= connector != null && !connector.allTasksRun();
      Optional<Status> failed = connector == null ? Optional.empty() : connector.firstFailed();
      failedSince = failed.isPresent() ? Math.min(failedSince, now) : Long.MAX_VALUE;
      // Just after a change, a failure of the tasks before it may still be shown.
      if (failed.isPresent() && now - failedSince > OLD_FAILURE.toNanos()) {
        throw new SluiceException(failure(connector, failed.get()));
      }
      if (now > deadline) {
        throw new SluiceException(
            name + " does not run after " + limit.toSeconds() + " s. Look at ./sluice status.");
      }
      Pause.millis(100);
    }
  }

  private static String failure(Connector connector, Status part) {
    String what = part.task() < 0 ? connector.name() : connector.name() + " task " + part.task();
    return what
        + " failed: "
        + Health.rootCause(part.trace())
        + "\n"
        + part.trace().strip().indent(2).stripTrailing();
  }
}

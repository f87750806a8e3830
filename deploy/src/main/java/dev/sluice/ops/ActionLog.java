package dev.sluice.ops;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What was done from the page, and what came of it: an action on a connector stays open until the
 * connector is seen in the state it was to reach, or has stayed in another for too long.
 * Thread-safe; kept in memory.
 */
final class ActionLog {

  private static final int KEPT = 100;
  private static final long SETTLE_MILLIS = 2_500;
  private static final long FAILURE_MILLIS = 8_000;
  private static final long LIMIT_MILLIS = 45_000;

  /**
   * An action.
   *
   * @param did a sentence: what was asked for
   * @param outcome a sentence: what came of it; null while that is open
   * @param good whether that is what was wanted
   */
  record Entry(
      long id, long at, String target, String action, String did, String outcome, boolean good) {
    Entry ended(String outcome, boolean good) {
      return new Entry(id, at, target, action, did, outcome, good);
    }
  }

  private record Open(Entry entry, Health wanted) {}

  private final List<Entry> entries = new ArrayList<>();
  private final List<Open> open = new ArrayList<>();
  private long nextId = 1;

  /** Notes an action whose outcome is known. */
  synchronized Entry ended(String target, String action, String did, String outcome, boolean good) {
    return add(new Entry(nextId++, Now.millis(), target, action, did, outcome, good));
  }

  /** Notes an action that is to bring a connector into a state. */
  synchronized Entry awaiting(String target, String action, String did, Health wanted) {
    open.stream()
        .filter(each -> each.entry().target().equals(target))
        .toList()
        .forEach(each -> end(each, "Another action followed before it was seen to end.", true));
    Entry entry = add(new Entry(nextId++, Now.millis(), target, action, did, null, false));
    open.add(new Open(entry, wanted));
    return entry;
  }

  /** Notes an action that goes on beside the page until {@link #end(long, String, boolean)}. */
  synchronized Entry begun(String target, String action, String did) {
    return add(new Entry(nextId++, Now.millis(), target, action, did, null, false));
  }

  /** Says anew what such an action does. */
  synchronized void does(long id, String did) {
    entries.replaceAll(
        e ->
            e.id() == id
                ? new Entry(id, e.at(), e.target(), e.action(), did, e.outcome(), e.good())
                : e);
  }

  /** Notes what came of it. */
  synchronized void end(long id, String outcome, boolean good) {
    entries.replaceAll(e -> e.id() == id ? e.ended(outcome, good) : e);
  }

  private Entry add(Entry entry) {
    entries.add(0, entry);
    if (entries.size() > KEPT) {
      entries.remove(entries.size() - 1);
    }
    return entry;
  }

  /** Newest first. */
  synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Looks what became of the open ones. */
  synchronized void follow(
      long at, Map<String, Connector> connectors, boolean reachable, Redactor redactor) {
    for (Open each : List.copyOf(open)) {
      long age = at - each.entry().at();
      Connector connector = connectors.get(each.entry().target());
      if (connector == null) {
        end(each, "The connector is gone.", false);
        continue;
      }
      Health health = reachable ? Health.of(connector) : Health.UNREACHABLE;
      if (age < SETTLE_MILLIS && each.wanted() == Health.OK) {
        continue; // For a moment Connect still shows what was before a restart.
      }
      if (health == each.wanted()) {
        end(each, outcome(connector, health, redactor), true);
      } else if (age > LIMIT_MILLIS
          || age > FAILURE_MILLIS && connector.firstFailed().isPresent() && reachable) {
        end(each, outcome(connector, health, redactor), false);
      }
    }
  }

  private void end(Open each, String outcome, boolean good) {
    open.remove(each);
    end(each.entry().id(), outcome, good);
  }

  private static String outcome(Connector connector, Health health, Redactor redactor) {
    long run = connector.running();
    String tasks = run + " of " + Format.count(connector.tasks().size(), "task", "tasks") + " run";
    return connector
        .firstFailed()
        .map(f -> health + ": " + redactor.text(Health.rootCause(f.trace())))
        .orElse(health == Health.OK ? "OK: " + tasks + "." : health + ".");
  }
}

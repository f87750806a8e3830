package dev.sluice.ops;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.Health;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Since when connectors and tasks are as they are, and what changed. Connect keeps no times, so all
 * of this is as this process has seen it, from its start on. Thread-safe.
 */
final class Timeline {

  private static final int KEPT = 60;

  /**
   * A change of state.
   *
   * @param part {@code connector}, {@code task 0} …
   * @param from null when first seen
   * @param why the first "Caused by" of a failure; empty otherwise
   */
  record Event(long at, String part, String from, String to, String worker, String why) {}

  private record Seen(long since, String state, String worker) {}

  private final Map<String, Map<String, Seen>> seen = new HashMap<>();
  private final Map<String, Deque<Event>> events = new HashMap<>();

  /** Takes the connectors as they are now. */
  synchronized void see(long at, Collection<Connector> connectors, Redactor redactor) {
    Map<String, Map<String, Seen>> now = new HashMap<>();
    for (Connector connector : connectors) {
      Map<String, Seen> before = seen.getOrDefault(connector.name(), Map.of());
      Map<String, Seen> after = new HashMap<>();
      now.put(connector.name(), after);
      List<Status> parts = new ArrayList<>(List.of(connector.connector()));
      parts.addAll(connector.tasks());
      for (Status part : parts) {
        String name = name(part);
        Seen old = before.get(name);
        if (old != null && old.state().equals(part.state()) && old.worker().equals(part.worker())) {
          after.put(name, old);
          continue;
        }
        after.put(name, new Seen(at, part.state(), part.worker()));
        String why = redactor.text(Health.rootCause(part.trace()));
        add(
            connector.name(),
            new Event(
                at, name, old == null ? null : old.state(), part.state(), part.worker(), why));
      }
      before.forEach(
          (name, old) -> {
            if (!after.containsKey(name)) {
              add(connector.name(), new Event(at, name, old.state(), "gone", old.worker(), ""));
            }
          });
    }
    seen.keySet().stream()
        .filter(name -> !now.containsKey(name))
        .toList()
        .forEach(name -> add(name, new Event(at, "connector", null, "removed", "", "")));
    seen.clear();
    seen.putAll(now);
  }

  /** Notes something that concerns a connector as a whole. */
  synchronized void note(long at, Collection<String> connectors, String what, String why) {
    connectors.forEach(name -> add(name, new Event(at, "", null, what, "", why)));
  }

  private void add(String connector, Event event) {
    Deque<Event> list = events.computeIfAbsent(connector, name -> new ArrayDeque<>());
    list.addFirst(event);
    if (list.size() > KEPT) {
      list.removeLast();
    }
  }

  /** Since when the part has its state, on its worker; 0 when it was never seen. */
  synchronized long since(String connector, Status part) {
    Seen found = seen.getOrDefault(connector, Map.of()).get(name(part));
    return found == null ? 0 : found.since();
  }

  /** What changed, newest first. */
  synchronized List<Event> events(String connector) {
    return List.copyOf(events.getOrDefault(connector, new ArrayDeque<>()));
  }

  private static String name(Status part) {
    return part.task() < 0 ? "connector" : "task " + part.task();
  }
}

package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.util.Map;
import java.util.Optional;

/** Whether a connector will move no row until somebody does something about it. */
public final class Standstill {

  private Standstill() {}

  /**
   * Looks at connectors by their tasks.
   *
   * @param names of the connectors that have to run
   * @return the first that does not, with the cause; empty also when no worker answers, or while
   *     tasks are being given out, because that passes
   */
  public static Optional<String> of(ConnectClient connect, String... names) {
    Map<String, Connector> all;
    try {
      all = connect.connectors();
    } catch (ConnectClient.Unreachable | SluiceException e) {
      return Optional.empty();
    }
    for (String name : names) {
      Connector connector = all.get(name);
      if (connector == null) {
        return Optional.of(name + " is not registered");
      }
      Optional<String> failed =
          connector.firstFailed().map(part -> " has failed: " + Health.rootCause(part.trace()));
      if (failed.isPresent()) {
        return Optional.of(name + failed.get());
      }
      Health health = Health.of(connector);
      if (health == Health.PAUSED || health == Health.STOPPED) {
        return Optional.of(name + " is " + health.name().toLowerCase());
      }
    }
    return Optional.empty();
  }
}

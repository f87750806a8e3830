package dev.sluice.ops;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Health;
import java.util.List;
import java.util.Map;

/**
 * The last look at everything: what the page is served from.
 *
 * @param histories the last hour by pipeline
 */
record StatusSnapshot(
    Overview overview,
    Map<String, Connector> connectors,
    Redactor redactor,
    Map<String, History> histories) {

  /** Before the first look. */
  static StatusSnapshot empty(OpsOptions options) {
    return new StatusSnapshot(
        new Overview(Now.millis(), Health.UNREACHABLE, List.of(), List.of(), List.of(), List.of()),
        Map.of(),
        new Redactor(List.of()),
        Map.of());
  }
}

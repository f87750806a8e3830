package dev.sluice.ops;

import dev.sluice.servers.ConnectClient.Connector;
import java.util.Map;
import java.util.Set;

/**
 * What Connect said at one moment.
 *
 * @param connectors by name
 * @param snapshotting sources whose offsets say that a snapshot is under way
 * @param positions where sources are in the WAL by their kept offsets, as a number of bytes; of
 *     those that were asked lately
 * @param written topics that sources have written; of sources alone of which one is missing
 */
record ConnectView(
    Map<String, Connector> connectors,
    Set<String> snapshotting,
    Map<String, Long> positions,
    Map<String, Set<String>> written) {

  /** Before Connect's first answer. */
  static final ConnectView NOTHING = new ConnectView(Map.of(), Set.of(), Map.of(), Map.of());
}

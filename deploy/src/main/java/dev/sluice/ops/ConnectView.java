package dev.sluice.ops;

import dev.sluice.connect.ConnectClient.Connector;
import java.util.Map;
import java.util.Set;

/**
 * What Connect said at one moment.
 *
 * @param connectors by name
 * @param snapshotting sources whose offsets say that a snapshot is under way
 */
record ConnectView(Map<String, Connector> connectors, Set<String> snapshotting) {}

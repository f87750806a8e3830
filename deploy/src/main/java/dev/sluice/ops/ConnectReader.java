package dev.sluice.ops;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.SluiceException;
import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.Connector;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@link ConnectView}s: one request however many connectors there are. Only while a source
 * runs and does not stream, as it does during a snapshot, a second one asks for the offsets of one
 * such source; and where a topic is missing, one asks what its source has written.
 *
 * <p>Failure semantics: no answer to the first request is thrown; offsets that cannot be had leave
 * what was known.
 */
final class ConnectReader {

  private final ConnectClient client;
  private final Set<String> snapshotting = new HashSet<>();
  private int turn;

  ConnectReader(ConnectClient client) {
    this.client = client;
  }

  /**
   * @param notStreaming sources that run and whose slot nobody reads
   * @param lackTopics sources of which a topic is missing
   */
  ConnectView read(Collection<String> notStreaming, Collection<String> lackTopics) {
    Map<String, Connector> connectors = client.connectors();
    snapshotting.retainAll(notStreaming);
    List<String> candidates = notStreaming.stream().filter(connectors::containsKey).toList();
    if (!candidates.isEmpty()) {
      ask(candidates.get(Math.floorMod(turn++, candidates.size())));
    }
    Map<String, Set<String>> written = new HashMap<>();
    for (String source : lackTopics) {
      try {
        written.put(source, client.topics(source));
      } catch (SluiceException | ConnectClient.Unreachable e) {
        // A rebalance, a worker that does not keep account, or a connector just removed.
      }
    }
    return new ConnectView(connectors, Set.copyOf(snapshotting), written);
  }

  private void ask(String source) {
    try {
      if (isSnapshot(client.offsets(source))) {
        snapshotting.add(source);
      } else {
        snapshotting.remove(source);
      }
    } catch (SluiceException | ConnectClient.Unreachable e) {
      // A rebalance, or a connector just removed: the next look tells.
    }
  }

  /** Debezium's offsets say so in {@code snapshot}, and in {@code snapshot_completed} its end. */
  static boolean isSnapshot(JsonNode offsets) {
    for (Iterator<JsonNode> all = offsets.path("offsets").elements(); all.hasNext(); ) {
      JsonNode offset = all.next().path("offset");
      String snapshot = offset.path("snapshot").asText("false");
      if (!snapshot.equals("false") && !offset.path("snapshot_completed").asBoolean(false)) {
        return true;
      }
    }
    return false;
  }
}

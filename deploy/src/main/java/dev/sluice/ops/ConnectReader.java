package dev.sluice.ops;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.SluiceException;
import dev.sluice.pipeline.SourceOffsets;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@link ConnectView}s: one request however many connectors there are. Now and then a second
 * one asks for the offsets of one source, and at every look while a source runs and does not
 * stream, as it does during a snapshot; and where a topic is missing, one asks what its source has
 * written.
 *
 * <p>Failure semantics: no answer to the first request is thrown; offsets that cannot be had leave
 * what was known.
 */
final class ConnectReader {

  /** Looks. */
  private static final int BETWEEN_QUESTIONS = 10;

  private final ConnectClient client;
  private final Set<String> snapshotting = new HashSet<>();
  private final Map<String, Long> positions = new HashMap<>();
  private int turn;
  private int looks;

  ConnectReader(ConnectClient client) {
    this.client = client;
  }

  /**
   * @param notStreaming sources that run and whose slot nobody reads
   * @param lackTopics sources of which a topic is missing
   */
  ConnectView read(Collection<String> notStreaming, Collection<String> lackTopics) {
    Map<String, Connector> connectors = client.connectors();
    // Of the look before, so that what Postgres says in this one is newer.
    Map<String, Long> before = Map.copyOf(positions);
    snapshotting.retainAll(notStreaming);
    List<String> sources =
        connectors.values().stream()
            .filter(c -> c.type().equals("source"))
            .map(Connector::name)
            .toList();
    positions.keySet().retainAll(sources);
    List<String> candidates = notStreaming.stream().filter(sources::contains).toList();
    if (!candidates.isEmpty()) {
      ask(candidates.get(Math.floorMod(turn++, candidates.size())));
    } else if (looks++ % BETWEEN_QUESTIONS == 0 && !sources.isEmpty()) {
      ask(sources.get(Math.floorMod(turn++, sources.size())));
    }
    Map<String, Set<String>> written = new HashMap<>();
    for (String source : lackTopics) {
      try {
        written.put(source, client.topics(source));
      } catch (SluiceException | ConnectClient.Unreachable e) {
        // A rebalance, a worker that does not keep account, or a connector just removed.
      }
    }
    return new ConnectView(connectors, Set.copyOf(snapshotting), before, written);
  }

  private void ask(String source) {
    try {
      JsonNode offsets = client.offsets(source);
      SourceOffsets.position(offsets)
          .ifPresentOrElse(at -> positions.put(source, at), () -> positions.remove(source));
      if (isSnapshot(offsets)) {
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

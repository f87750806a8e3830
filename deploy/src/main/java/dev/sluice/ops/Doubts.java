package dev.sluice.ops;

import java.util.Set;

/**
 * What one look has found strange, for the next one to ask about.
 *
 * @param notStreaming sources that run while nobody reads from their slots
 * @param lackTopics sources of which a topic is missing
 * @param statements heartbeats' statements of sources that do not beat
 */
record Doubts(Set<String> notStreaming, Set<String> lackTopics, Set<String> statements) {

  /** When all is as it should be, or nothing was asked yet. */
  static final Doubts NONE = new Doubts(Set.of(), Set.of(), Set.of());
}

package dev.sluice.ops;

import java.util.Set;

/**
 * What one look has found strange, for the next one to ask about.
 *
 * @param notStreaming sources that run while nobody reads from their slots
 * @param lackTopics sources of which a topic is missing
 */
record Doubts(Set<String> notStreaming, Set<String> lackTopics) {

  /** When all is as it should be, or nothing was asked yet. */
  static final Doubts NONE = new Doubts(Set.of(), Set.of());
}

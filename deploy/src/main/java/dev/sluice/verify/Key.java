package dev.sluice.verify;

import java.util.List;

/** A primary key: the canonical text of each of its columns. */
public record Key(List<String> parts) implements Comparable<Key> {

  @Override
  public int compareTo(Key other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return parts.size() == 1 ? parts.get(0) : "(" + String.join(", ", parts) + ")";
  }
}

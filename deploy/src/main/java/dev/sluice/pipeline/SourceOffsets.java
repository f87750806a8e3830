package dev.sluice.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalLong;

/** How far a source of Debezium has come, as Connect tells and keeps it. */
public final class SourceOffsets {

  private SourceOffsets() {}

  /** The furthest position in the WAL, as a number of bytes; empty where none is kept. */
  public static OptionalLong position(JsonNode offsets) {
    long most = 0;
    for (JsonNode each : offsets.path("offsets")) {
      most = Math.max(most, each.path("offset").path("lsn").asLong(0));
    }
    return most == 0 ? OptionalLong.empty() : OptionalLong.of(most);
  }

  /**
   * Whether a slot that begins at a position can no longer give what follows these offsets: they
   * are of an older slot. Those without a position are not known to be.
   *
   * @param offsets in Connect's own form
   * @param lsn what the slot's reader has confirmed
   */
  public static boolean areBefore(JsonNode offsets, long lsn) {
    for (JsonNode each : offsets.path("offsets")) {
      JsonNode position = each.path("offset").path("lsn");
      if (position.isNumber() && position.asLong() < lsn) {
        return true;
      }
    }
    return false;
  }
}

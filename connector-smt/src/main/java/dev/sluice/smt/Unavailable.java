package dev.sluice.smt;

/**
 * Recognises what Debezium puts in place of a large value that did not change: Postgres leaves it
 * out of its log unless REPLICA IDENTITY is FULL.
 */
final class Unavailable {

  private static final String PLACEHOLDER = "__debezium_unavailable_value";

  private Unavailable() {}

  static boolean is(Object value) {
    return value instanceof String text
        && text.length() == PLACEHOLDER.length()
        && text.equals(PLACEHOLDER);
  }
}

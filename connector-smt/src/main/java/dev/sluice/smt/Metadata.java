package dev.sluice.smt;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.Mismatch;
import java.util.List;

/** What an envelope says about its change, as far as a column may ask for it. */
enum Metadata {
  /** Position of the change in Postgres' log. */
  LSN("lsn", "the position in the log") {
    @Override
    Object convert(Object value, ColumnType target, long lsnBase) {
      return target.fromInteger(lsnBase + number(value));
    }
  },
  /** The operation's letter: c, r, u or d. */
  OP(null, "the operation") {
    @Override
    Object convert(Object value, ColumnType target, long lsnBase) {
      return target.fromText(text(value));
    }
  },
  /** When the transaction committed, by Postgres' clock. */
  COMMIT_TS("ts_ms", "the commit time") {
    @Override
    Object convert(Object value, ColumnType target, long lsnBase) {
      long millis = number(value);
      return target.fromInstant(
          Math.floorDiv(millis, 1_000L), (int) Math.floorMod(millis, 1_000L) * 1_000_000);
    }
  },
  /** The transaction's number. */
  TX_ID("txId", "the transaction") {
    @Override
    Object convert(Object value, ColumnType target, long lsnBase) {
      return target.fromInteger(number(value));
    }
  },
  /** Whether the row was read by a snapshot: false, or which kind and place in it. */
  SNAPSHOT("snapshot", "a snapshot") {
    @Override
    Object convert(Object value, ColumnType target, long lsnBase) {
      String text = value instanceof Boolean flag ? flag.toString() : text(value);
      return target.fromText(text);
    }
  };

  /** The name of the field in the envelope's source block; null when it is not from there. */
  private final String sourceField;

  private final String description;

  Metadata(String sourceField, String description) {
    this.sourceField = sourceField;
    this.description = description;
  }

  /** What an error calls it. */
  String description() {
    return description;
  }

  String sourceField() {
    return sourceField;
  }

  /**
   * Converts a value.
   *
   * @param value not null
   * @param lsnBase what is added to a position
   */
  abstract Object convert(Object value, ColumnType target, long lsnBase);

  /** Whether a column of this type can take it, tried with an example. */
  boolean fits(ColumnType target) {
    List<Object> examples =
        switch (this) {
          case LSN, TX_ID -> List.of(1L);
          case OP -> List.of("c", "r", "u", "d");
          case COMMIT_TS -> List.of(1_800_000_000_000L);
          case SNAPSHOT -> List.of("false", "true", "last");
        };
    try {
      examples.forEach(example -> convert(example, target, 0));
      return true;
    } catch (Mismatch e) {
      return false;
    }
  }

  private static long number(Object value) {
    if (value instanceof Long || value instanceof Integer) {
      return ((Number) value).longValue();
    }
    throw new Mismatch("the envelope's metadata is not a whole number");
  }

  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw new Mismatch("the envelope's metadata is not text");
  }
}

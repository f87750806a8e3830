package dev.sluice.verify;

import dev.sluice.verify.Side.Row;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A row that differs.
 *
 * @param key its primary key
 * @param columns those that differ, where the row is alive on both sides; else empty
 */
public record Difference(Key key, Kind kind, List<Value> columns) {

  /** How a row can differ. */
  public enum Kind {
    /** The fact table does not have it at all. */
    MISSING("is missing in ClickHouse"),
    /** Postgres does not have it. */
    EXTRA("is in ClickHouse only"),
    /** Alive in Postgres. */
    WRONGLY_DELETED("is marked as deleted in ClickHouse, and alive in Postgres"),
    /** Marked as deleted in Postgres. */
    WRONGLY_ALIVE("is alive in ClickHouse, and marked as deleted in Postgres"),
    /** The fact table's version is an older one. */
    STALE("is an older version in ClickHouse, which differs in"),
    /** The version is the same or newer, the values are not. */
    DIFFERENT("differs in");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  /**
   * A column's two canonical texts, null for null. They are values of rows: to be shown only to
   * somebody who asked for them.
   */
  public record Value(String column, String inPostgres, String inClickHouse) {}

  /**
   * @param source null when Postgres has no such row
   * @param fact null when the fact table has none
   */
  static Difference of(Key key, Row source, Row fact, List<String> columns) {
    if (source == null) {
      return new Difference(key, Kind.EXTRA, List.of());
    } else if (source.deleted()) {
      return new Difference(key, Kind.WRONGLY_ALIVE, List.of());
    } else if (fact == null) {
      return new Difference(key, Kind.MISSING, List.of());
    } else if (fact.deleted()) {
      return new Difference(key, Kind.WRONGLY_DELETED, List.of());
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (!Objects.equals(source.values().get(i), fact.values().get(i))) {
        values.add(new Value(columns.get(i), source.values().get(i), fact.values().get(i)));
      }
    }
    boolean stale = compareVersions(fact.version(), source.version()) < 0;
    return new Difference(key, stale ? Kind.STALE : Kind.DIFFERENT, values);
  }

  /** Negative when {@code one} is older; 0 when that cannot be said. */
  static int compareVersions(String one, String other) {
    try {
      return one == null || other == null
          ? 0
          : new BigDecimal(one).compareTo(new BigDecimal(other));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** One sentence with key and columns, without values. */
  @Override
  public String toString() {
    String names = columns.stream().map(Value::column).collect(Collectors.joining(", "));
    return key + " " + kind.words + (names.isEmpty() ? "" : " " + names);
  }
}

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
    DIFFERENT("differs in"),
    /** Readers of the fact table see several rows of it. */
    DUPLICATE("is alive more than once in ClickHouse"),
    /** Several rows of Postgres have the same key in the fact table. */
    FOLDED("stands for several rows of Postgres, which ClickHouse cannot tell apart");

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
   * @param source the rows that Postgres has
   * @param fact those of the fact table, which readers see otherwise
   */
  static Difference of(Key key, List<Row> source, List<Row> fact, List<String> columns) {
    List<Row> living = Row.living(fact);
    Kind kind = kind(source, Row.living(source), fact, living);
    if (kind != null) {
      return new Difference(key, kind, List.of());
    }
    Row wanted = source.get(0);
    Row found = living.get(0);
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (!Objects.equals(wanted.values().get(i), found.values().get(i))) {
        values.add(new Value(columns.get(i), wanted.values().get(i), found.values().get(i)));
      }
    }
    boolean stale = compareVersions(found.version(), wanted.version()) < 0;
    return new Difference(key, stale ? Kind.STALE : Kind.DIFFERENT, values);
  }

  /** Null where one row is alive on either side, and only values can differ. */
  private static Kind kind(
      List<Row> source, List<Row> livingSource, List<Row> fact, List<Row> livingFact) {
    if (source.size() > 1) {
      return Kind.FOLDED;
    } else if (source.isEmpty()) {
      return Kind.EXTRA;
    } else if (livingSource.isEmpty()) {
      return Kind.WRONGLY_ALIVE;
    } else if (livingFact.isEmpty()) {
      return fact.isEmpty() ? Kind.MISSING : Kind.WRONGLY_DELETED;
    }
    return livingFact.size() > 1 ? Kind.DUPLICATE : null;
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

package dev.sluice.verify;

import dev.sluice.mapping.TableMapping;

/** What a comparison of two tables comes to. */
public enum Verdict {
  /** All rows are there on both sides, once, and equal in every column. */
  IDENTICAL,
  /** They are not. */
  DIFFERENT,
  /** No row is known to differ, but not all could be told. */
  COULD_NOT_TELL;

  /** Of a comparison. */
  public static Verdict of(TableComparison.Result result) {
    boolean different = !result.differences().isEmpty() || result.more() > 0 || !countsFit(result);
    return different ? DIFFERENT : result.identical() ? IDENTICAL : COULD_NOT_TELL;
  }

  /** Rows that kept changing have been counted while they did. */
  private static boolean countsFit(TableComparison.Result result) {
    return result.unsettled() > 0 || result.sourceRows() == result.factRows() - result.leftBehind();
  }

  /**
   * The verdict in a sentence, without values.
   *
   * @param percent of the keys that were compared
   */
  public static String sentence(
      TableMapping mapping, TableComparison.Result result, double percent) {
    String both = mapping.source() + " and " + mapping.fact();
    if (result.identical()) {
      return "Identical: %,d rows, %d columns, %s%s."
          .formatted(
              result.sourceRows(),
              result.columns(),
              both,
              percent < 100 ? " (a sample of %s %% of the keys)".formatted(percent) : "");
    } else if (result.unsettled() > 0 && result.differences().isEmpty()) {
      return "Could not tell: " + both + ".";
    } else if (of(result) == COULD_NOT_TELL) {
      return "Could not tell: %s, %,d and %,d rows, equal in the %d columns that were compared."
          .formatted(both, result.sourceRows(), result.factRows(), result.columns());
    }
    return "DIFFERENT: %s, %,d and %,d rows."
        .formatted(both, result.sourceRows(), result.factRows());
  }
}

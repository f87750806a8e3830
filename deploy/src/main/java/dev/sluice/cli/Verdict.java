package dev.sluice.cli;

import dev.sluice.mapping.TableMapping;
import dev.sluice.verify.TableComparison;

/** What a comparison of two tables comes to: an exit code and a sentence. */
final class Verdict {

  private Verdict() {}

  static int code(TableComparison.Result result) {
    boolean different = !result.differences().isEmpty() || result.more() > 0 || !countsFit(result);
    return different
        ? ExitCode.NOT_WELL
        : result.identical() ? ExitCode.WELL : ExitCode.COULD_NOT_TELL;
  }

  /** Rows that kept changing have been counted while they did. */
  private static boolean countsFit(TableComparison.Result result) {
    return result.unsettled() > 0 || result.sourceRows() == result.factRows() - result.leftBehind();
  }

  /**
   * @param percent of the keys that were compared
   */
  static String sentence(TableMapping mapping, TableComparison.Result result, double percent) {
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
    } else if (code(result) == ExitCode.COULD_NOT_TELL) {
      return "Could not tell: %s, %,d and %,d rows, equal in the %d columns that were compared."
          .formatted(both, result.sourceRows(), result.factRows(), result.columns());
    }
    return "DIFFERENT: %s, %,d and %,d rows."
        .formatted(both, result.sourceRows(), result.factRows());
  }
}

package dev.sluice.smt;

import dev.sluice.smt.type.Mismatch;

/** A value that does not fit, with the name of its column. Like its cause it has no stack trace. */
final class BadColumn extends RuntimeException {

  private final String column;

  BadColumn(ColumnPlan plan, String found, Mismatch reason) {
    super(
        "column "
            + plan.name()
            + ": found "
            + found
            + ", wanted "
            + plan.column().declared().name()
            + ": "
            + reason.getMessage(),
        null,
        false,
        false);
    this.column = plan.name();
  }

  String column() {
    return column;
  }
}

package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LetterAdviceTest {

  @Test
  void aColumnThatIsMissingMayHaveBeenRenamed() {
    assertThat(
            LetterAdvice.of(
                "ExtractFactRow: column receipt: found nothing, wanted Nullable(Float64): the event"
                    + " has no column of the source's name, at t-0-553."))
        .isEqualTo(
            "Decide: if the column of receipt was renamed in Postgres, say so in renames of the sink's"
                + " transform (NEW:receipt); if it was dropped there, missing.columns=ignore writes"
                + " null.");
  }

  @Test
  void aConstraintIsNamed() {
    assertThat(
            LetterAdvice.of(
                "ClickHouse refuses it with code 469 VIOLATED_CONSTRAINT (Constraint `short`), see"
                    + " its log"))
        .isEqualTo(
            "Decide: fix the rows in Postgres, or drop the constraint short of the fact table.");
  }

  @Test
  void whatIsNotKnownIsLeftToThePerson() {
    assertThat(LetterAdvice.of("")).isEqualTo("Fix the cause.");
  }
}

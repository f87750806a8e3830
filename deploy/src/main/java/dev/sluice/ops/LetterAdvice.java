package dev.sluice.ops;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What to do about the cause of a dead letter, from the words of our transform and sink. */
final class LetterAdvice {

  private static final String GENERAL = "Fix the cause.";

  private record Kind(Pattern words, String advice) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              Pattern.compile("column (\\S+): found nothing, wanted .*: the event has no column"),
              "Decide: if the column of $1 was renamed in Postgres, say so in renames of the sink's"
                  + " transform (NEW:$1); if it was dropped there, missing.columns=ignore writes null."),
          new Kind(
              Pattern.compile("the value is not a Struct with a schema()"),
              "The sink gets change events as they are: give it the transform ExtractFactRow, as in"
                  + " connect-configs/sink.json."),
          new Kind(
              Pattern.compile("VIOLATED_CONSTRAINT \\(Constraint `([^`]+)`\\)"),
              "Decide: fix the rows in Postgres, or drop the constraint $1 of the fact table."));

  private LetterAdvice() {}

  /**
   * As sentences.
   *
   * @param reason why the letter was set aside; empty where that is not known
   */
  static String of(String reason) {
    for (Kind kind : KINDS) {
      Matcher said = kind.words.matcher(reason);
      if (said.find()) {
        return kind.advice.replace("$1", said.group(1));
      }
    }
    return GENERAL;
  }
}

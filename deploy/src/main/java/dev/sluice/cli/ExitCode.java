package dev.sluice.cli;

import dev.sluice.verify.Verdict;
import java.util.Collection;
import java.util.List;

/** What commands end with; a script may count on it. */
public final class ExitCode {

  /** All is well. */
  public static final int WELL = 0;

  /** It is not: different, refused, failed; the message says what. */
  public static final int NOT_WELL = 1;

  /** The command was used wrongly; picocli's own. */
  public static final int USED_WRONGLY = 2;

  /** It could not be told: a server away, a right missing. */
  public static final int COULD_NOT_TELL = 3;

  private static final List<Integer> WORST_FIRST =
      List.of(USED_WRONGLY, NOT_WELL, COULD_NOT_TELL, WELL);

  private ExitCode() {}

  /** Of a comparison. */
  static int of(Verdict verdict) {
    return switch (verdict) {
      case IDENTICAL -> WELL;
      case DIFFERENT -> NOT_WELL;
      case COULD_NOT_TELL -> COULD_NOT_TELL;
    };
  }

  /** Of several: what is known to be wrong is worse than what is not known. */
  static int worst(Collection<Integer> codes) {
    return WORST_FIRST.stream().filter(codes::contains).findFirst().orElse(WELL);
  }
}

package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.verify.TableComparison;
import dev.sluice.verify.Verdict;

/**
 * What the comparison of one route's tables has come to.
 *
 * @param mapping null where it was not known yet
 * @param result null where it failed
 * @param failure why it failed; null where it did not
 * @param waitedSeconds until the pipeline had passed what was committed at the start
 * @param seconds that all of it took
 */
record Verification(
    TableRoute route,
    TableMapping mapping,
    TableComparison.Result result,
    String failure,
    double waitedSeconds,
    double seconds) {

  static Verification failed(TableRoute route, Exception failure) {
    return new Verification(route, null, null, SluiceException.reason(failure), 0, 0);
  }

  int code() {
    return result == null ? ExitCode.COULD_NOT_TELL : ExitCode.of(Verdict.of(result));
  }
}

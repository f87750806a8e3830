package dev.sluice.doctor;

import dev.sluice.doctor.Check.Verdict;
import java.util.ArrayList;
import java.util.List;

/** The checks of one area, as they come. */
final class CheckList {

  private final String area;
  private final List<Check> checks = new ArrayList<>();

  CheckList(String area) {
    this.area = area;
  }

  void ok(String name, String found) {
    checks.add(new Check(area, name, Verdict.OK, found, "", ""));
  }

  void warn(String name, String found, String why, String fix) {
    add(Verdict.WARN, name, found, why, fix);
  }

  void fail(String name, String found, String why, String fix) {
    add(Verdict.FAIL, name, found, why, fix);
  }

  void add(Verdict verdict, String name, String found, String why, String fix) {
    checks.add(new Check(area, name, verdict, found, why, fix));
  }

  /** OK with what was found, or the failure. */
  void require(boolean well, String name, String found, String why, String fix) {
    checks.add(
        new Check(
            area, name, well ? Verdict.OK : Verdict.FAIL, found, well ? "" : why, well ? "" : fix));
  }

  /** OK with what was found, or the warning. */
  void advise(boolean well, String name, String found, String why, String fix) {
    checks.add(
        new Check(
            area, name, well ? Verdict.OK : Verdict.WARN, found, well ? "" : why, well ? "" : fix));
  }

  List<Check> checks() {
    return List.copyOf(checks);
  }
}

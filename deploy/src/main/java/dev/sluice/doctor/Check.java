package dev.sluice.doctor;

/**
 * One thing that was looked at.
 *
 * @param area what it belongs to: Postgres, ClickHouse, Connect, Kafka
 * @param found in a few words, without values of rows and without secrets
 * @param why why it matters; empty where all is well
 * @param fix the exact statement or setting that fixes it; empty where all is well
 */
public record Check(
    String area, String name, Verdict verdict, String found, String why, String fix) {

  /** Worst last. */
  public enum Verdict {
    /** As it should be. */
    OK,
    /** Works now, and will hurt some day. */
    WARN,
    /** Does not work, or loses data. */
    FAIL
  }
}

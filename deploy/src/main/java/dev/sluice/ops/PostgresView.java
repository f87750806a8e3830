package dev.sluice.ops;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What Postgres said at one moment.
 *
 * @param lsn end of the WAL as a number of bytes
 * @param clockAhead ms by which Postgres's clock is ahead of this process's
 * @param slots logical replication slots by name
 * @param publications tables by publication, each as its topic has it
 * @param estimatedRows the planner's estimate, by table in the same form
 * @param refusals of the sources' heartbeats: what Postgres says against their statements
 */
record PostgresView(
    long lsn,
    long clockAhead,
    Map<String, Slot> slots,
    Map<String, Set<String>> publications,
    Map<String, Long> estimatedRows,
    Map<String, Refusal> refusals) {

  /**
   * Why a statement cannot be run.
   *
   * @param state SQLSTATE
   * @param message its first line
   */
  record Refusal(String state, String message) {
    /** True when another role might run it. */
    boolean isOfRights() {
      return state.equals("42501");
    }
  }

  /**
   * A slot.
   *
   * @param active whether a client streams from it
   * @param reader the client's role; null while there is none
   * @param walStatus reserved, extended, unreserved or lost
   * @param retainedBytes WAL that Postgres keeps for it
   * @param lagBytes WAL that its client has not confirmed
   * @param confirmedLsn as a number of bytes
   */
  record Slot(
      String name,
      boolean active,
      String reader,
      String walStatus,
      long retainedBytes,
      long lagBytes,
      long confirmedLsn) {}

  /** True when there is a publication of that name, which may hold references. */
  boolean has(Template publication) {
    return publications.keySet().stream().anyMatch(publication::matches);
  }

  /** True when some publication of that name (which may hold references) sends the table. */
  boolean publishes(Template publication, String table) {
    return publications.entrySet().stream()
        .anyMatch(p -> publication.matches(p.getKey()) && p.getValue().contains(table));
  }

  /** The tables of all publications of that name, which may hold references. */
  Set<String> published(Template publication) {
    return publications.entrySet().stream()
        .filter(p -> publication.matches(p.getKey()))
        .flatMap(p -> p.getValue().stream())
        .collect(Collectors.toSet());
  }
}

package dev.sluice.ops;

import java.util.List;
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
 * @param catalogue what else is written there of tables, publications and roles
 */
record PostgresView(
    long lsn,
    long clockAhead,
    Map<String, Slot> slots,
    Map<String, Set<String>> publications,
    Map<String, Long> estimatedRows,
    Map<String, Refusal> refusals,
    Catalogue catalogue) {

  /**
   * What Postgres's catalogue says, as far as it was asked.
   *
   * @param publicationsKnown false while a lock on some published table keeps them from being read
   * @param withheld by publication: the operations that it does not send, as text
   * @param filtered tables of which a publication sends some rows only
   * @param listed tables of which a publication sends some columns only
   * @param tables those that are published, or that a topic is named after, as the topic has it
   * @param missing tables that a topic is named after and that are not there
   * @param beats by statement of a heartbeat
   * @param role the one that looks
   */
  record Catalogue(
      boolean publicationsKnown,
      Map<String, String> withheld,
      Set<Member> filtered,
      Set<Member> listed,
      Map<String, Table> tables,
      Set<String> missing,
      Map<String, Beats> beats,
      Role role) {

    /** Nothing of it was asked. */
    static final Catalogue NONE =
        new Catalogue(true, Map.of(), Set.of(), Set.of(), Map.of(), Set.of(), Map.of(), null);
  }

  /** A table in a publication, as its topic has it. */
  record Member(String publication, String table) {}

  /**
   * A table.
   *
   * @param sql its name in SQL
   * @param identities the REPLICA IDENTITY of each of its parts, as {@code pg_class} has it
   * @param hasKey whether it has a primary key
   * @param readable whether the role that looks may read it
   * @param generates whether it has a generated column: under FULL, Postgres 18 refuses updates and
   *     deletes then
   */
  record Table(String sql, String identities, boolean hasKey, boolean readable, boolean generates) {
    /** Whether updates and deletes are refused as soon as they are published. */
    boolean lacksIdentity() {
      return identities.contains("n") || identities.contains("d") && !hasKey;
    }

    boolean isFull() {
      return identities.equals("f");
    }
  }

  /**
   * What becomes of a heartbeat's writes.
   *
   * @param written rows that were written to its table, ever
   * @param triggers of users on that table, that are enabled
   */
  record Beats(long written, List<String> triggers) {}

  /** A role: whether it may open connections, and such for replication. */
  record Role(String name, boolean logsIn, boolean replicates) {}

  /**
   * Why a statement cannot be run.
   *
   * @param state SQLSTATE
   * @param message its first line
   * @param holder the session that holds the lock which it waits for; 0 for none
   */
  record Refusal(String state, String message, int holder) {
    /** A lock that was not given within the limit. */
    static final String LOCKED = "55P03";

    /** A write where only reads are allowed. */
    static final String READ_ONLY = "25006";

    Refusal(String state, String message) {
      this(state, message, 0);
    }

    boolean isOfLock() {
      return state.equals(LOCKED);
    }

    /** True when another role might run it, given the right. */
    boolean isOfRights() {
      return state.equals("42501");
    }

    /** True when another role might run it as it is. */
    boolean isOfRole() {
      return isOfRights() || state.equals(READ_ONLY) && message.endsWith("user");
    }
  }

  /**
   * A slot.
   *
   * @param active whether a client streams from it
   * @param reader the client's role; null while there is none
   * @param pid the client's; 0 while there is none
   * @param application as the client names itself; empty where that is not known
   * @param walStatus reserved, extended, unreserved or lost
   * @param retainedBytes WAL that Postgres keeps for it
   * @param lagBytes WAL that its client has not confirmed
   * @param confirmedLsn as a number of bytes
   */
  record Slot(
      String name,
      boolean active,
      String reader,
      int pid,
      String application,
      String walStatus,
      long retainedBytes,
      long lagBytes,
      long confirmedLsn) {

    /** Whether somebody else than a source reads from it: Debezium names its sessions. */
    boolean isReadByAnother() {
      return active && !application.isEmpty() && !application.startsWith("Debezium");
    }
  }

  /** True when there is a publication of that name, which may hold references. */
  boolean has(Template publication) {
    return !catalogue.publicationsKnown
        || publications.keySet().stream().anyMatch(publication::matches);
  }

  /** True when some publication of that name (which may hold references) sends the table. */
  boolean publishes(Template publication, String table) {
    return !catalogue.publicationsKnown
        || publications.entrySet().stream()
            .anyMatch(p -> publication.matches(p.getKey()) && p.getValue().contains(table));
  }

  /** The tables of all publications of that name, which may hold references. */
  Set<String> published(Template publication) {
    return publications.entrySet().stream()
        .filter(p -> publication.matches(p.getKey()))
        .flatMap(p -> p.getValue().stream())
        .collect(Collectors.toSet());
  }

  /** The operations that a publication does not send, as text; empty where it sends all. */
  String withheld(Template publication) {
    return catalogue.withheld.entrySet().stream()
        .filter(p -> publication.matches(p.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }

  /** Whether a publication of that name sends some rows of the table only. */
  boolean filters(Template publication, String table) {
    return has(catalogue.filtered, publication, table);
  }

  /** Whether a publication of that name sends some columns of the table only. */
  boolean lists(Template publication, String table) {
    return has(catalogue.listed, publication, table);
  }

  private static boolean has(Set<Member> members, Template publication, String table) {
    return members.stream()
        .anyMatch(m -> m.table().equals(table) && publication.matches(m.publication()));
  }
}

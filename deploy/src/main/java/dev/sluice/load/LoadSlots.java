package dev.sluice.load;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The replication slot of a load, which has another name until all rows are there, so that an
 * unfinished load can be told from a finished one by anyone, from anywhere.
 *
 * @param name the source's {@code slot.name}
 */
record LoadSlots(String name) {

  /** What follows the slot's name until the load is over. */
  static final String LOADING = "_loading";

  /** What the slot is called while rows are copied. */
  String loading() {
    return name + LOADING;
  }

  boolean exists(Connection connection, String slot) throws SQLException {
    return text(connection, "SELECT slot_name FROM pg_replication_slots WHERE slot_name = ?", slot)
        != null;
  }

  /**
   * What tells the load's slot from every other that ever had its name: nobody reads from it, so it
   * stays at the position where it was made, and making another writes WAL.
   *
   * @return null where there is none
   */
  String identity(Connection connection) throws SQLException {
    return text(
        connection,
        "SELECT d.oid || '/' || confirmed_flush_lsn FROM pg_replication_slots s JOIN pg_database d"
            + " ON d.datname = s.database WHERE slot_name = ?",
        loading());
  }

  /** Where the load's slot has its WAL begin. */
  long position(Connection connection) throws SQLException {
    return Long.parseLong(
        text(
            connection,
            "SELECT pg_wal_lsn_diff(restart_lsn, '0/0')::bigint::text FROM pg_replication_slots"
                + " WHERE slot_name = ?",
            loading()));
  }

  /** What has been read of the source's slot; 0 where there is none. */
  long confirmed(Connection connection) throws SQLException {
    String lsn =
        text(
            connection,
            "SELECT pg_wal_lsn_diff(confirmed_flush_lsn, '0/0')::bigint::text FROM"
                + " pg_replication_slots WHERE slot_name = ?",
            name);
    return lsn == null ? 0 : Long.parseLong(lsn);
  }

  /** Whether somebody is just making the load's slot. */
  boolean isBeingMade(Connection connection) throws SQLException {
    return text(
            connection,
            "SELECT active_pid::text FROM pg_replication_slots WHERE slot_name = ?",
            loading())
        != null;
  }

  /** Drops the load's slot where it is the one with this identity. */
  void drop(Connection connection, String identity) throws SQLException {
    text(
        connection,
        "SELECT pg_drop_replication_slot(slot_name)::text FROM pg_replication_slots s JOIN"
            + " pg_database d ON d.datname = s.database WHERE slot_name = '"
            + loading()
            + "' AND d.oid || '/' || confirmed_flush_lsn = ?",
        identity);
  }

  /** Makes the source's slot out of the load's. */
  void copyToName(Connection connection) throws SQLException {
    text(connection, "SELECT pg_copy_logical_replication_slot('" + loading() + "', ?)::text", name);
  }

  private static String text(Connection connection, String sql, String parameter)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }
}

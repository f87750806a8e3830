package dev.sluice.load;

import java.sql.SQLException;

/** What has ended a session of Postgres, as far as its last words tell. */
final class SessionCut {

  /** A state of our own: the session answers, and is not the one that was asked before. */
  static final String POOLED = "SLU01";

  private SessionCut() {}

  /** The server's words, and the setting that is behind them. */
  static String words(SQLException cut) {
    String state = cut.getSQLState() == null ? "" : cut.getSQLState();
    String cause =
        switch (state) {
          case "57P05" ->
              "Postgres's setting idle_session_timeout, of the role, database or server";
          case "25P03" ->
              "Postgres's setting idle_in_transaction_session_timeout, of the role, database or"
                  + " server";
          case "25P04" -> "Postgres's setting transaction_timeout, of the role, database or server";
          case "57P01" ->
              "no setting, but somebody by pg_terminate_backend, or Postgres that was stopped";
          case "57P02", "57P03" -> "Postgres that went down";
          case POOLED -> "a pooler between here and Postgres that gives sessions to others";
          default ->
              state.startsWith("08")
                  ? "something on the way, such as a firewall, or Postgres that went down"
                      + " (tcp_keepalives_idle has Postgres itself look after its connections)"
                  : "what its words do not tell";
        };
    return cut.getMessage() + " (by " + cause + ")";
  }
}

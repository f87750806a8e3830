package dev.sluice.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever cuts a session is named by the setting that makes him do it. */
final class SessionCutTest {

  @ParameterizedTest
  @CsvSource({
    "57P05, idle_session_timeout",
    "25P03, idle_in_transaction_session_timeout",
    "25P04, transaction_timeout",
    "57P01, pg_terminate_backend",
    "57P02, went down",
    "08006, firewall",
    "08003, tcp_keepalives_idle",
    "SLU01, a pooler",
    "XX000, do not tell",
    ", do not tell"
  })
  void theStateTellsTheSetting(String state, String expected) {
    assertThat(SessionCut.words(new SQLException("FATAL: the end", state)))
        .startsWith("FATAL: the end (by ")
        .contains(expected);
  }
}

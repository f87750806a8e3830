package dev.sluice.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who is waited for, and how it can end, in words. */
final class OldestTransactionTest {

  @Test
  void ofASession() {
    assertThat(new OldestTransaction(null, 4711, "psql", "me", "shop", 75, 0).words())
        .isEqualTo(
            "the transaction of session 4711 (application_name 'psql', role me, database shop, open"
                + " for 75 s) to end: its application ends it with COMMIT or ROLLBACK, an"
                + " administrator the session with SELECT pg_terminate_backend(4711), which undoes"
                + " its changes");
  }

  @Test
  void ofARoleThatHidesItsTimes() {
    assertThat(new OldestTransaction(null, 4711, null, "other", "shop", -1, 2).words())
        .startsWith(
            "the transaction of session 4711 (application_name '', role other, database shop) to"
                + " end: ")
        .endsWith("; 2 more after it");
  }

  @Test
  void prepared() {
    assertThat(new OldestTransaction("it's\n1", 0, null, "bank", "pay", 3600, 1).words())
        .isEqualTo(
            "the prepared transaction 'it''s?1' (role bank, database pay, open for 3,600 s) to end:"
                + " its owner decides, in that database, between COMMIT PREPARED 'it''s?1' and"
                + " ROLLBACK PREPARED 'it''s?1'; 1 more after it");
  }
}

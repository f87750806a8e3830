package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.catalogue.TableName;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Makes a load's slot. Postgres first waits for every transaction that has begun to write, in any
 * database of the server and prepared ones too, however long it takes; meanwhile a line says for
 * which.
 */
final class SlotCreation {

  private static final int QUIET_MILLIS = 1_000;
  private static final int LOOK_MILLIS = 1_000;
  private static final int STEP_MILLIS = 50;

  private final PostgresAddress postgres;
  private final LoadSlots slots;
  private final Narrator narrator;

  SlotCreation(PostgresAddress postgres, LoadSlots slots, Narrator narrator) {
    this.postgres = postgres;
    this.slots = slots;
    this.narrator = narrator;
  }

  /**
   * Returns when the slot is there.
   *
   * @param ownership is asked meanwhile
   */
  Snapshot await(TableName table, Duration resumeWindow, Guard ownership)
      throws SQLException, Ownership.Disowned, BulkLoad.SnapshotLost {
    CompletableFuture<Snapshot> created =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Snapshot.withSlot(postgres, table.sql(), slots, resumeWindow);
              } catch (SQLException e) {
                throw new CompletionException(e);
              }
            });
    for (int waited = 0; !created.isDone(); waited += STEP_MILLIS) {
      ownership.refuseLost();
      if (waited >= QUIET_MILLIS && waited % LOOK_MILLIS == 0) {
        narrator.progress("Creating the slot: Postgres waits for " + waitedFor());
      }
      Pause.millis(STEP_MILLIS);
    }
    try {
      return created.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SQLException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private String waitedFor() {
    try (Connection connection = postgres.connect()) {
      return OldestTransaction.of(connection)
          .map(oldest -> oldest.words())
          .orElse("transactions in progress to end");
    } catch (SQLException e) {
      return "transactions in progress to end (which, it does not say: " + e.getMessage() + ")";
    }
  }
}

package dev.sluice.sink;

import java.util.Optional;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Whether a table has room for what the next poll brings.
 *
 * <p>A pause takes effect when the poll is over, and a poll brings up to {@code max.poll.records}
 * records, which Connect's consumer has fetched already. So the table is paused while it would
 * still have room for about as much as a poll has brought of late. Where a poll brings more than
 * that, the rest of it is refused and brought again later: the bound itself holds always.
 */
final class TableMemory {
  /** How fast a large poll is forgotten. */
  private static final int WEIGHT = 8;

  private final MemoryBudget budget;
  private final MemoryBudget.Account account;

  /** Rows and bytes of a large poll. */
  private long pollRows;

  private long pollBytes;

  /** Rows and bytes that had come before this poll. */
  private long rowsBefore;

  private long bytesBefore;

  /** What the next row needs, where there was no room for it in an empty batch. */
  private long wanted;

  TableMemory(MemoryBudget budget) {
    this.budget = budget;
    account = budget.account();
  }

  MemoryBudget.Account account() {
    return account;
  }

  /** A table that has nothing may always try. */
  boolean hasRoom(OpenBatch open, SentBatches sent) {
    boolean nothing = open.isEmpty() && sent.isEmpty();
    long needed = nothing ? Section.leastBytes(false) : open.growthFor((int) pollRows, pollBytes);
    if (open.isEmpty()) {
      needed = Math.max(needed, wanted);
    }
    return needed == 0 || account.mayTake(needed);
  }

  /**
   * A row had no room: what is here has to go first.
   *
   * @return why the table can never take it, if it cannot
   */
  Optional<ConnectException> refused(long needed, OpenBatch open, SentBatches sent) {
    boolean empty = open.isEmpty();
    open.close();
    if (!empty) {
      return Optional.empty();
    }
    wanted = needed + Section.leastBytes(false);
    return !sent.isEmpty() || account.mayTakeAlone(wanted)
        ? Optional.empty()
        : Optional.of(
            new ConnectException(
                "a row needs %,d bytes, of %,d that all tables of the task may take (setting %s, and the worker's heap)"
                    .formatted(wanted, budget.limit(), SinkSettings.MEMORY)));
  }

  /** A poll is over. */
  void polled(OpenBatch open, boolean tookAny) {
    if (tookAny) {
      wanted = 0;
      pollRows = Math.max(open.rowsTotal() - rowsBefore, pollRows - pollRows / WEIGHT);
      pollBytes = Math.max(open.bytesTotal() - bytesBefore, pollBytes - pollBytes / WEIGHT);
    }
    rowsBefore = open.rowsTotal();
    bytesBefore = open.bytesTotal();
  }
}

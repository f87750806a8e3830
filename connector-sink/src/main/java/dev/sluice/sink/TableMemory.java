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

  /** Rows and bytes of this poll that have been sent, less those that were here before it. */
  private long rows;

  private long bytes;

  /** What the next row needs at least, where there was no room for it alone. */
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
    long needed =
        open.isEmpty() && sent.isEmpty()
            ? Math.max(wanted, Section.leastBytes(false))
            : open.growthFor((int) pollRows, pollBytes);
    return needed == 0 || account.mayTake(needed);
  }

  /**
   * A row had no room: what is here has to go first.
   *
   * @return why the table can never take it, if it cannot
   */
  Optional<ConnectException> refused(long needed, OpenBatch open, SentBatches sent) {
    boolean nothing = open.isEmpty() && sent.isEmpty();
    open.close();
    if (!nothing) {
      return Optional.empty();
    }
    wanted = needed + Section.leastBytes(false);
    return account.mayTakeAlone(wanted)
        ? Optional.empty()
        : Optional.of(
            new ConnectException(
                "a row needs %,d bytes, of %,d that all tables of the task may take (setting %s, and the worker's heap)"
                    .formatted(wanted, budget.limit(), SinkSettings.MEMORY)));
  }

  /** The open batch goes. */
  void sends(OpenBatch open) {
    rows += open.count();
    bytes += open.bytes();
  }

  /** A poll is over. */
  void polled(OpenBatch open, boolean tookAny) {
    if (tookAny) {
      wanted = 0;
      pollRows = Math.max(rows + open.count(), pollRows - pollRows / WEIGHT);
      pollBytes = Math.max(bytes + open.bytes(), pollBytes - pollBytes / WEIGHT);
    }
    rows = -open.count();
    bytes = -open.bytes();
  }
}

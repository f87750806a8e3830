package dev.sluice.sink;

/**
 * One bound on the memory of all tables of a task: rows that gather, are being inserted or wait to
 * be tried again, with the arrays that they are in. Not for several threads, but for {@link #used}.
 *
 * <p>The rule is that of switches which share a buffer: a table may take more as long as what it
 * then has is at most {@value #TIMES_FREE} times what is then free. So some is always free for a
 * table that has nothing, the largest table is the first that has to wait, a table alone may have
 * two thirds, and nobody needs to know how many tables there are.
 */
final class MemoryBudget {
  /** How many times of what is free a table may have. */
  private static final int TIMES_FREE = 2;

  private final long limit;
  private volatile long used;

  /**
   * @param limit bytes that all tables together never exceed
   */
  MemoryBudget(long limit) {
    this.limit = limit;
  }

  /**
   * What a task may take: the setting, but at most half of the heap for all tasks of the connector,
   * which may all run in this worker, and at most a quarter for one.
   */
  static long limit(long setting, long heap, int tasks) {
    return Math.min(setting, heap / 2 / Math.max(2, tasks));
  }

  long limit() {
    return limit;
  }

  /** Bytes that all tables have now. */
  long used() {
    return used;
  }

  /** A table's part of it. */
  Account account() {
    return new Account();
  }

  private void add(long bytes) {
    used = used + bytes;
  }

  /** What one table has. */
  final class Account implements Memory {
    private long own;

    private Account() {}

    @Override
    public void take(long bytes) {
      if (!mayTake(bytes)) {
        throw new NoRoomException(bytes);
      }
      own += bytes;
      add(bytes);
    }

    @Override
    public void giveBack(long bytes) {
      own -= bytes;
      add(-bytes);
    }

    boolean mayTake(long bytes) {
      return fits(used, bytes);
    }

    /** Whether it may take so much when no other table has anything. */
    boolean mayTakeAlone(long bytes) {
      return fits(own, bytes);
    }

    private boolean fits(long all, long bytes) {
      long free = limit - all - bytes;
      return free >= 0 && own + bytes <= TIMES_FREE * free;
    }

    long used() {
      return own;
    }
  }

  /** Whether there is so much left that memory may be kept for another use. */
  boolean isAmple() {
    return used <= limit / 4 * 3;
  }
}

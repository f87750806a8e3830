package dev.sluice.sink;

import java.util.ArrayList;
import java.util.List;

/**
 * One bound on the memory of all tables of a task: rows that gather, are being inserted or wait to
 * be tried again, with the arrays that they are in. Not for several threads, but for {@link #used}.
 *
 * <p>A quarter of it is kept for the tables in equal shares, which each may always have. Of what
 * else is free a table may have up to {@value #TIMES_FREE} times as much as is left then, as in
 * switches that share a buffer: so the largest is the first that has to wait, and a table alone may
 * have two thirds of all.
 */
final class MemoryBudget {
  /** What part of the whole is kept for shares. */
  private static final int KEPT = 4;

  /** How many times of what is free a table may have. */
  private static final int TIMES_FREE = 2;

  private final long limit;
  private final List<Account> accounts = new ArrayList<>();
  private volatile long used;

  /** What each table may always have. */
  private long share;

  /** What all tables together have not taken of their shares. */
  private long kept;

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

  /** Whether there is so much left that memory may be kept for another use. */
  boolean isAmple() {
    return used <= limit / 4 * 3;
  }

  /** A table that begins. Shares become smaller; what has been taken stays taken. */
  Account account() {
    Account account = new Account();
    accounts.add(account);
    divide();
    return account;
  }

  private void divide() {
    share = accounts.isEmpty() ? 0 : limit / KEPT / accounts.size();
    kept = accounts.stream().mapToLong(Account::kept).sum();
  }

  /** What one table has. */
  final class Account implements Memory {
    private long own;

    private Account() {}

    private long kept() {
      return Math.max(0, share - own);
    }

    @Override
    public void take(long bytes) {
      if (!mayTake(bytes)) {
        throw new NoRoomException(bytes);
      }
      add(bytes);
    }

    @Override
    public void giveBack(long bytes) {
      add(-bytes);
    }

    private void add(long bytes) {
      kept -= kept();
      own += bytes;
      kept += kept();
      used = used + bytes;
    }

    boolean mayTake(long bytes) {
      return mayTake(bytes, used, kept - kept());
    }

    /** Whether it may take so much when no other table has anything. */
    boolean mayTakeAlone(long bytes) {
      return mayTake(bytes, own, share * (accounts.size() - 1));
    }

    private boolean mayTake(long bytes, long usedByAll, long keptForOthers) {
      long left = limit - usedByAll - bytes;
      return left >= 0
          && (own + bytes <= share || own + bytes <= TIMES_FREE * (left - keptForOthers));
    }

    long used() {
      return own;
    }

    /** The table ends, and has given back what it had. */
    void close() {
      accounts.remove(this);
      divide();
    }
  }
}

package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.load.Ownership.Disowned;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.Transfer;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;

/**
 * Copies a table, as one snapshot shows it, into its fact table: several connections, each with a
 * chunk of its own.
 *
 * <p>Failure semantics: while the snapshot is held, a chunk whose servers failed is copied again
 * with back-off until nothing has got through for {@link Options#patience}, then {@link
 * OutOfPatience}; chunks that are done stay done. When the snapshot itself is gone (Postgres has
 * stopped), {@link SnapshotLost}. When the load may be another process's by now, {@link
 * Ownership.Disowned}: no row is written any more. A value that does not fit stops the load and
 * names the column.
 */
public final class BulkLoad {

  /**
   * How to load.
   *
   * @param parallel connections to each database
   * @param chunkBytes size of a chunk in Postgres
   * @param serverTimeout how long a server may be away
   * @param resumeWindow how long the snapshot of an initial load outlives its process
   */
  public record Options(
      int parallel, long chunkBytes, Duration serverTimeout, Duration resumeWindow) {
    /** For two to four cores. */
    public static final Options DEFAULT =
        new Options(2, 32L << 20, Duration.ofMinutes(2), Duration.ofMinutes(10));

    /** The same, with another resume window; zero when there is no going on. */
    public Options withResumeWindow(Duration time) {
      return new Options(parallel, chunkBytes, serverTimeout, time);
    }
  }

  /** What was loaded. */
  public record Result(long rows, long bytes, double seconds, int chunks, int retries) {
    /** Rows per second. */
    public long rate() {
      return seconds <= 0 ? 0 : Math.round(rows / seconds);
    }
  }

  /** A server stayed away for too long; what has been copied is good. */
  static final class OutOfPatience extends Exception {
    private static final long serialVersionUID = 1;

    OutOfPatience(String message) {
      super(message);
    }
  }

  /** The moment that was being read is gone, and the load with it. */
  static final class SnapshotLost extends Exception {
    private static final long serialVersionUID = 1;

    SnapshotLost(String message) {
      super(message);
    }
  }

  private static final long LONGEST_PAUSE = 5_000;

  private final PostgresAddress postgres;
  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;
  private final Options options;
  private final Narrator narrator;
  private final Guard guard;
  private final AtomicLong sentRows;
  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong pages = new AtomicLong();
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();
  private volatile long progressAt = System.nanoTime();
  private final ExecutorService pool;
  private final Queue<ChunkCopier> copiers = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  /**
   * @param guard says whether rows may be written
   * @param sentRows is counted up with every row that ClickHouse may have got
   */
  BulkLoad(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      TableMapping mapping,
      Options options,
      Narrator narrator,
      Guard guard,
      AtomicLong sentRows) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.options = options;
    this.narrator = narrator;
    this.guard = guard;
    this.sentRows = sentRows;
    this.pool = Executors.newFixedThreadPool(options.parallel());
  }

  /** Copies what is left of a load; a slot's WAL is kept meanwhile. */
  Result copyAll(Snapshot snapshot, UnfinishedLoad unfinished, WalWatch kept)
      throws Disowned, SnapshotLost, OutOfPatience {
    return copy(snapshot, unfinished.waiting(), "true", kept, unfinished::done);
  }

  /**
   * Copies some rows of a snapshot.
   *
   * @param filter which of them, in Postgres's SQL
   */
  Result copy(Snapshot snapshot, String filter) throws Disowned, SnapshotLost, OutOfPatience {
    List<Chunk> all = List.of(Chunk.whole(mapping.source().sql()));
    return copy(snapshot, all, filter, new WalWatch(null, narrator), (chunk, copied) -> {});
  }

  private Result copy(
      Snapshot snapshot,
      List<Chunk> chunks,
      String filter,
      WalWatch kept,
      ObjLongConsumer<Chunk> whenDone)
      throws Disowned, SnapshotLost, OutOfPatience {
    long begin = System.nanoTime();
    Transfer transfer = Transfer.of(mapping, snapshot.moment());
    Queue<Chunk> waiting = new ConcurrentLinkedQueue<>(chunks);
    long allPages = chunks.stream().mapToLong(Chunk::pages).sum();
    try {
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < options.parallel(); i++) {
        workers.add(
            pool.submit(
                () -> {
                  work(waiting, snapshot, transfer, filter, whenDone);
                  return null;
                }));
      }
      while (workers.stream().anyMatch(worker -> !worker.isDone())) {
        Pause.millis(100);
        guard.refuseLost();
        tell(begin, allPages, kept.look(snapshot.connection()));
      }
      for (Future<?> worker : workers) {
        worker.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ChunkCopier.Failure failure) {
        if (!snapshot.isHeld()) {
          throw new SnapshotLost(failure.getMessage());
        }
        if (failure.mayPass()) {
          throw new OutOfPatience(failure.getMessage());
        }
        throw new SluiceException(failure.getMessage());
      }
      if (e.getCause() instanceof Disowned disowned) {
        throw disowned;
      }
      if (e.getCause() instanceof SnapshotLost lost) {
        throw lost;
      }
      throw new SluiceException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    } finally {
      stop();
    }
    if (done.get() < chunks.size()) {
      throw new SluiceException("The load was ended before all rows had been copied.");
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new Result(rows.get(), bytes.get(), seconds, chunks.size(), retries.get());
  }

  /**
   * Ends all copies and returns when none writes any more; from any thread. A copy that had not
   * come to its end fails then.
   */
  void stop() {
    stopped = true;
    pool.shutdownNow();
    copiers.forEach(ChunkCopier::abort);
    try {
      if (!pool.awaitTermination(30, TimeUnit.SECONDS)) {
        throw new SluiceException("ClickHouse still takes rows that were sent 30 s ago.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How the table is cut. */
  List<Chunk> chunks(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet size = statement.executeQuery("SELECT current_setting('block_size')::int")) {
      size.next();
      long pagesPerChunk = Math.max(1, options.chunkBytes() / size.getInt(1));
      return Chunk.of(connection, mapping.source(), pagesPerChunk);
    }
  }

  private void work(
      Queue<Chunk> waiting,
      Snapshot snapshot,
      Transfer transfer,
      String filter,
      ObjLongConsumer<Chunk> whenDone)
      throws ChunkCopier.Failure, Disowned, SnapshotLost {
    try (ChunkCopier copier =
        new ChunkCopier(
            postgres,
            snapshot,
            clickHouse,
            transfer,
            ChunkCopier.queryPrefix(mapping.fact(), snapshot.moment().lsn()),
            filter,
            guard,
            bytes,
            sentRows)) {
      copiers.add(copier);
      for (Chunk chunk; !stopped && (chunk = waiting.poll()) != null; ) {
        long copied = copyWithPatience(copier, chunk);
        whenDone.accept(chunk, copied);
        rows.addAndGet(copied);
        pages.addAndGet(chunk.pages());
        done.incrementAndGet();
        progressAt = System.nanoTime();
      }
    } catch (ChunkCopier.Failure | Disowned | SnapshotLost | RuntimeException e) {
      stopped = true;
      throw e;
    }
  }

  private long copyWithPatience(ChunkCopier copier, Chunk chunk)
      throws ChunkCopier.Failure, Disowned, SnapshotLost {
    for (long pause = 200; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return copier.copy(chunk);
      } catch (ChunkCopier.Failure e) {
        boolean patient = System.nanoTime() - progressAt < options.serverTimeout().toNanos();
        if (stopped || !e.mayPass() || !patient) {
          throw e;
        }
        retries.incrementAndGet();
        narrator.say(e.getMessage() + "; trying again");
        Pause.millis(pause);
      }
    }
  }

  private void tell(long begin, long allPages, String kept) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    long read = pages.get();
    double share = allPages == 0 ? 1 : (double) read / allPages;
    String left = read == 0 ? "" : ", %.0f s to go".formatted(seconds / share - seconds);
    narrator.progress(
        "Load of %s: %,d rows, %,d MB (%.0f %%), %,.0f rows/s%s%s"
            .formatted(
                mapping.source(),
                rows.get(),
                bytes.get() >> 20,
                100 * share,
                rows.get() / seconds,
                left,
                kept));
  }
}

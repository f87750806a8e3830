package dev.sluice.lab.bench;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.Supervisor;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.Stream;
import org.postgresql.PGConnection;

/**
 * What the stream carries: updates of single rows, each a transaction of its own, committed at a
 * given rate or as fast as they go, and of every one of them the time until ClickHouse has it.
 *
 * <p>Writers send their transactions in batches, as a procedure that commits after each row, so
 * that the round trips of a client do not limit the rate. A change carries the clock of Postgres at
 * its statement ({@code updated_at}); a materialized view in ClickHouse notes the clock when the
 * row's insert reaches it. Both are this machine's clock; the part becomes visible a few
 * milliseconds after the view's note, and the statement comes a few microseconds before its commit.
 */
public final class StreamBench {

  private static final int WRITERS = 2;
  private static final int BATCHES_PER_SECOND = 100;
  private static final String SEEN = "bench_seen";

  /** What an event holds of the row before the change. */
  public enum ReplicaIdentity {
    /** All of it; what connect-configs' SQL sets. */
    FULL,
    /** Its key, and that only when it has changed: half of all work for updates. */
    DEFAULT
  }

  /**
   * One rate.
   *
   * @param asked changes/s; 0 for as fast as they go
   * @param committed changes/s that Postgres took
   * @param visible changes/s from the first commit to the last one's arrival
   * @param p50 milliseconds from statement to ClickHouse
   * @param cpuSeconds per million changes, by server; what Postgres spends on the writers stands by
   *     itself
   */
  public record Result(
      int asked,
      double committed,
      double visible,
      long changes,
      long p50,
      long p99,
      Map<String, Double> cpuSeconds) {}

  private final LocalPipeline pipeline;
  private final Narrator narrator;
  private final int rows;

  /**
   * @param pipeline in sync, without other load, with the default fact table
   * @param rows visits that it started with
   */
  public StreamBench(LocalPipeline pipeline, Narrator narrator, int rows) {
    this.pipeline = pipeline;
    this.narrator = narrator;
    this.rows = rows;
    pipeline
        .clickHouse()
        .execute(
            "CREATE TABLE %1$s (committed Int64, seen Int64) ENGINE = Memory;\nCREATE MATERIALIZED VIEW %1$s_view TO %1$s AS SELECT updated_at AS committed, toUnixTimestamp64Milli(now64(3)) AS seen FROM %2$s"
                .formatted(SEEN, pipeline.options().factTable().tableName()));
  }

  /** What the updates of the table carry from now on. */
  public static void set(LocalPipeline pipeline, ReplicaIdentity identity) {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER TABLE app_user_visits REPLICA IDENTITY " + identity);
    } catch (SQLException e) {
      throw pipeline.stack().postgres().failed(e);
    }
  }

  /** Commits for that long, and returns when all of it is visible. */
  public Result run(int rate, int seconds) {
    pipeline.clickHouse().execute("TRUNCATE TABLE " + SEEN);
    Map<String, Double> before = cpuSeconds();
    long begin = System.nanoTime();
    long millis = System.currentTimeMillis();
    AtomicLong committed = new AtomicLong();
    DoubleAdder writersSeconds = new DoubleAdder();
    List<Thread> writers = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Thread writer =
          new Thread(
              () -> writersSeconds.add(write(rate, begin, seconds, committed)),
              "bench-writer-" + i);
      writer.setUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
      writer.start();
      writers.add(writer);
    }
    while (writers.stream().anyMatch(Thread::isAlive)) {
      narrator.progress("%s: %,d changes committed".formatted(name(rate), committed.get()));
      Pause.millis(200);
    }
    double writing = (System.nanoTime() - begin) / 1e9;
    if (!failures.isEmpty()) {
      throw new SluiceException("A writer failed: " + failures.get(0).getMessage());
    }
    pipeline.awaitSynced(narrator::progress);
    Map<String, Double> after = cpuSeconds();
    String seen = " FROM " + SEEN + " WHERE committed >= " + millis;
    long changes = committed.get();
    long arrived = pipeline.clickHouse().number("SELECT toInt64(count())" + seen);
    if (arrived < changes) {
      throw new SluiceException(
          "%,d changes were committed and %,d seen.".formatted(changes, arrived));
    }
    double all =
        pipeline.clickHouse().number("SELECT toInt64(max(seen) - min(committed))" + seen) / 1e3;
    Map<String, Double> cpu = new TreeMap<>();
    cpu.put("Writers", writersSeconds.sum() / changes * 1e6);
    after.forEach(
        (server, now) -> cpu.put(server, (now - before.getOrDefault(server, 0.0)) / changes * 1e6));
    return new Result(
        rate,
        changes / writing,
        changes / all,
        changes,
        quantile(0.5, seen),
        quantile(0.99, seen),
        cpu);
  }

  private long quantile(double share, String seen) {
    return pipeline
        .clickHouse()
        .number("SELECT toInt64(quantileExact(" + share + ")(seen - committed))" + seen);
  }

  private static String name(int rate) {
    return rate == 0 ? "As fast as they go" : "%,d changes/s".formatted(rate);
  }

  /** Commits until the time is over; the CPU seconds that its session in Postgres took. */
  private double write(int rate, long begin, int seconds, AtomicLong committed) {
    int batch = rate == 0 ? 500 : Math.max(1, rate / WRITERS / BATCHES_PER_SECOND);
    String statement =
        """
        DO $$ DECLARE visit uuid; BEGIN FOR i IN 1..%d LOOP
          visit := md5('visit' || (1 + floor(random() * %d))::int)::uuid;
          UPDATE app_user_visits
          SET state = coalesce(state, 0) + 1, updated_at = clock_timestamp() WHERE id = visit;
          COMMIT;
        END LOOP; END $$"""
            .formatted(batch, rows);
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement batches = connection.createStatement()) {
      // The table's trigger is no part of the stream; it would cost a third of the update.
      batches.execute("SET synchronous_commit = off; SET session_replication_role = replica");
      for (long sent = 0; System.nanoTime() - begin < seconds * 1_000_000_000L; sent += batch) {
        if (rate > 0) {
          long due = begin + sent * 1_000_000_000L * WRITERS / rate;
          Pause.millis(Math.max(0, (due - System.nanoTime()) / 1_000_000));
        }
        batches.execute(statement);
        committed.addAndGet(batch);
      }
      return cpuSeconds(connection.unwrap(PGConnection.class).getBackendPID());
    } catch (SQLException e) {
      throw pipeline.stack().postgres().failed(e);
    }
  }

  /** User and system time of each server with the processes that it has now. */
  private Map<String, Double> cpuSeconds() {
    Map<String, Double> seconds = new TreeMap<>();
    for (Supervisor server : pipeline.stack().servers()) {
      double all =
          server.pid().flatMap(ProcessHandle::of).stream()
              .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
              .mapToDouble(handle -> cpuSeconds(handle.pid()))
              .sum();
      seconds.put(server.name(), all);
    }
    return seconds;
  }

  private static double cpuSeconds(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(handle -> handle.info().totalCpuDuration())
        .map(cpu -> cpu.toNanos() / 1e9)
        .orElse(0.0);
  }
}

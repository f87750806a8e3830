package dev.sluice.local;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad;
import dev.sluice.verify.TableComparison;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One run of a local pipeline from nothing to a verdict: servers, snapshot, stream, comparison,
 * each phase timed.
 */
public final class Run {

  /**
   * What a run that ends in sync has shown.
   *
   * @param loadedRows rows of the initial load; 0 when an earlier run had done it
   * @param loadedRowsPerSecond from the load's beginning to the last row's visibility; 0 without
   *     one
   * @param changes changes that the workload committed
   * @param freshnessP50Millis empty without a workload, as the next
   * @param seconds by phase, in order
   * @param residentBytes by server, and {@code Sluice} for this process
   */
  public record Summary(
      TableComparison.Result comparison,
      long loadedRows,
      long loadedRowsPerSecond,
      long changes,
      int freshnessSamples,
      OptionalLong freshnessP50Millis,
      OptionalLong freshnessP99Millis,
      Map<String, Double> seconds,
      Map<String, Long> residentBytes) {}

  private final LocalPipeline pipeline;
  private final Narrator narrator;
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private long loadedRows;
  private long loadNanos;
  private Workload workload;
  private FreshnessProbe freshness;
  private long acknowledged;
  private long acknowledgedAt;

  /** Runs the given pipeline, which stays its owner's to close. */
  public Run(LocalPipeline pipeline, Narrator narrator) {
    this.pipeline = pipeline;
    this.narrator = narrator;
  }

  /** Starts everything and returns when all that is in Postgres is visible in ClickHouse. */
  public void begin() {
    phase("start", pipeline::start);
    long rowsBefore = pipeline.factRows();
    long sourceRows = pipeline.sourceRows();
    phase("load", () -> pipeline.load().ifPresent(this::loaded));
    boolean bySnapshot = rowsBefore == 0 && loadNanos == 0;
    long registering = System.nanoTime();
    phase("register", pipeline::register);
    phase(
        bySnapshot ? "snapshot" : "catch up",
        () -> {
          if (bySnapshot) {
            awaitSnapshot(sourceRows, registering);
          }
          pipeline.awaitSynced(narrator::progress);
        });
    narrator.say(
        loadNanos == 0
            ? "Resumed: everything committed so far is visible in ClickHouse"
            : "Initial load: %,d rows visible in ClickHouse after %.1f s, %,d rows/s"
                .formatted(loadedRows, loadNanos / 1e9, loadRate()));
  }

  private void loaded(BulkLoad.Result result) {
    loadedRows = result.rows();
    loadNanos = (long) (result.seconds() * 1e9);
  }

  private void awaitSnapshot(long expected, long since) {
    long shownAt = since;
    for (long rows; (rows = pipeline.factRows()) < expected; Pause.millis(50)) {
      long now = System.nanoTime();
      if (now - shownAt > 300_000_000L) {
        shownAt = now;
        pipeline.refuseFailed();
        narrator.progress(
            "Snapshot: %,d of %,d rows (%d %%), %,d rows/s"
                .formatted(rows, expected, 100 * rows / expected, rate(rows, now - since)));
      }
    }
    loadedRows = expected;
    loadNanos = System.nanoTime() - since;
  }

  /** Starts the workload, and measures how fresh ClickHouse is under it. */
  public void startWorkload() {
    freshness =
        new FreshnessProbe(
            pipeline.stack().clickHouse(), pipeline.options().factTable().tableName());
    workload = new Workload(pipeline.stack().postgres(), freshness::committed);
    freshness.start();
    workload.start();
  }

  /** One line of how the stream is: rows/s since the last call, freshness, lag, servers away. */
  public String streamLine() {
    StringBuilder line = new StringBuilder("Streaming: ");
    try {
      long now = System.nanoTime();
      long count = pipeline.lag().acknowledged();
      long rate = acknowledgedAt == 0 ? 0 : rate(count - acknowledged, now - acknowledgedAt);
      acknowledged = count;
      acknowledgedAt = now;
      long waiting = pipeline.lag().recordsBefore(pipeline.lag().ends());
      line.append("%,d rows/s".formatted(rate));
      freshness().ifPresent(millis -> line.append(", freshness %,d ms".formatted(millis)));
      line.append(", lag %,d records".formatted(waiting));
      pipeline.refuseFailed();
    } catch (SluiceException e) {
      line.append(" ").append(e.getMessage());
    }
    for (Supervisor server : pipeline.stack().servers()) {
      if (!server.isUp()) {
        line.append(" | ").append(server.name()).append(" is away, being restarted");
      }
    }
    return line.toString();
  }

  private OptionalLong freshness() {
    return freshness == null ? OptionalLong.empty() : freshness.current();
  }

  /** Stops the workload, waits until all is visible, and compares. */
  public Summary end() {
    Map<String, Long> memory = pipeline.stack().residentBytes();
    if (workload != null) {
      workload.close();
    }
    phase("sync", () -> pipeline.awaitSynced(narrator::progress));
    if (freshness != null) {
      freshness.close();
    }
    TableComparison.Result[] result = new TableComparison.Result[1];
    narrator.progress("Comparing every value of both tables");
    phase("compare", () -> result[0] = pipeline.compare());
    return new Summary(
        result[0],
        loadedRows,
        loadRate(),
        workload == null ? 0 : workload.changes(),
        freshness == null ? 0 : freshness.samples(),
        freshness == null ? OptionalLong.empty() : freshness.percentile(0.5),
        freshness == null ? OptionalLong.empty() : freshness.percentile(0.99),
        seconds,
        memory);
  }

  private long loadRate() {
    return loadNanos == 0 ? 0 : rate(loadedRows, loadNanos);
  }

  private static long rate(long rows, long nanos) {
    return nanos <= 0 ? 0 : (long) (rows * 1e9 / nanos);
  }

  private void phase(String name, Runnable work) {
    long since = System.nanoTime();
    work.run();
    seconds.put(name, Math.round((System.nanoTime() - since) / 1e8) / 10.0);
  }
}

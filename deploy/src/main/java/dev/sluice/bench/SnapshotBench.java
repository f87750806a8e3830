package dev.sluice.bench;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.PostgresAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.postgresql.PGConnection;

/**
 * How fast rows that were there before come through: connect-configs' settings beside Debezium's
 * own defaults, and beside {@code COPY … TO STDOUT}, which no way out of Postgres can beat. The
 * same visits, the same machine, one after the other.
 */
public final class SnapshotBench {

  /** Debezium's and Kafka's defaults for every setting that connect-configs sets for speed. */
  private static final Map<String, String> OUT_OF_THE_BOX =
      Map.ofEntries(
          Map.entry("max.batch.size", "2048"),
          Map.entry("max.queue.size", "8192"),
          Map.entry("poll.interval.ms", "500"),
          Map.entry("extended.headers.enabled", "true"),
          Map.entry("snapshot.fetch.size", "10240"),
          Map.entry("decimal.handling.mode", "precise"),
          Map.entry("time.precision.mode", "adaptive"),
          Map.entry("key.converter.schemas.enable", "true"),
          Map.entry("value.converter.schemas.enable", "true"),
          Map.entry("producer.override.compression.type", "none"),
          Map.entry("producer.override.linger.ms", "5"),
          Map.entry("producer.override.batch.size", "16384"));

  private static final Map<String, String> WITH_SCHEMAS =
      Map.of("value.converter.schemas.enable", "true");

  /** Seconds for all rows: to the standard output of Postgres, to the topic, to ClickHouse. */
  public record Result(int rows, double copy, Way tuned, Way outOfTheBox) {}

  /** Seconds from the registration of the source. */
  public record Way(double toTopic, double toFacts) {}

  private final Path directory;
  private final Home home;
  private final Narrator narrator;

  /**
   * @param directory where the pipelines keep their data; the caller removes it
   */
  public SnapshotBench(Path directory, Home home, Narrator narrator) {
    this.directory = directory;
    this.home = home;
    this.narrator = narrator;
  }

  /** Runs all three. */
  public Result run(int rows) {
    LocalOptions options =
        LocalOptions.embedded(directory.resolve("tuned")).with(rows, FactTable.DEFAULT);
    double copy;
    Way tuned;
    try (LocalPipeline pipeline = new LocalPipeline(options, home, narrator)) {
      pipeline.start();
      copy(pipeline.stack().postgres()); // The first one warms Postgres's caches for all.
      copy = copy(pipeline.stack().postgres());
      tuned = snapshot(pipeline, rows, "tuned");
    }
    options =
        LocalOptions.embedded(directory.resolve("default"))
            .with(rows, FactTable.DEFAULT)
            .with(OUT_OF_THE_BOX, WITH_SCHEMAS, Map.of());
    try (LocalPipeline pipeline = new LocalPipeline(options, home, narrator)) {
      pipeline.start();
      copy(pipeline.stack().postgres());
      return new Result(rows, copy, tuned, snapshot(pipeline, rows, "out of the box"));
    }
  }

  private Way snapshot(LocalPipeline pipeline, int rows, String name) {
    long begin = System.nanoTime();
    pipeline.register();
    double toTopic = 0;
    while (true) {
      long facts = pipeline.factRows();
      double seconds = (System.nanoTime() - begin) / 1e9;
      if (toTopic == 0) {
        long inTopic = pipeline.lag().ends().values().stream().mapToLong(Long::longValue).sum();
        toTopic = inTopic >= rows ? seconds : 0;
      }
      if (facts >= rows) {
        refuseDifference(pipeline);
        return new Way(toTopic, seconds);
      }
      narrator.progress(
          "Snapshot %s: %,d of %,d rows, %.0f s".formatted(name, facts, rows, seconds));
      pipeline.refuseFailed();
      Pause.millis(100);
    }
  }

  /** A figure for rows that are not the right ones would be worth nothing. */
  private static void refuseDifference(LocalPipeline pipeline) {
    pipeline.awaitSynced(progress -> {});
    if (!pipeline.compare().identical()) {
      throw new SluiceException("The rows differ: there is nothing to measure.");
    }
  }

  private static double copy(PostgresAddress postgres) {
    try (Connection connection = postgres.connect()) {
      long begin = System.nanoTime();
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyOut("COPY " + LocalOptions.VISITS + " TO STDOUT", OutputStream.nullOutputStream());
      return (System.nanoTime() - begin) / 1e9;
    } catch (SQLException | IOException e) {
      throw new SluiceException("COPY failed: " + e.getMessage(), e);
    }
  }
}

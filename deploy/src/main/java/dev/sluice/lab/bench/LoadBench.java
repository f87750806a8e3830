package dev.sluice.lab.bench;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.postgresql.PGConnection;

/**
 * How fast rows that were there before come through, from the first statement to the last row's
 * visibility: the bulk load, connect-configs' snapshot and Debezium's own defaults, beside {@code
 * COPY … TO STDOUT}, which no way out of Postgres over one connection can beat. The same visits,
 * the same machine, one after the other; after each, both tables are compared value by value.
 */
public final class LoadBench {

  /** A way from the one table to the other. */
  public enum Way {
    BULK("bulk load"),
    SNAPSHOT("snapshot, connect-configs"),
    OUT_OF_THE_BOX("snapshot, out of the box");

    private final String words;

    Way(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

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
          Map.entry("key.converter", JsonConverters.KAFKAS),
          Map.entry("value.converter", JsonConverters.KAFKAS),
          Map.entry("producer.override.compression.type", "none"),
          Map.entry("producer.override.linger.ms", "5"),
          Map.entry("producer.override.batch.size", "16384"));

  private static final Map<String, String> WITH_SCHEMAS =
      Map.of("value.converter", JsonConverters.KAFKAS);

  /**
   * Seconds for all rows.
   *
   * @param copy of the second of two {@code COPY … TO STDOUT}; the first warms the caches
   * @param residentBytes of this process and the servers, after the bulk load
   */
  public record Result(
      int rows, double copy, Map<Way, Double> seconds, Map<String, Long> residentBytes) {}

  private final Path directory;
  private final Home home;
  private final Narrator narrator;

  /**
   * @param directory where the pipelines keep their data; the caller removes it
   */
  public LoadBench(Path directory, Home home, Narrator narrator) {
    this.directory = directory;
    this.home = home;
    this.narrator = narrator;
  }

  /** Runs the ways asked for, in the order of {@link Way}. */
  public Result run(int rows, Set<Way> ways) {
    Map<Way, Double> seconds = new EnumMap<>(Way.class);
    double copy = 0;
    Map<String, Long> memory = Map.of();
    for (Way way : ways) {
      LocalOptions options =
          LocalOptions.embedded(directory.resolve(way.name())).with(rows, FactTable.DEFAULT);
      if (way == Way.OUT_OF_THE_BOX) {
        options = options.with(OUT_OF_THE_BOX, WITH_SCHEMAS, Map.of());
      }
      try (LocalPipeline pipeline = new LocalPipeline(options, home, narrator)) {
        pipeline.start();
        copy(pipeline.stack().postgres());
        double again = copy(pipeline.stack().postgres());
        copy = copy == 0 ? again : Math.min(copy, again);
        seconds.put(way, way == Way.BULK ? bulk(pipeline) : snapshot(pipeline, rows, way));
        if (way == Way.BULK) {
          memory = pipeline.stack().residentBytes();
        }
        refuseDifference(pipeline);
      }
    }
    return new Result(rows, copy, seconds, memory);
  }

  private static double bulk(LocalPipeline pipeline) {
    long begin = System.nanoTime();
    pipeline.load();
    double seconds = (System.nanoTime() - begin) / 1e9;
    pipeline.register();
    return seconds;
  }

  private double snapshot(LocalPipeline pipeline, int rows, Way way) {
    long begin = System.nanoTime();
    pipeline.register();
    while (true) {
      long facts = pipeline.factRows();
      double seconds = (System.nanoTime() - begin) / 1e9;
      if (facts >= rows) {
        return seconds;
      }
      narrator.progress("%s: %,d of %,d rows, %.0f s".formatted(way, facts, rows, seconds));
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

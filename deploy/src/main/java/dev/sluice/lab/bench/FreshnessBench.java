package dev.sluice.lab.bench;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Random;

/**
 * How long a single {@code UPDATE} on an idle pipeline takes from its commit to its visibility in
 * ClickHouse, beside the least that ClickHouse itself takes: one row inserted by the same client
 * and read back.
 */
public final class FreshnessBench {

  /** Milliseconds, sorted ascending. */
  public record Result(double[] update, double[] directInsert) {

    /** The time that a share of the tries stayed below. */
    public static double percentile(double[] sorted, double share) {
      return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
  }

  private final LocalPipeline pipeline;
  private final Narrator narrator;
  private final Random random = new Random(1);

  /** Measures a pipeline that is in sync and has no other load. */
  public FreshnessBench(LocalPipeline pipeline, Narrator narrator) {
    this.pipeline = pipeline;
    this.narrator = narrator;
  }

  /** Tries that many times, at moments that no interval of the pipeline can be in step with. */
  public Result run(int tries) {
    double[] update = new double[tries];
    double[] direct = new double[tries];
    String facts = pipeline.options().factTable().tableName();
    pipeline
        .clickHouse()
        .execute(
            "CREATE TABLE IF NOT EXISTS bench_direct AS "
                + facts
                + " ENGINE = MergeTree ORDER BY id");
    try (Connection connection = pipeline.stack().postgres().connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "UPDATE "
                    + LocalOptions.VISITS
                    + " SET state = ? WHERE id = (SELECT id FROM "
                    + LocalOptions.VISITS
                    + " OFFSET ? LIMIT 1) RETURNING id")) {
      for (int i = 0; i < tries; i++) {
        int state = 1_000_000 + i;
        statement.setInt(1, state);
        statement.setInt(2, random.nextInt(1000));
        String id;
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          id = result.getString(1);
        }
        update[i] = millisUntilVisible(facts, id, state);
        direct[i] = directInsert(id, state);
        narrator.progress("Try %d of %d: %.0f ms".formatted(i + 1, tries, update[i]));
        Pause.millis(50 + random.nextInt(100));
      }
    } catch (SQLException e) {
      throw new SluiceException("UPDATE failed: " + e.getMessage(), e);
    } finally {
      pipeline.clickHouse().execute("DROP TABLE bench_direct");
    }
    Arrays.sort(update);
    Arrays.sort(direct);
    return new Result(update, direct);
  }

  private double directInsert(String id, int state) {
    long begin = System.nanoTime();
    pipeline
        .clickHouse()
        .execute("INSERT INTO bench_direct (id, state) VALUES ('" + id + "', " + state + ")");
    millisUntilVisible("bench_direct", id, state);
    return (System.nanoTime() - begin) / 1e6;
  }

  private double millisUntilVisible(String table, String id, int state) {
    long begin = System.nanoTime();
    String sql = "SELECT count() FROM " + table + " WHERE id = '" + id + "' AND state = " + state;
    while (pipeline.clickHouse().number(sql) == 0) {
      Pause.millis(2);
    }
    return (System.nanoTime() - begin) / 1e6;
  }
}

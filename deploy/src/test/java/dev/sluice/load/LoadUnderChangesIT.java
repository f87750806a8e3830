package dev.sluice.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.Narrator;
import dev.sluice.lab.chaos.Writer;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.TestPipeline;
import dev.sluice.pipeline.FactTable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Between the load and the stream nothing is lost, and nothing old wins. */
final class LoadUnderChangesIT {

  private static final int WRITERS = 3;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path dataDir;

  @Test
  void writersThatHammerTheTableLoseNothing() {
    long seed = Long.getLong("seed", System.nanoTime() % 1_000_000);
    FactTable table = seed % 2 == 0 ? FactTable.STRICT : FactTable.DEFAULT;
    System.out.println("Writers with seed " + seed + " on " + table.tableName());
    LocalOptions options = LocalOptions.embedded(dataDir).with(100_000, table);
    try (TestPipeline pipeline = new TestPipeline(options)) {
      pipeline.it().start();
      List<Writer> writers = new ArrayList<>();
      try {
        for (int i = 0; i < WRITERS; i++) {
          writers.add(new Writer(pipeline.it().stack().postgres(), table, i, seed + i));
        }
        await().atMost(LIMIT).until(() -> writers.stream().allMatch(w -> w.changes() > 100));
        long before = changes(writers);

        load(
            pipeline,
            new BulkLoad.Options(2, 1 << 20, Duration.ofMinutes(1), Duration.ofMinutes(1)));
        pipeline.it().register();

        await().atMost(LIMIT).until(() -> changes(writers) > before + 1_000);
      } finally {
        writers.forEach(Writer::close);
      }
      pipeline.synced();
    }
  }

  /**
   * A transaction that is open at the slot's consistent point is streamed whole, with changes that
   * stand before that point in the WAL. It takes two others, one after the other, to get there: see
   * snapbuild.c of Postgres.
   */
  @Test
  void aChangeBeforeTheConsistentPointThatCommitsAfterItWins() throws Exception {
    LocalOptions options = LocalOptions.embedded(dataDir).with(1_000, FactTable.STRICT);
    try (TestPipeline pipeline = new TestPipeline(options)) {
      pipeline.it().start();
      try (Connection first = open(pipeline);
          Connection second = open(pipeline);
          Connection late = open(pipeline)) {
        change(first, 1);
        CompletableFuture<Void> load =
            CompletableFuture.runAsync(() -> load(pipeline, BulkLoad.Options.DEFAULT));
        awaitWaitingFor(pipeline, first);
        change(second, 2);
        first.commit();
        awaitWaitingFor(pipeline, second);
        change(late, 3);
        second.commit();
        load.get();
        late.commit();
      }
      pipeline.it().register();
      pipeline.synced();
      assertThat(
              pipeline
                  .it()
                  .clickHouse()
                  .number(
                      "SELECT count() FROM app_user_visits_fact_strict_current WHERE state IN (1001,"
                          + " 1002, 1003)"))
          .isEqualTo(3);
    }
  }

  private static Connection open(TestPipeline pipeline) throws SQLException {
    Connection connection = pipeline.it().stack().postgres().connect();
    connection.setAutoCommit(false);
    return connection;
  }

  private static void change(Connection connection, int visit) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "UPDATE app_user_visits SET state = "
              + (1000 + visit)
              + " WHERE id = md5('visit"
              + visit
              + "')::uuid");
    }
  }

  /** The slot's creation waits for the transaction of that connection. */
  private static void awaitWaitingFor(TestPipeline pipeline, Connection blocker)
      throws SQLException {
    long id = number(blocker, "SELECT pg_backend_pid()");
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              try (Connection connection = pipeline.it().stack().postgres().connect()) {
                return number(
                        connection,
                        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender' AND "
                            + id
                            + " = ANY(pg_blocking_pids(pid))")
                    > 0;
              }
            });
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static long changes(List<Writer> writers) {
    return writers.stream().mapToLong(Writer::changes).sum();
  }

  /** As up does, with chunks of another size. */
  private static void load(TestPipeline pipeline, BulkLoad.Options options) {
    new InitialLoad(
            pipeline.it().stack().postgres(),
            pipeline.it().clickHouse(),
            pipeline.it().mapping(),
            "sluice",
            pipeline.it().options().dataDir(),
            options,
            Narrator.SILENT)
        .run(false);
    assertThat(pipeline.it().load()).isEmpty();
  }
}

package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.verify.TableComparison;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A pipeline for tests, with what they do to it and what has to hold after. */
public final class TestPipeline implements AutoCloseable {

  private final LocalPipeline pipeline;

  /** Opens the data directory and chooses ports; starts nothing. */
  public TestPipeline(LocalOptions options) {
    pipeline = new LocalPipeline(options, Home.locate(), new TestNarrator());
  }

  /** Starts the servers, registers the connectors and returns when the snapshot is visible. */
  public void start() {
    pipeline.start();
    pipeline.register();
    synced();
  }

  /** All of it. */
  public LocalPipeline it() {
    return pipeline;
  }

  /** Waits until all is visible: then all values of all rows are equal and nothing has failed. */
  public void synced() {
    pipeline.awaitSynced(progress -> {});
    TableComparison.Result result = pipeline.compare();
    assertThat(result.differences()).isEmpty();
    assertThat(result.factRows()).isEqualTo(result.sourceRows());
    pipeline.refuseFailed();
  }

  /** Runs statements in Postgres. */
  public void postgres(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Runs statements in ClickHouse. */
  public void clickHouse(String sql) {
    pipeline.clickHouse().execute(sql);
  }

  /** The server of that name. */
  public Supervisor server(String name) {
    return pipeline.stack().servers().stream()
        .filter(server -> server.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  @Override
  public void close() {
    pipeline.close();
  }
}

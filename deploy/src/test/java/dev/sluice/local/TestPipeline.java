package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.verify.TableComparison;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

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

  /** What Postgres answers, as text. */
  public String postgresText(String question) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(question)) {
      row.next();
      return row.getString(1);
    }
  }

  /** Deletes a topic, as an operator may. */
  public void deleteTopic(String topic) throws Exception {
    try (Admin admin = admin()) {
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  /** Removes all records that the topic holds now, as retention does. */
  public void removeRecords() throws Exception {
    Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
    pipeline
        .lag()
        .ends()
        .forEach((partition, end) -> all.put(partition, RecordsToDelete.beforeOffset(end)));
    try (Admin admin = admin()) {
      admin.deleteRecords(all).all().get();
    }
  }

  /** Changes a setting of a topic. */
  public void topicSetting(String topic, String name, String value) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    AlterConfigOp set = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    try (Admin admin = admin()) {
      admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
    }
  }

  private Admin admin() {
    return Admin.create(Map.<String, Object>of("bootstrap.servers", pipeline.stack().kafka()));
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

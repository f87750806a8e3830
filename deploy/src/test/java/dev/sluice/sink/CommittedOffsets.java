package dev.sluice.sink;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/** How far a sink says it has come. */
final class CommittedOffsets implements AutoCloseable {
  private final Admin admin;
  private final String group;

  CommittedOffsets(String bootstrapServers, String sink) {
    admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    group = "connect-" + sink;
  }

  /** By partition: the offset behind the last record that the sink takes for done. */
  Map<TopicPartition, Long> committed() throws ExecutionException, InterruptedException {
    return admin
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .entrySet()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
  }

  @Override
  public void close() {
    admin.close();
  }
}

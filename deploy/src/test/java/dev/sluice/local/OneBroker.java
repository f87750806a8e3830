package dev.sluice.local;

import java.nio.file.Path;

/** A Kafka and nothing else. */
public final class OneBroker implements AutoCloseable {

  private final DataDir dataDir;
  private final Ports ports;
  private final KafkaServer kafka;
  private final Supervisor supervisor;

  /** Starts it. */
  public OneBroker(Path folder) {
    dataDir = DataDir.open(folder);
    ports = new Ports(new Downloads(line -> {}).folder("ports"), line -> {});
    int port = ports.any();
    kafka = new KafkaServer(Home.locate(), dataDir, port, ports.any(), port);
    supervisor = new Supervisor(kafka, dataDir, line -> {});
    supervisor.start();
  }

  /** Where its clients go. */
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  @Override
  public void close() {
    supervisor.stop();
    ports.close();
    dataDir.close();
  }
}

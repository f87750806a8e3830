package dev.sluice.local;

import dev.sluice.servers.ConnectClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * A Kafka, and one Connect worker at a time, whose JVM is in a time zone of the test's choosing.
 */
public final class WorkersInZones implements AutoCloseable {

  private static final Duration REBALANCE_LIMIT = Duration.ofSeconds(60);

  private final Home home = Home.locate();
  private final Map<String, String> environment;
  private final DataDir dataDir;
  private final Ports ports;
  private final KafkaServer kafka;
  private final Supervisor broker;
  private Supervisor worker;

  /**
   * Starts Kafka.
   *
   * @param environment what the connectors' configurations refer to
   */
  public WorkersInZones(Path folder, Map<String, String> environment) {
    this.environment = environment;
    dataDir = DataDir.open(folder);
    ports = new Ports(new Downloads(line -> {}).folder("ports"), line -> {});
    int port = ports.any();
    kafka = new KafkaServer(home, dataDir, port, ports.any(), port);
    broker = new Supervisor(kafka, dataDir, line -> {});
    broker.start();
  }

  /** Starts a worker of a cluster of its own, in place of the one before. */
  public ConnectClient start(String zone) {
    stopWorker();
    String name = zone.replace('/', '-');
    Map<String, String> inZone = new HashMap<>(environment);
    inZone.put("TZ", zone);
    ConnectWorker server =
        new ConnectWorker(
            name,
            home,
            dataDir,
            ports.any(),
            home.plugins().toString(),
            kafka.bootstrapServers(),
            inZone,
            Map.of(
                "group.id", name,
                "config.storage.topic", name + "-configs",
                "offset.storage.topic", name + "-offsets",
                "status.storage.topic", name + "-status"));
    worker = new Supervisor(server, dataDir, line -> {});
    worker.start();
    return new ConnectClient(server.address(), REBALANCE_LIMIT);
  }

  private void stopWorker() {
    if (worker != null) {
      // Nothing of it is needed any more, and a worker takes its time to leave.
      worker.kill();
      worker = null;
    }
  }

  @Override
  public void close() {
    stopWorker();
    broker.stop();
    ports.close();
    dataDir.close();
  }
}

package dev.sluice.local;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/** Kafka as one KRaft node that is broker and controller. */
final class KafkaServer implements LocalServer {

  private final Home home;
  private final DataDir dataDir;
  private final int port;
  private final int controllerPort;
  private final int advertisedPort;

  /**
   * @param advertisedPort where clients are told to go
   */
  KafkaServer(Home home, DataDir dataDir, int port, int controllerPort, int advertisedPort) {
    this.home = home;
    this.dataDir = dataDir;
    this.port = port;
    this.controllerPort = controllerPort;
    this.advertisedPort = advertisedPort;
  }

  @Override
  public String name() {
    return "Kafka";
  }

  @Override
  public int port() {
    return port;
  }

  String bootstrapServers() {
    return "127.0.0.1:" + advertisedPort;
  }

  @Override
  public void prepare() {
    writeProperties();
    if (dataDir.isPrepared("kafka")) {
      return;
    }
    DataDir.remove(dataDir.resolve("kafka"));
    try {
      Path log = logFile(dataDir);
      int code =
          new ProcessBuilder(
                  Java.command(
                      "128m",
                      home.kafkaClassPath(),
                      loggingOptions(dataDir),
                      "kafka.tools.StorageTool",
                      "format",
                      "--cluster-id",
                      Uuid.randomUuid().toString(),
                      "--config",
                      properties().toString()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start()
              .waitFor();
      if (code != 0) {
        throw new SluiceException(
            "Kafka's storage cannot be formatted:\n" + Files.readString(log).indent(2));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
    dataDir.markPrepared("kafka");
  }

  @Override
  public List<String> command() {
    return Java.command(
        "320m",
        home.kafkaClassPath(),
        loggingOptions(dataDir),
        "kafka.Kafka",
        properties().toString());
  }

  @Override
  public boolean ready() {
    if (!Ports.answers(port)) {
      return false;
    }
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
      return !admin.describeCluster().nodes().get().isEmpty();
    } catch (Exception e) {
      return false;
    }
  }

  /** Kafka's and Connect's logging: warnings and what matters at start, to standard output. */
  static List<String> loggingOptions(DataDir dataDir) {
    Path file = dataDir.run("log4j2.yaml");
    try (InputStream in = KafkaServer.class.getResourceAsStream("/log4j2-servers.yaml")) {
      Files.write(file, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.of("-Dlog4j2.configurationFile=" + file);
  }

  private Path properties() {
    return dataDir.run("kafka.properties");
  }

  private void writeProperties() {
    Map<String, String> properties = new TreeMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", "1");
    properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    properties.put("controller.listener.names", "CONTROLLER");
    properties.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + advertisedPort);
    properties.put("log.dirs", dataDir.resolve("kafka").toString());
    properties.put("default.replication.factor", "1");
    properties.put("offsets.topic.replication.factor", "1");
    properties.put("offsets.topic.num.partitions", "5");
    properties.put("transaction.state.log.replication.factor", "1");
    properties.put("transaction.state.log.min.isr", "1");
    // As large as a dead letter may be, whose topic Connect may make.
    properties.put("message.max.bytes", "34603008");
    properties.put("group.initial.rebalance.delay.ms", "0");
    // A topic comes from the connector that writes it, with that connector's partitions.
    properties.put("auto.create.topics.enable", "false");
    JavaProperties.write(properties(), "", properties);
  }
}

package dev.sluice.local;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.github.dockerjava.api.DockerClient;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.clickhouse.ClickHouseContainer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * Postgres, Kafka and ClickHouse in containers of the images that docker-compose.yml names. Their
 * ports stay the same when one is killed and started again.
 */
final class Containers implements AutoCloseable {

  static final String NO_DOCKER = "no Docker API answers (DOCKER_HOST, or /var/run/docker.sock).";
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String PASSWORD = UUID.randomUUID().toString();

  private final int postgresPort = freePort();
  private final int clickHousePort = freePort();
  private final PostgreSQLContainer postgres =
      new PostgreSQLContainer(image("postgres", "postgres"))
          .withUsername("postgres")
          .withPassword(PASSWORD)
          .withDatabaseName("postgres");
  private final KafkaContainer kafka =
      new KafkaContainer(image("kafka", "apache/kafka"))
          .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
          .withEnv("KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "5")
          .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
  private final ClickHouseContainer clickHouse =
      new ClickHouseContainer(image("clickhouse", "clickhouse/clickhouse-server"))
          .withUsername("sluice")
          .withPassword(PASSWORD);
  private final Map<String, GenericContainer<?>> all =
      Map.of("Postgres", postgres, "Kafka", kafka, "ClickHouse", clickHouse);

  private Containers() {
    postgres.setCommand("postgres", "-c", "wal_level=logical");
    postgres.withCreateContainerCmdModifier(command -> command.withUser("999:999"));
    // While the image initialises, the server answers at its socket only.
    postgres.waitingFor(Wait.forListeningPort());
    kafka.waitingFor(Wait.forListeningPort());
    publish(postgres, postgresPort, 5432);
    publish(kafka, freePort(), 9092);
    publish(clickHouse, clickHousePort, 8123);
  }

  /** Whether there is an engine to run them; says so when there is none. */
  static boolean canRun() {
    boolean docker = DockerClientFactory.instance().isDockerAvailable();
    if (!docker) {
      System.err.println("Tests on containers are SKIPPED: " + NO_DOCKER);
    }
    return docker;
  }

  static Containers start() {
    Containers containers = new Containers();
    try {
      Startables.deepStart(containers.all.values()).join();
    } catch (RuntimeException e) {
      containers.close();
      throw e;
    }
    return containers;
  }

  PostgresAddress postgres() {
    String url = "postgresql://postgres:" + PASSWORD + "@127.0.0.1:" + postgresPort + "/postgres";
    return PostgresAddress.parse(url, "the container");
  }

  ClickHouseAddress clickHouse() {
    String url = "http://sluice:" + PASSWORD + "@127.0.0.1:" + clickHousePort + "/default";
    return ClickHouseAddress.parse(url, "the container");
  }

  String kafka() {
    return kafka.getBootstrapServers();
  }

  boolean has(String name) {
    return all.containsKey(name);
  }

  /** Kills the container and starts it again, with the data that it left. */
  void killAndStart(String name) {
    String id = all.get(name).getContainerId();
    DockerClient docker = DockerClientFactory.lazyClient();
    docker.killContainerCmd(id).exec();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                !Boolean.TRUE.equals(
                    docker.inspectContainerCmd(id).exec().getState().getRunning()));
    docker.startContainerCmd(id).exec();
  }

  @Override
  public void close() {
    all.values().forEach(GenericContainer::stop);
  }

  private static void publish(GenericContainer<?> container, int port, int inside) {
    container.setPortBindings(List.of("127.0.0.1:" + port + ":" + inside));
  }

  private static DockerImageName image(String service, String kind) {
    try {
      JsonNode compose = new YAMLMapper().readTree(Path.of("../docker-compose.yml").toFile());
      return DockerImageName.parse(compose.at("/services/" + service + "/image").asText())
          .asCompatibleSubstituteFor(kind);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.sluice.local;

import dev.sluice.servers.ConnectClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A distributed Kafka Connect worker with connect-configs' {@code worker.properties}; only what
 * this machine decides (ports, folders) is put behind them.
 */
final class ConnectWorker implements LocalServer {

  private final String name;
  private final Home home;
  private final DataDir dataDir;
  private final int port;
  private final Map<String, String> environment;
  private final Map<String, String> settings;

  /**
   * @param name of this worker among those of its cluster
   * @param pluginPath the folders that hold one folder per plugin, separated by commas
   * @param environment what the connectors' configurations refer to
   * @param settings put over the worker's own
   */
  ConnectWorker(
      String name,
      Home home,
      DataDir dataDir,
      int port,
      String pluginPath,
      String bootstrapServers,
      Map<String, String> environment,
      Map<String, String> settings) {
    this.name = name;
    this.home = home;
    this.dataDir = dataDir;
    this.port = port;
    this.environment = new HashMap<>();
    // Debezium reads arrays of dates and times, and Postgres writes a tstzrange, in the JVM's zone.
    this.environment.put("TZ", "UTC");
    this.environment.putAll(environment);
    this.environment.put("SLUICE_KAFKA", bootstrapServers);
    this.settings = new TreeMap<>(settings);
    this.settings.put("listeners", "http://127.0.0.1:" + port);
    this.settings.put("plugin.path", pluginPath);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int port() {
    return port;
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public void prepare() {
    try {
      String base = Files.readString(home.configs().resolve("worker.properties"));
      JavaProperties.write(properties(), base + "\n# This machine\n", settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<String> command() {
    List<String> options = new ArrayList<>(KafkaServer.loggingOptions(dataDir));
    // Records live for a second or two: with room to die young, half the collector's work goes.
    options.add("-Xmn320m");
    return Java.command(
        "768m",
        home.kafkaClassPath(),
        options,
        "org.apache.kafka.connect.cli.ConnectDistributed",
        properties().toString());
  }

  @Override
  public Map<String, String> environment() {
    return environment;
  }

  @Override
  public boolean ready() {
    return Ports.answers(port) && new ConnectClient(address(), Duration.ZERO).healthy();
  }

  private Path properties() {
    return dataDir.run(name.toLowerCase() + ".properties");
  }
}

package dev.sluice.sink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * Tries valid settings on ClickHouse, so that what is wrong shows next to the setting before the
 * connector exists: a host that does not answer, a password, the database, a topic's table.
 */
final class ConnectionCheck {
  private final SinkConfig config;
  private final List<String> topics;

  ConnectionCheck(Map<String, String> settings) {
    config = SinkConfig.of(settings);
    topics =
        Arrays.stream(settings.getOrDefault(SinkConnector.TOPICS_CONFIG, "").split(","))
            .map(String::trim)
            .filter(topic -> !topic.isEmpty())
            .toList();
  }

  /**
   * @param problem takes the setting and what is wrong with it
   */
  void run(BiConsumer<String, String> problem) {
    ExecutorService executor = Executors.newCachedThreadPool();
    try {
      Set<String> said = new HashSet<>();
      for (SinkConfig.Host host : config.hosts()) {
        try (ClickHouse server = new ClickHouse(config, List.of(host), executor)) {
          for (Fault fault : faults(server)) {
            String who = fault.kind() == Fault.Kind.PASSING ? host.name() + ": " : "";
            if (said.add(who + fault.getMessage())) {
              problem.accept(fault.setting(), who + fault.getMessage());
            }
          }
        }
      }
    } catch (ConfigException e) {
      boolean own = !config.clientCertificate().isEmpty();
      problem.accept(own ? SinkSettings.CLIENT_KEY : SinkSettings.CA_CERTIFICATE, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      executor.shutdownNow();
    }
  }

  private List<Fault> faults(Server server) throws InterruptedException {
    List<Fault> faults = new ArrayList<>();
    try {
      server.running("");
    } catch (Fault fault) {
      if (!fault.is(ErrorCode.ACCESS_DENIED)) {
        return List.of(fault);
      }
    }
    try {
      server.refuseUnsafeSettings();
    } catch (Fault fault) {
      faults.add(fault);
    }
    for (String topic : topics) {
      try {
        server.layout(config.table(topic, topic));
      } catch (Fault fault) {
        faults.add(fault);
      }
    }
    return faults;
  }
}

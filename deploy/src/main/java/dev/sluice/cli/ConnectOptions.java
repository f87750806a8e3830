package dev.sluice.cli;

import dev.sluice.pipeline.Endpoints;
import dev.sluice.servers.ConnectClient;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine.Option;

/**
 * Where the Connect cluster is. What no option says comes from the environment, then from the stack
 * that {@code ./sluice up} runs, then from the well-known port.
 */
class ConnectOptions {

  @Option(
      names = "--connect",
      paramLabel = "URL",
      defaultValue = "${env:SLUICE_CONNECT}",
      description = "Any worker of the Connect cluster (SLUICE_CONNECT; http://127.0.0.1:8083).")
  private String connect;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = ".sluice",
      description =
          "Data directory of a running ./sluice up, whose addresses are the defaults; a load notes"
              + " here what it has done (default: ${DEFAULT-VALUE}).")
  private Path dataDir;

  private Endpoints endpoints;

  final Path dataDir() {
    return dataDir;
  }

  /** What was given, or else what the stack that runs here has, or else the usual. */
  final String or(String given, Function<Endpoints, String> part, String usual) {
    if (given != null && !given.isBlank()) {
      return given;
    }
    Endpoints running = running();
    return running == null ? usual : part.apply(running);
  }

  /** Those of the stack that runs here; null when none does. */
  final Endpoints running() {
    if (endpoints == null) {
      endpoints = Endpoints.read(dataDir);
    }
    return endpoints;
  }

  final URI connectAddress() {
    return URI.create(or(connect, Endpoints::connect, "http://127.0.0.1:8083"));
  }

  /**
   * @param serverTimeout how long a worker that is away or rebalances is waited for
   */
  final ConnectClient connect(Duration serverTimeout) {
    return new ConnectClient(connectAddress(), serverTimeout);
  }
}

package dev.sluice.cli;

import dev.sluice.connect.ConnectClient;
import java.net.URI;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Where the Connect worker is: the same option for every command that speaks to one. */
final class ConnectOptions {

  @Option(
      names = "--connect",
      paramLabel = "URL",
      defaultValue = "${env:SLUICE_CONNECT:-http://127.0.0.1:8083}",
      description =
          "REST address of any worker of the Connect cluster (default: ${DEFAULT-VALUE}).")
  private URI address;

  /**
   * @param patience how long a worker that is away or rebalances is waited for
   */
  ConnectClient client(Duration patience) {
    return new ConnectClient(address, patience);
  }
}

package dev.sluice.cli;

import dev.sluice.ops.OpsOptions;
import dev.sluice.ops.OpsServer;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./sluice ops}. */
@Command(
    name = "ops",
    sortOptions = false,
    description = {
      "Serves the operator's page: whether facts are fresh, and if not, why and what to press.",
      "",
      "It only looks, unless --allow-actions is given. It keeps working when any of the four servers"
          + " is down, and says so.",
      "",
      "JSON is under /api/, Prometheus text under /metrics; /health answers 200 when all is well and"
          + " 503 when it is not."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice ops --connect http://connect:8083 --kafka kafka:9092 \\",
      "      --postgres postgresql://me@db:5432/shop --clickhouse http://me@ch:8123/default",
      "  SLUICE_OPS_TOKEN=… ./sluice ops --bind 0.0.0.0 --allow-actions",
      "",
      "Passwords: PGPASSWORD and CLICKHOUSE_PASSWORD, or in the URLs' environment variables."
    })
final class OpsCommand implements Callable<Integer> {

  @Mixin private ServerOptions servers;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Address to listen on (default: ${DEFAULT-VALUE}). Any but a loopback one needs a token.")
  private String bind;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "Port to listen on (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--allow-actions",
      description =
          "Let the page restart, pause, resume and stop connectors, reset offsets, and put dead"
              + " letters back.")
  private boolean allowActions;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:SLUICE_OPS_TOKEN:-}",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
      description =
          "What a browser has to give as password, with any user name, and a script as bearer token"
              + " (SLUICE_OPS_TOKEN).")
  private String token;

  @Option(
      names = "--fresh-within",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Facts older than this are not fresh (default: ${DEFAULT-VALUE}).")
  private long freshSeconds;

  @Option(
      names = "--wal-limit",
      paramLabel = "MB",
      defaultValue = "1024",
      description =
          "A slot that holds back more WAL than this is a danger (default: ${DEFAULT-VALUE}).")
  private long walMegabytes;

  @Override
  public Integer call() throws InterruptedException {
    OpsOptions options =
        new OpsOptions(
            servers.connectAddress(),
            servers.kafka(),
            servers.postgres(),
            servers.clickHouse(),
            bind,
            port,
            allowActions,
            token == null || token.isEmpty() ? null : token,
            new OpsOptions.Limits(Duration.ofSeconds(freshSeconds), walMegabytes << 20));
    try (OpsServer server = new OpsServer(options).start()) {
      Console console = Console.standard();
      console.say("The page is at " + server.address() + " until Ctrl-C.");
      Thread.currentThread().join();
    }
    return 0;
  }
}

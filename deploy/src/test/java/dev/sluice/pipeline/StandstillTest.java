package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.servers.ConnectClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StandstillTest {

  @Test
  void connectorsThatRunOrAreBeingGivenTasksMayGetThere() throws IOException {
    assertThat(of("RUNNING", "RUNNING", "")).isEmpty();
    assertThat(of("RUNNING", "UNASSIGNED", "")).isEmpty();
    assertThat(of("RUNNING", "RESTARTING", "")).isEmpty();
  }

  @Test
  void aFailedTaskIsToldWithItsRootCause() throws IOException {
    assertThat(of("RUNNING", "FAILED", "x.Wrapped: a\\n\\tat b\\nCaused by: x.Cause: no slot"))
        .contains("shop-source has failed: x.Cause: no slot");
  }

  @Test
  void pausedAndStoppedAndGoneStandStill() throws IOException {
    assertThat(of("PAUSED", "PAUSED", "")).contains("shop-source is paused");
    assertThat(of("STOPPED", null, "")).contains("shop-source is stopped");
    assertThat(answering("{}")).contains("shop-source is not registered");
  }

  @Test
  void aWorkerThatDoesNotAnswerMayComeBack() {
    assertThat(
            Standstill.of(
                new ConnectClient(URI.create("http://127.0.0.1:1"), Duration.ZERO), "shop-source"))
        .isEmpty();
  }

  private static Optional<String> of(String connector, String task, String trace)
      throws IOException {
    String tasks =
        task == null
            ? ""
            : "{\"id\": 0, \"state\": \"%s\", \"worker_id\": \"w\", \"trace\": \"%s\"}"
                .formatted(task, trace);
    return answering(
        """
        {"shop-source": {"info": {"type": "source", "config": {}},
          "status": {"connector": {"state": "%s", "worker_id": "w"}, "tasks": [%s]}}}"""
            .formatted(connector, tasks));
  }

  private static Optional<String> answering(String json) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
    http.createContext(
        "/",
        exchange -> {
          byte[] answer = json.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    http.start();
    try {
      URI address = URI.create("http://127.0.0.1:" + http.getAddress().getPort());
      return Standstill.of(new ConnectClient(address, Duration.ZERO), "shop-source");
    } finally {
      http.stop(0);
    }
  }
}

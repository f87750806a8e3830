package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** 300 connectors, as one request of Connect's tells them. */
final class ManyConnectorsTest {

  @Test
  void hundredsOfConnectorsCostOneRequestALook() throws Exception {
    try (FakeConnect connect = new FakeConnect(300);
        OpsServer page = new OpsServer(options(connect.address())).start()) {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> overview(page).path("connectors").size() == 300);
      assertThat(overview(page).path("pipelines")).hasSize(150);
      int before = connect.asked().size();
      long begin = System.nanoTime();
      await().atMost(Duration.ofSeconds(30)).until(() -> connect.asked().size() >= before + 4);
      double seconds = (System.nanoTime() - begin) / 1e9;
      List<String> asked = List.copyOf(connect.asked());
      List<String> more =
          asked.stream()
              .filter(path -> !path.equals("/connectors?expand=info&expand=status"))
              .toList();
      // Where one source is, now and then.
      assertThat(more).allMatch(path -> path.endsWith("/offsets"));
      assertThat(more).hasSizeLessThanOrEqualTo(1 + asked.size() / 10);
      assertThat(4 / seconds).as("requests a second").isLessThan(2);
      assertThat(states(page)).as("worst first").startsWith("FAILED").endsWith("OK");
    }
  }

  private static List<String> states(OpsServer page) throws IOException {
    List<String> states = new ArrayList<>();
    overview(page).path("connectors").forEach(c -> states.add(c.path("state").asText()));
    return states;
  }

  private static JsonNode overview(OpsServer page) throws IOException {
    try (InputStream in = page.address().resolve("/api/overview").toURL().openStream()) {
      return new ObjectMapper().readTree(in);
    }
  }

  static OpsOptions options(URI connect) {
    return options(connect, false, null);
  }

  /** Nothing is at the other three addresses. */
  static OpsOptions options(URI connect, boolean allowActions, String token) {
    return new OpsOptions(
        connect,
        "127.0.0.1:1",
        new PostgresAddress("127.0.0.1", 1, "db", "me", ""),
        new ClickHouseAddress("127.0.0.1", 1, false, "default", "default", ""),
        "127.0.0.1",
        0,
        allowActions,
        token,
        OpsOptions.Limits.DEFAULT);
  }
}

package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the page answers when it cannot do as asked; Connect is there, Kafka is not. */
final class ApiErrorsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static FakeConnect connect;
  private static OpsServer page;
  private static String token;

  @BeforeAll
  static void start() throws Exception {
    connect = new FakeConnect(20);
    page = new OpsServer(ManyConnectorsTest.options(connect.address(), true, null)).start();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> get("/api/overview").body().contains("sink-9"));
    token = JSON.readTree(get("/api/session").body()).path("token").asText();
  }

  @AfterAll
  static void stop() {
    page.close();
    connect.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/connectors/sink-1/fly | {} | 404 | There is no action fly: connectors have",
        "/api/connectors/sink-1/stop | {} | 400 | Type sink-1 to confirm.",
        "/api/connectors/sink-1/reset-offsets | {'confirm':'sink-1'} | 409 | sink-1 is not stopped",
        "/api/connectors/sink-1 | {} | 404 | There is no POST /api/connectors/sink-1.",
        "/api/connectors/none/stop | {} | 404 | There is no connector none.",
        "/api/connectors/a%2Fb%25/stop | {} | 404 | There is no connector a/b%.",
        "/api/connectors/sink-1/stop | [] | 400 | The body is a JSON object.",
        "/api/connectors/sink-1/stop | {'confirm' | 400 | The body is not JSON.",
        "/api/dead-letters/put-back | {'topic':'other'} | 404 | There is no dead letter queue other",
        "/api/dead-letters/put-back | {'topic':'letters'} | 400 | partition is a whole number",
        "/api/dead-letters/put-back | {'topic':'letters','partition':0,'offset':'x'} | 400 | offset is",
        "/api/dead-letters/put-back-all | {'topic':'letters'} | 400 | Type letters to confirm.",
        "/api/dead-letters/burn | {} | 404 | There is no POST /api/dead-letters/burn.",
        "/api// | {} | 404 | There is no POST /api//."
      })
  void actionThatCannotBeTakenSaysWhy(String path, String body, int status, String sentence)
      throws Exception {
    assertError(post(path, body.replace('\'', '"')), status, sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/connectors/none | 404 | There is no connector none.",
        "/api/connectors/sink-1/nothing | 404 | There is no GET /api/connectors/sink-1/nothing.",
        "/api/connectors/sink-1/offsets/0 | 404 | There is no GET /api/connectors/sink-1/offsets/0.",
        "/api/history?pipeline=none | 404 | There is no pipeline none.",
        "/api/dead-letters?topic=connect-configs | 404 | There is no dead letter queue connect-configs",
        "/api/dead-letters/payload?topic=letters&partition=0&offset=-1 | 400 | offset is a whole number",
        "/api/dead-letters/payload?topic=letters&partition=9999999999&offset=1 | 400 | partition is at",
        "/api/dead-letters/letter?topic=letters | 404 | There is no GET /api/dead-letters/letter.",
        "/api// | 404 | There is no GET /api//."
      })
  void whatIsNotThereIsNamed(String path, int status, String sentence) throws Exception {
    assertError(get(path), status, sentence);
  }

  @ParameterizedTest
  @CsvSource({"404, 404", "409, 503", "500, 502", "403, 502"})
  void whatConnectRefusesIsSaidInItsWords(int answered, int status) throws Exception {
    try (FakeConnect own = new FakeConnect(20)) {
      own.refuse(answered);
      try (OpsServer other = new OpsServer(ManyConnectorsTest.options(own.address())).start()) {
        URI offsets = other.address().resolve("/api/connectors/sink-1/offsets");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(
                () ->
                    assertError(
                        send(HttpRequest.newBuilder(offsets)),
                        status,
                        "Kafka Connect at "
                            + own.address()
                            + " answered "
                            + answered
                            + " to GET /connectors/sink-1/offsets: its own words"));
      }
    }
  }

  @Test
  void connectThatIsAwaySaysSoOfAnyConnector() throws Exception {
    URI nowhere = URI.create("http://127.0.0.1:1");
    try (OpsServer other = new OpsServer(ManyConnectorsTest.options(nowhere)).start()) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertError(
                      send(HttpRequest.newBuilder(other.address().resolve("/api/connectors/x"))),
                      503,
                      "Connector x is not known, and Connect at http://127.0.0.1:1 does not"
                          + " answer: "));
    }
  }

  @Test
  void kafkaThatIsAwaySaysSoWithItsAddress() throws Exception {
    assertError(
        get("/api/dead-letters?topic=letters"), 503, "Kafka at 127.0.0.1:1 does not answer: ");
    assertError(
        post("/api/dead-letters/put-back", "{\"topic\":\"letters\",\"partition\":0,\"offset\":1}"),
        503,
        "Kafka at 127.0.0.1:1 does not answer: ");
    assertThat(get("/api/actions").body()).contains("Tried: put-back letters.");
  }

  private static void assertError(HttpResponse<String> answer, int status, String sentence)
      throws IOException {
    JsonNode json = JSON.readTree(answer.body());
    assertThat(json.path("error").asText())
        .startsWith(sentence)
        .doesNotContain("\tat ", "Exception");
    assertThat(answer.statusCode()).isEqualTo(status);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(page.address().resolve(path)));
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(page.address().resolve(path))
            .header("Content-Type", "application/json")
            .header("X-Sluice-Token", token)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}

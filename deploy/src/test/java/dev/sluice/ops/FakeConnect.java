package dev.sluice.ops;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * A Connect cluster of hundreds of connectors, which no test machine can run for real: every second
 * one a source, every tenth with a failed task; the sinks share a dead letter queue. Notes what it
 * is asked, and can be told to refuse actions, or to answer nothing any more.
 */
final class FakeConnect implements AutoCloseable {

  static final String LETTERS = "letters";

  private final HttpServer http;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean silent;
  private volatile int refusal;

  FakeConnect(int connectors) throws IOException {
    byte[] answer = new ObjectMapper().writeValueAsBytes(answer(connectors));
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    http.createContext(
        "/",
        exchange -> {
          String question = exchange.getRequestURI().toString();
          asked.add(question);
          await();
          if (refusal != 0 && !question.startsWith("/connectors?")) {
            byte[] words = "{\"message\": \"its own words\"}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(refusal, words.length);
            exchange.getResponseBody().write(words);
          } else {
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
          }
          exchange.close();
        });
    http.start();
  }

  private void await() {
    try {
      if (silent) {
        closed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** From now on nothing is answered. */
  void fallSilent() {
    silent = true;
  }

  /** From now on everything but a look at all connectors is answered with that status. */
  void refuse(int status) {
    refusal = status;
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  /** Every request so far. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  private static ObjectNode answer(int connectors) {
    ObjectNode all = new ObjectMapper().createObjectNode();
    for (int i = 0; i < connectors; i++) {
      boolean source = i % 2 == 0;
      String name = (source ? "source-" : "sink-") + i / 2;
      ObjectNode connector = all.putObject(name);
      ObjectNode info = connector.putObject("info").put("type", source ? "source" : "sink");
      ObjectNode config = info.putObject("config");
      if (source) {
        config
            .put("connector.class", "io.debezium.connector.postgresql.PostgresConnector")
            .put("topic.prefix", "p" + i / 2);
      } else {
        config
            .put("connector.class", "x.Sink")
            .put("topics", "p" + i / 2 + ".public.t")
            .put("errors.deadletterqueue.topic.name", LETTERS);
      }
      for (int setting = 0; setting < 40; setting++) {
        config.put("some.setting." + setting, "its value " + setting);
      }
      ObjectNode status = connector.putObject("status");
      status.putObject("connector").put("state", "RUNNING").put("worker_id", "w:8083");
      ObjectNode task =
          status.putArray("tasks").addObject().put("id", 0).put("worker_id", "w:8083");
      if (i % 10 == 0) {
        task.put("state", "FAILED")
            .put(
                "trace",
                "org.x.Wrapped: a\n\tat b\nCaused by: org.x.Cause: c" + "\n\tat d".repeat(50));
      } else {
        task.put("state", "RUNNING");
      }
    }
    return all;
  }

  @Override
  public void close() {
    closed.countDown();
    http.stop(0);
  }
}

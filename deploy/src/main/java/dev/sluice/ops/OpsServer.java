package dev.sluice.ops;

import dev.sluice.SluiceException;
import java.net.URI;
import java.util.List;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.BlockingArrayQueue;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;

/**
 * The operator's page: files, {@code /api/…}, {@code /metrics} and {@code /health} over HTTP.
 *
 * <p>Failure semantics: it serves as long as its process lives, whichever of the four servers is
 * down and whatever clients do with their connections ({@link Crowd}). A port that is taken ends
 * {@link #start} with a {@link SluiceException}. What is refused is answered with a status and
 * {@code {"error": "…"}} ({@link RequestRefused}).
 */
public final class OpsServer implements AutoCloseable {

  private static final int THREADS = 8;

  /** Browsers send a host's cookies to all of its ports, so those of 127.0.0.1 can be many. */
  private static final int LONGEST_HEAD = 32 * 1024;

  /** Of one answer, so much lies in the kernel; the rest waits until its client reads. */
  private static final int SEND_BUFFER = 64 * 1024;

  private final OpsOptions options;
  private final Collector collector;
  private final Questions kafka = new Questions("Kafka", 1);
  private final Questions connect = new Questions("Connect", 4);
  private final Crowd crowd = new Crowd();
  private final Server http;
  private final ServerConnector connector;

  /** Starts nothing yet. */
  public OpsServer(OpsOptions options) {
    this.options = options;
    AccessGuard guard = new AccessGuard(options);
    DeadLetters deadLetters = new DeadLetters(options.kafka());
    ActionLog log = new ActionLog();
    Timeline timeline = new Timeline();
    this.collector = new Collector(options, deadLetters, log, timeline);
    Actions actions = new Actions(options, deadLetters, log);
    Api api =
        new Api(collector::picture, guard, deadLetters, actions, log, timeline, kafka, connect);
    this.http = server();
    this.connector = connector();
    http.addConnector(connector);
    http.setHandler(new PageHandler(guard, api, collector::picture, crowd));
    http.setErrorHandler(PageHandler::malformed);
  }

  private static Server server() {
    // A connection has a job or two in the queue at most, and Crowd bounds the connections.
    QueuedThreadPool threads =
        new QueuedThreadPool(THREADS, 2, 60_000, new BlockingArrayQueue<>(64, 64, 4 * Crowd.MOST));
    threads.setName("ops-http");
    threads.setDaemon(true);
    return new Server(threads, new ScheduledExecutorScheduler("ops-http-timer", true), null);
  }

  private ServerConnector connector() {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setRequestHeaderSize(LONGEST_HEAD);
    // Connectors' names may hold any character; PageHandler takes a path apart before it decodes.
    configuration.setUriCompliance(
        UriCompliance.RFC3986.with(
            "names",
            Violation.AMBIGUOUS_PATH_SEGMENT,
            Violation.AMBIGUOUS_PATH_SEPARATOR,
            Violation.AMBIGUOUS_PATH_ENCODING,
            Violation.AMBIGUOUS_EMPTY_SEGMENT,
            Violation.SUSPICIOUS_PATH_CHARACTERS));
    ServerConnector connector =
        new ServerConnector(http, 1, 1, new HttpConnectionFactory(configuration));
    connector.setHost(options.bind());
    connector.setPort(options.port());
    connector.setAcceptQueueSize(256);
    connector.setAcceptedSendBufferSize(SEND_BUFFER);
    // Crowd ends what is idle, and knows when a connection is so for our sake.
    connector.setIdleTimeout(0);
    connector.addBean(crowd);
    return connector;
  }

  /** Begins to look and to serve. */
  public OpsServer start() {
    try {
      http.start();
    } catch (Exception e) {
      close();
      throw new SluiceException(
          "The page cannot listen on "
              + options.bind()
              + ":"
              + options.port()
              + " (--bind, --port): "
              + SluiceException.reason(e.getCause() == null ? e : e.getCause()),
          e);
    }
    crowd.watch(connector.getScheduler());
    collector.start();
    return this;
  }

  /** What is wrong by the last look, in all pipelines. */
  public List<Overview.Problem> problems() {
    return collector.picture().overview().pipelines().stream()
        .flatMap(pipeline -> pipeline.problems().stream())
        .toList();
  }

  /** Where the page is. */
  public URI address() {
    String host = options.bind().contains(":") ? "[" + options.bind() + "]" : options.bind();
    return URI.create("http://" + host + ":" + connector.getLocalPort());
  }

  /** Stops serving and looking. */
  @Override
  public void close() {
    try {
      http.stop();
    } catch (Exception e) {
      throw new SluiceException("The page's server does not stop: " + SluiceException.reason(e), e);
    } finally {
      kafka.close();
      connect.close();
      collector.close();
    }
  }
}

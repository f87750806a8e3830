package dev.sluice.ops;

import dev.sluice.SluiceException;
import dev.sluice.servers.ConnectClient;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * A request that is answered with an HTTP status other than 200 and a sentence: 4xx where another
 * request would be answered, 503 where a server is away and the same one later, 502 where a server
 * was asked and said no, 500 for a defect of ours.
 */
final class RequestRefused extends RuntimeException {

  static final String DEFECT = "This is a defect; the process's standard error has the trace.";

  private final int status;

  RequestRefused(int status, String sentence) {
    this(status, sentence, null);
  }

  private RequestRefused(int status, String sentence, Throwable cause) {
    super(sentence, cause);
    this.status = status;
  }

  int status() {
    return status;
  }

  /** What came of a request that failed. A defect's trace is for the process's own log. */
  static RequestRefused of(Throwable failure) {
    if (failure instanceof CompletionException && failure.getCause() != null) {
      return of(failure.getCause());
    }
    if (failure instanceof RequestRefused refused) {
      return refused;
    }
    if (failure instanceof ConnectClient.Refusal refusal) {
      return new RequestRefused(byConnect(refusal.status()), refusal.getMessage(), refusal);
    }
    if (failure instanceof ConnectClient.Unreachable) {
      return new RequestRefused(503, failure.getMessage(), failure);
    }
    if (failure instanceof SluiceException) {
      return new RequestRefused(502, failure.getMessage(), failure);
    }
    failure.printStackTrace();
    return new RequestRefused(500, DEFECT);
  }

  /** A connector that went since the last look is not there; a rebalance passes. */
  private static int byConnect(int status) {
    return switch (status) {
      case 404 -> 404;
      case 409 -> 503;
      default -> 502;
    };
  }

  /**
   * What Kafka, or its client, said.
   *
   * @param address Kafka's
   */
  static RequestRefused byKafka(String address, Throwable failure) {
    String kafka = "Kafka at " + address;
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String reason = SluiceException.reason(root);
    if (failure instanceof AuthenticationException || failure instanceof AuthorizationException) {
      return new RequestRefused(502, kafka + " does not allow it: " + reason, failure);
    }
    if (failure instanceof UnknownTopicOrPartitionException) {
      return new RequestRefused(404, kafka + " has no such topic: " + reason, failure);
    }
    if (failure instanceof RetriableException || failure instanceof InterruptException) {
      return new RequestRefused(503, kafka + " does not answer: " + reason, failure);
    }
    if (root instanceof ConfigException) {
      return new RequestRefused(503, kafka + " cannot be asked: " + reason, failure);
    }
    return new RequestRefused(502, kafka + " refuses it: " + reason, failure);
  }
}

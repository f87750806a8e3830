package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.SluiceException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which status and sentence a failure gets: a server that is away is not one that says no. */
final class RequestRefusedTest {

  static Stream<Arguments> kafka() {
    return Stream.of(
        Arguments.of(
            new TopicAuthorizationException(Set.of("letters")),
            502,
            "does not allow it: Not authorized to access topics: [letters]"),
        Arguments.of(GroupAuthorizationException.forGroupId("g"), 502, "does not allow it: "),
        Arguments.of(
            new SaslAuthenticationException("Authentication failed"), 502, "does not allow it: "),
        Arguments.of(
            new UnknownTopicOrPartitionException("letters"), 404, "has no such topic: letters"),
        Arguments.of(
            new TimeoutException("Failed to get offsets by times in 5000ms"),
            503,
            "does not answer: Failed to get offsets by times in 5000ms"),
        Arguments.of(
            new KafkaException(
                "Failed to construct kafka consumer",
                new ConfigException("No resolvable bootstrap urls given in bootstrap.servers")),
            503,
            "cannot be asked: No resolvable bootstrap urls given in bootstrap.servers"),
        Arguments.of(new RecordTooLargeException("1048600 bytes"), 502, "refuses it: 1048600"));
  }

  @ParameterizedTest
  @MethodSource("kafka")
  void whatKafkaSaysIsToldApart(KafkaException failure, int status, String words) {
    RequestRefused refused = RequestRefused.byKafka("kafka:9092", failure);
    assertThat(refused.status()).isEqualTo(status);
    assertThat(refused).hasMessageStartingWith("Kafka at kafka:9092 " + words);
  }

  @Test
  void refusalOnAnotherThreadIsTheSame() {
    RequestRefused refused = new RequestRefused(410, "Gone.");
    assertThat(RequestRefused.of(new CompletionException(refused))).isSameAs(refused);
    assertThat(RequestRefused.of(new SluiceException("No.")).status()).isEqualTo(502);
  }

  @Test
  void defectSaysNothingOfItself() {
    RequestRefused refused = RequestRefused.of(new IllegalStateException("/etc/secret"));
    assertThat(refused.status()).isEqualTo(500);
    assertThat(refused.getMessage()).startsWith("This is a defect").doesNotContain("secret");
  }
}

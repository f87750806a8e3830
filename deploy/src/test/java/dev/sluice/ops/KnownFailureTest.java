package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.pipeline.Cure;
import org.junit.jupiter.api.Test;

/** Failures that a restart does not pass, as their clients word them. */
final class KnownFailureTest {

  @Test
  void aPositionThatPostgresNoLongerHasIsHealedByAResync() {
    KnownFailure known =
        KnownFailure.of(
                "io.debezium.DebeziumException: The connector is trying to read change stream"
                    + " starting at X, but this is no longer available on the server. Reconfigure"
                    + " the connector to use a snapshot when needed.",
                "public.orders")
            .orElseThrow();
    assertThat(known.text()).startsWith("Postgres no longer has the WAL");
    assertThat(known.cure().steps())
        .extracting(Cure.Step::toString)
        .containsExactly("./sluice resync --yes");
  }

  @Test
  void aChangeThatIsTooLargeIsSaidWithItsSizeAndTheSetting() {
    KnownFailure known =
        KnownFailure.of(
                "org.apache.kafka.common.errors.RecordTooLargeException: The message is 40000123"
                    + " bytes when serialized which is larger than 33554432, which is the value of"
                    + " the max.request.size configuration.",
                "public.orders")
            .orElseThrow();
    assertThat(known.text())
        .isEqualTo(
            "a change of public.orders has 40000123 bytes, and 33554432 are the limit"
                + " (producer.override.max.request.size)");
  }

  @Test
  void aChangeThatTheBrokerRefusesIsSaidWithTheTopicsSetting() {
    KnownFailure known =
        KnownFailure.of(
                "org.apache.kafka.common.errors.RecordTooLargeException: The request included a"
                    + " message larger than the max message size the server will accept.",
                "one of its tables")
            .orElseThrow();
    assertThat(known.text())
        .isEqualTo(
            "the broker takes no change of one of its tables that is so large (max.message.bytes of the topic)");
  }

  @Test
  void whatIsNotKnownIsLeftToItsOwnWords() {
    assertThat(KnownFailure.of("java.lang.IllegalStateException: never seen", "t")).isEmpty();
  }
}

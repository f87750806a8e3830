package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which table a heartbeat writes, and where its beats come to. */
final class HeartbeatTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INSERT INTO sluice_heartbeat (id) VALUES (1) ON CONFLICT DO NOTHING | sluice_heartbeat | public.sluice_heartbeat",
        "insert into Ops.Beat values (now()) | Ops.Beat | ops.beat",
        "UPDATE \"My Beats\" SET at = now() | \"My Beats\" | public.My_Beats",
        "update only a.b set c = 1 | a.b | a.b",
        "DELETE FROM a . b | a.b | a.b"
      })
  void theTableIsTheOneThatTheStatementWrites(String statement, String table, String inTopic) {
    Heartbeat heartbeat = new Heartbeat(1_000, "beats", statement);
    assertThat(heartbeat.table()).contains(table);
    assertThat(heartbeat.writesOneOf(List.of("x.y", inTopic))).isTrue();
    assertThat(heartbeat.writesOneOf(List.of("x.y"))).isFalse();
  }

  @Test
  void aStatementThatCallsAFunctionWritesNoTableThatCanBeNamed() {
    assertThat(new Heartbeat(1, "t", "SELECT pg_logical_emit_message(false, 'a', 'b')").table())
        .isEmpty();
  }

  @Test
  void beatsComeToTheTopicOfThePrefix() {
    assertThat(Heartbeat.of(Map.of("heartbeat.interval.ms", "500", "topic.prefix", "shop")))
        .contains(new Heartbeat(500, "__debezium-heartbeat.shop", ""));
    assertThat(
            Heartbeat.of(
                Map.of(
                    "heartbeat.interval.ms", "500",
                    "topic.prefix", "shop",
                    "topic.heartbeat.prefix", "beats")))
        .contains(new Heartbeat(500, "beats.shop", ""));
  }

  @ParameterizedTest
  @CsvSource({"0, shop", "${env:BEAT}, shop", "500, ${env:PREFIX}"})
  void withoutAnIntervalOrATopicThatIsKnownThereIsNone(String interval, String prefix) {
    assertThat(Heartbeat.of(Map.of("heartbeat.interval.ms", interval, "topic.prefix", prefix)))
        .isEmpty();
  }
}

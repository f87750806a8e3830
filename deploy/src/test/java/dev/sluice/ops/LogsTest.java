package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.Health;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What happened to connectors, and what came of actions. */
final class LogsTest {

  private final Redactor redactor = new Redactor(List.of());
  private final Timeline timeline = new Timeline();
  private final ActionLog actions = new ActionLog();

  @Test
  void changesOfStateAreKeptNewestFirstWithTheirCause() {
    timeline.see(1, List.of(connector("RUNNING", "a", "")), redactor);
    timeline.see(2, List.of(connector("RUNNING", "a", "")), redactor);
    timeline.see(3, List.of(connector("FAILED", "a", "x.Y: why")), redactor);
    timeline.see(4, List.of(connector("RUNNING", "b", "")), redactor);
    assertThat(timeline.events("c").stream().filter(e -> e.part().equals("task 0")))
        .extracting(e -> e.at() + " " + e.from() + " " + e.to() + " " + e.worker() + " " + e.why())
        .containsExactly("4 FAILED RUNNING b ", "3 RUNNING FAILED a x.Y: why", "1 null RUNNING a ");
    Status task = connector("RUNNING", "b", "").tasks().get(0);
    assertThat(timeline.since("c", task)).isEqualTo(4);
    timeline.see(5, List.of(), redactor);
    assertThat(timeline.events("c").get(0).to()).isEqualTo("removed");
  }

  @Test
  void timelineForgetsTheOldest() {
    for (int i = 0; i < 200; i++) {
      timeline.see(i, List.of(connector(i % 2 == 0 ? "RUNNING" : "PAUSED", "a", "")), redactor);
    }
    assertThat(timeline.events("c")).hasSize(60);
  }

  @Test
  void restartIsSeenToHaveHelpedOnlyAfterTheOldStateIsGone() {
    long begin = actions.awaiting("c", "restart", "Restart c.", Health.OK).at();
    follow(begin + 500, connector("RUNNING", "a", ""));
    assertThat(outcome()).isNull();
    follow(begin + 3_000, connector("RUNNING", "a", ""));
    assertThat(outcome()).isEqualTo("OK: 1 of 1 task run.");
    assertThat(actions.entries().get(0).good()).isTrue();
  }

  @Test
  void restartThatDidNotHelpSaysWhy() {
    long begin = actions.awaiting("c", "restart", "Restart c.", Health.OK).at();
    follow(begin + 5_000, connector("FAILED", "a", "x.Y: why"));
    assertThat(outcome()).isNull();
    follow(begin + 9_000, connector("FAILED", "a", "x.Y: why"));
    assertThat(outcome()).isEqualTo("FAILED: x.Y: why");
    assertThat(actions.entries().get(0).good()).isFalse();
  }

  @Test
  void actionThatIsFollowedByAnotherEndsThere() {
    actions.awaiting("c", "stop", "Stop c.", Health.STOPPED);
    actions.awaiting("c", "resume", "Resume c.", Health.OK);
    assertThat(actions.entries().get(1).outcome()).contains("Another action followed");
  }

  private String outcome() {
    return actions.entries().get(0).outcome();
  }

  private void follow(long at, Connector connector) {
    actions.follow(at, Map.of("c", connector), true, redactor);
  }

  private static Connector connector(String state, String worker, String trace) {
    return new Connector(
        "c",
        "sink",
        Map.of(),
        new Status(-1, "RUNNING", "a", ""),
        List.of(new Status(0, state, worker, trace)));
  }
}

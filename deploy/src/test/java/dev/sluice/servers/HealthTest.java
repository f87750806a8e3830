package dev.sluice.servers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HealthTest {

  @ParameterizedTest
  @CsvSource({
    "RUNNING, RUNNING RUNNING, OK",
    "RUNNING, FAILED FAILED, FAILED",
    "RUNNING, RUNNING FAILED, DEGRADED",
    "RUNNING, '', DEGRADED",
    "RUNNING, RUNNING UNASSIGNED, DEGRADED",
    "RUNNING, RESTARTING, DEGRADED",
    "FAILED, RUNNING, FAILED",
    "FAILED, '', FAILED",
    "UNASSIGNED, RUNNING, DEGRADED",
    "PAUSED, PAUSED PAUSED, PAUSED",
    "PAUSED, PAUSED FAILED, DEGRADED",
    "STOPPED, '', STOPPED"
  })
  void stateComesFromTasks(String connector, String tasks, Health expected) {
    assertThat(Health.of(connector(connector, tasks))).isEqualTo(expected);
  }

  @Test
  void worstComesFirst() {
    assertThat(Health.worst(List.of(Health.OK, Health.PAUSED, Health.FAILED, Health.DEGRADED)))
        .isEqualTo(Health.FAILED);
    assertThat(Health.worst(List.of())).isEqualTo(Health.OK);
  }

  @Test
  void rootCauseIsTheInnermost() {
    String trace =
        "org.x.Outer: a\n\tat y\nCaused by: org.x.Middle: b\n\t...\nCaused by: org.x.Inner: c\n\tat z";
    assertThat(Health.rootCause(trace)).isEqualTo("org.x.Inner: c");
    assertThat(Health.rootCause("only line\n\tat y")).isEqualTo("only line");
    assertThat(Health.rootCause("")).isEmpty();
  }

  private static Connector connector(String state, String tasks) {
    List<Status> statuses =
        Stream.of(tasks.split(" "))
            .filter(task -> !task.isEmpty())
            .map(task -> new Status(0, task, "worker", ""))
            .toList();
    return new Connector("c", "sink", Map.of(), new Status(-1, state, "worker", ""), statuses);
  }
}

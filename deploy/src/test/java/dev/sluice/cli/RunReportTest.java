package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.local.Run;
import dev.sluice.verify.Difference;
import dev.sluice.verify.Key;
import dev.sluice.verify.TableComparison;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RunReportTest {

  private static final Difference MISSING =
      new Difference(new Key(List.of("a")), Difference.Kind.MISSING, List.of());

  @Test
  void differencesComeFirst() throws Exception {
    Run.Summary summary =
        summary(
            new TableComparison.Result(10, 9, 0, List.of(MISSING), 3, 0, 21, Map.of(), Map.of()));
    assertThat(RunReport.text(summary))
        .startsWith(
            "DIFFERENT: 10 rows in Postgres, 9 in ClickHouse.\n  a is missing in ClickHouse\n  and at least 3 more");
    JsonNode json = new ObjectMapper().readTree(RunReport.json(summary));
    assertThat(json.path("identical").asBoolean()).isFalse();
    assertThat(json.path("differences").get(0).asText()).isEqualTo("a is missing in ClickHouse");
    assertThat(json.path("freshnessP99Ms").isNull()).isTrue();
  }

  @Test
  void identicalIsSaidWithTheNumberOfRows() throws Exception {
    Run.Summary summary =
        summary(new TableComparison.Result(10, 10, 0, List.of(), 0, 0, 21, Map.of(), Map.of()));
    assertThat(RunReport.text(summary)).startsWith("Identical: 10 rows").contains("Postgres 64");
    assertThat(new ObjectMapper().readTree(RunReport.json(summary)).path("identical").asBoolean())
        .isTrue();
  }

  private static Run.Summary summary(TableComparison.Result comparison) {
    return new Run.Summary(
        comparison,
        10,
        5,
        0,
        0,
        OptionalLong.empty(),
        OptionalLong.empty(),
        Map.of("start", 1.5),
        Map.of("Postgres", 64L << 20));
  }
}

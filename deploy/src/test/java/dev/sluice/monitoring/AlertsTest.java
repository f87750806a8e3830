package dev.sluice.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.monitoring.MonitoringFiles.Expression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus' own promtool says of alerts and dashboard. */
final class AlertsTest {

  @Test
  void alertsFireWhenTheyShallAndOnlyThen() throws Exception {
    promtool("test", "rules", MonitoringFiles.FOLDER.resolve("alerts-test.yml").toString());
  }

  @Test
  void everyAlertIsTestedAndSaysWhatToLookAtAndWhatToDo() throws IOException {
    String tests = Files.readString(MonitoringFiles.FOLDER.resolve("alerts-test.yml"));
    for (JsonNode alert : MonitoringFiles.alerts()) {
      String name = alert.get("alert").asText();
      assertThat(tests).containsPattern("\\b" + name + "\\b");
      assertThat(alert.at("/labels/severity").asText()).as(name).isIn("warning", "critical");
      assertThat(alert.at("/annotations/summary").asText()).as(name).isNotEmpty();
      assertThat(alert.at("/annotations/runbook").asText()).as(name).startsWith("Look ");
    }
  }

  @Test
  void promtoolReadsEveryExpressionOfTheDashboard(@TempDir Path folder) throws Exception {
    StringBuilder rules = new StringBuilder("groups: [{name: dashboard, rules: [\n");
    int n = 0;
    for (Expression expression : MonitoringFiles.dashboard()) {
      String text = expression.text().replace("$__rate_interval", "1m");
      rules.append("{record: panel%d, expr: '%s'},\n".formatted(n++, text));
    }
    Path file = Files.writeString(folder.resolve("dashboard.yml"), rules.append("]}]\n"));
    promtool("check", "rules", file.toString());
  }

  @Test
  void namesOfSeriesAreFoundInExpressions() {
    Expression expression =
        new Expression(
            "here",
            "max by (a, b) (rate(x_total{c=~\"$d\"}[5m])) > 3 unless on (e) absent(y) == 1");
    assertThat(expression.series()).containsExactly("x_total", "y");
    assertThat(expression.labels()).containsExactly("a", "b");
  }

  private static void promtool(String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      String reason = "promtool is missing: install Debian's package prometheus.";
      System.err.println("Tests of alerts are SKIPPED: " + reason);
      assumeTrue(false, reason);
      return;
    }
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(Map.of("exit code", process.waitFor())).as(said).containsValue(0);
  }
}

package dev.sluice.ops;

import dev.sluice.ops.Overview.ConnectorView;
import dev.sluice.ops.Overview.DeadLetterQueue;
import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Server;
import dev.sluice.servers.Health;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The last look as Prometheus text (format 0.0.4). What is not known has no line. */
final class MetricsText {

  private final Map<String, StringBuilder> families = new LinkedHashMap<>();

  private MetricsText() {}

  static String of(Overview overview) {
    MetricsText text = new MetricsText();
    text.gauge(
        "sluice_state",
        "0 OK, 1 PAUSED, 2 STOPPED, 3 DEGRADED, 4 FAILED, 5 UNREACHABLE.",
        level(overview.state()));
    for (Server server : overview.servers()) {
      text.gauge(
          "sluice_server_up",
          "1 when the server answers.",
          server.error() == null ? 1 : 0,
          "server",
          server.name());
    }
    for (PipelineView pipeline : overview.pipelines()) {
      text.pipeline(pipeline);
    }
    for (ConnectorView c : overview.connectors()) {
      text.gauge(
          "sluice_connector_state", "As sluice_state.", level(c.state()), "connector", c.name());
      text.gauge("sluice_connector_tasks", "Tasks.", c.tasks(), "connector", c.name());
      text.gauge(
          "sluice_connector_tasks_running", "Tasks that run.", c.running(), "connector", c.name());
    }
    for (DeadLetterQueue queue : overview.deadLetters()) {
      text.gauge(
          "sluice_dead_letters",
          "Records kept in the queue.",
          queue.records(),
          "topic",
          queue.topic());
      text.gauge(
          "sluice_dead_letters_waiting",
          "Of the last hour, those not put back.",
          queue.waiting(),
          "topic",
          queue.topic());
    }
    return String.join("", text.families.values());
  }

  private void pipeline(PipelineView pipeline) {
    String id = pipeline.id();
    gauge("sluice_pipeline_state", "As sluice_state.", level(pipeline.state()), "pipeline", id);
    for (Part part : pipeline.parts()) {
      switch (part.kind()) {
        case "postgres" ->
            gauge(
                "sluice_slot_retained_bytes",
                "WAL kept by the slot.",
                part.value(),
                "pipeline",
                id);
        case "source" ->
            gauge(
                "sluice_source_lag_bytes",
                "WAL not confirmed by the source.",
                part.value(),
                "pipeline",
                id);
        case "topic" ->
            gauge(
                "sluice_topic_lag_records",
                "Records not acknowledged.",
                part.value(),
                "pipeline",
                id);
        case "sink" -> {
          gauge("sluice_rows_in_per_second", "Into the topic.", part.value(), "pipeline", id);
          gauge(
              "sluice_rows_out_per_second",
              "Acknowledged by ClickHouse.",
              part.second(),
              "pipeline",
              id);
        }
        default ->
            gauge(
                "sluice_freshness_ms",
                "Facts are at most so far behind.",
                part.value(),
                "pipeline",
                id);
      }
    }
    if (pipeline.visible() != null) {
      String help =
          "Commit to visible, last minute; an upper bound where single changes cannot be watched.";
      gauge("sluice_visible_p50_ms", help, pipeline.visible().p50(), "pipeline", id);
      gauge("sluice_visible_p99_ms", help, pipeline.visible().p99(), "pipeline", id);
    }
  }

  private void gauge(String name, String help, Number value, String... labels) {
    if (value == null) {
      return;
    }
    StringBuilder family =
        families.computeIfAbsent(
            name,
            n -> new StringBuilder("# HELP " + n + " " + help + "\n# TYPE " + n + " gauge\n"));
    family.append(name);
    if (labels.length > 0) {
      family.append('{').append(labels[0]).append("=\"").append(escaped(labels[1])).append("\"}");
    }
    double number = value.doubleValue();
    boolean whole = number == Math.rint(number) && Math.abs(number) < 1e15;
    family.append(' ');
    family.append(
        whole ? String.valueOf((long) number) : String.format(Locale.ROOT, "%.3f", number));
    family.append('\n');
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static int level(Health state) {
    return Health.OK.ordinal() - state.ordinal();
  }
}

package dev.sluice.doctor;

import dev.sluice.mapping.JsonConverters;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import java.util.List;
import java.util.Map;

/** Whether the worker has what the connectors need, and how they are. */
final class ConnectChecks {

  private static final String TRANSFORM = "dev.sluice.smt.ExtractFactRow";

  private final ConnectClient connect;
  private final ConnectorSpec source;
  private final ConnectorSpec sink;
  private final CheckList findings = new CheckList("Connect");

  ConnectChecks(ConnectClient connect, ConnectorSpec source, ConnectorSpec sink) {
    this.connect = connect;
    this.source = source;
    this.sink = sink;
  }

  List<Check> run() {
    findings.ok("version", "Kafka Connect " + connect.version());
    Map<String, String> plugins = connect.plugins();
    for (String wanted : List.of(source.connectorClass(), sink.connectorClass(), TRANSFORM)) {
      String version = plugins.get(wanted);
      findings.require(
          version != null,
          "plugin " + wanted.substring(wanted.lastIndexOf('.') + 1),
          version == null ? "not there" : version,
          "the worker cannot run what it does not have",
          "unpack its archive into a folder of its own below plugin.path, and restart the worker");
    }
    converters();
    times();
    Map<String, Connector> registered = connect.connectors();
    for (ConnectorSpec spec : List.of(source, sink)) {
      Connector connector = registered.get(spec.name());
      if (connector == null) {
        findings.warn(
            spec.name(), "not registered", "nothing moves without it", "./sluice register");
        continue;
      }
      Health health = Health.of(connector);
      long running = connector.running();
      String cause = connector.firstFailed().map(Status::trace).map(Health::rootCause).orElse("");
      findings.require(
          health == Health.OK,
          spec.name(),
          health
              + ", "
              + running
              + " of "
              + connector.tasks().size()
              + " tasks run"
              + (cause.isEmpty() ? "" : ": " + cause),
          "no row moves through a task that does not run",
          switch (health) {
            case PAUSED, STOPPED -> "PUT /connectors/" + spec.name() + "/resume";
            default ->
                "fix the cause, then POST /connectors/"
                    + spec.name()
                    + "/restart?includeTasks=true&onlyFailed=true";
          });
    }
    return findings.checks();
  }

  /** Seen with Debezium 3.7: timestamps of the years 1500 and 20026 come as null. */
  private void times() {
    String mode = source.config().getOrDefault("time.precision.mode", "adaptive");
    findings.require(
        !mode.equals("nanoseconds"),
        "time.precision.mode",
        mode,
        "a timestamp that 64 bits of nanoseconds cannot hold (before 1677, after 2262) arrives as null",
        "time.precision.mode = isostring of the source, or microseconds with schemas");
  }

  private void converters() {
    String written = converter(source);
    String read = converter(sink);
    findings.require(
        written.equals(read),
        "converters",
        written.equals(read) ? written : "source " + written + ", sink " + read,
        "the sink must read what the source writes",
        "the same value.converter and value.converter.schemas.enable on "
            + source.name()
            + " and "
            + sink.name());
    for (ConnectorSpec spec : List.of(source, sink)) {
      if (JsonConverters.replacesNulls(spec.config())) {
        findings.warn(
            "nulls of " + spec.name(),
            "value.converter.replace.null.with.default is true",
            "a null in a column that has a default arrives as that default",
            "set it to false, or value.converter=" + JsonConverters.SCHEMALESS);
      }
    }
  }

  private static String converter(ConnectorSpec spec) {
    String converter = spec.config().get("value.converter");
    if (converter == null) {
      return "the worker's";
    }
    String name = converter.substring(converter.lastIndexOf('.') + 1);
    return JsonConverters.isKafkas(spec.config())
        ? name + (JsonConverters.isSchemaless(spec.config()) ? " without schemas" : " with schemas")
        : name;
  }
}

package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.ConnectClient.Status;
import dev.sluice.connect.Health;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice status}. */
@Command(
    name = "status",
    description = {
      "Shows how the connectors of a Connect cluster are, worst first.",
      "",
      "The state is derived from the tasks: OK, DEGRADED (some tasks failed or are missing), FAILED"
          + " (no row moves), PAUSED, STOPPED, UNREACHABLE (no worker answers).",
      "Exit code 0 only when there are connectors and all of them are OK."
    })
final class StatusCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Spec private CommandSpec spec;
  @Mixin private ConnectOptions connect;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    ConnectClient client = connect.connect(PATIENCE);
    Collection<Connector> connectors;
    try {
      connectors = client.connectors().values();
    } catch (ConnectClient.Unreachable e) {
      if (json) {
        out.println(report(client, Health.UNREACHABLE, List.of()));
      }
      throw e;
    }
    List<Connector> worstFirst =
        connectors.stream().sorted(Comparator.comparing(Health::of)).toList();
    Health worst = Health.worst(worstFirst.stream().map(Health::of).toList());
    if (json) {
      out.println(report(client, worst, worstFirst));
    } else if (worstFirst.isEmpty()) {
      out.println("No connectors are registered. ./sluice register brings them.");
    } else {
      print(out, worstFirst);
    }
    return worst == Health.OK && !worstFirst.isEmpty() ? 0 : Sluice.NOT_WELL;
  }

  private static void print(PrintWriter out, List<Connector> connectors) {
    TextTable table = new TextTable("CONNECTOR", "TYPE", "STATE", "TASKS", "WHY");
    for (Connector connector : connectors) {
      long running =
          connector.tasks().stream().filter(task -> task.state().equals("RUNNING")).count();
      table.row(
          connector.name(),
          connector.type(),
          Health.of(connector).name(),
          running + " of " + connector.tasks().size() + " run",
          connector.firstFailed().map(part -> Health.rootCause(part.trace())).orElse(""));
    }
    out.print(table);
  }

  private static String report(ConnectClient client, Health worst, List<Connector> connectors)
      throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode report = mapper.createObjectNode();
    report.put("connect", client.address().toString());
    report.put("state", worst.name());
    ArrayNode list = report.putArray("connectors");
    for (Connector connector : connectors) {
      ObjectNode node = list.addObject();
      node.put("name", connector.name());
      node.put("type", connector.type());
      node.put("state", Health.of(connector).name());
      ArrayNode tasks = node.putArray("tasks");
      for (Status task : connector.tasks()) {
        tasks
            .addObject()
            .put("task", task.task())
            .put("state", task.state())
            .put("worker", task.worker())
            .put("cause", Health.rootCause(task.trace()));
      }
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report);
  }
}

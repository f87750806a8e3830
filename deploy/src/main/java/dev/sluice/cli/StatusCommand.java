package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.ops.Look;
import dev.sluice.ops.Overview;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Problem;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import dev.sluice.servers.Health;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice status}. */
@Command(
    name = "status",
    sortOptions = false,
    description = {
      "Shows how the pipelines of a Connect cluster are: what is wrong first, then its connectors,"
          + " worst first, then what fixes it.",
      "",
      "A connector's state is that of its tasks and, where the other servers are known, of what moves:"
          + " OK, DEGRADED (some tasks failed or are missing, or rows wait), FAILED (no row moves),"
          + " PAUSED, STOPPED, UNREACHABLE (no answer). It takes three seconds; up to twenty while"
          + " something stands still that may go on by itself.",
      "",
      "Exit code 0 only when there are connectors and all of them are OK."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice status                                 the pipeline of ./sluice up",
      "  ./sluice status --connect http://connect:8083   the tasks of another cluster",
      "  ./sluice status --connect http://connect:8083 --kafka kafka:9092 \\",
      "      --postgres postgresql://me@db:5432/shop --clickhouse http://me@ch:8123/default"
    })
final class StatusCommand implements Callable<Integer> {

  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(5);

  /** The parts of a pipeline that the source answers for; the sink does for the others. */
  private static final List<String> BEFORE_THE_TOPIC = List.of("postgres", "source");

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions servers;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  /**
   * @param cause empty where all is well
   */
  private record Line(Connector connector, Health state, String cause) {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    ConnectClient client = servers.connect(SERVER_TIMEOUT);
    Collection<Connector> connectors;
    try {
      connectors = client.connectors().values();
    } catch (ConnectClient.Unreachable e) {
      if (json) {
        out.println(report(client, Health.UNREACHABLE, List.of(), List.of()));
      }
      throw e;
    }
    List<PipelineView> pipelines =
        servers.areGiven() && !connectors.isEmpty() ? look().pipelines() : List.of();
    List<Line> lines =
        connectors.stream()
            .map(connector -> line(connector, pipelines))
            .sorted(Comparator.comparing(Line::state))
            .toList();
    List<Problem> problems =
        pipelines.stream().flatMap(each -> each.problems().stream()).distinct().toList();
    List<Health> states = new ArrayList<>(lines.stream().map(Line::state).toList());
    pipelines.forEach(each -> states.add(each.state()));
    Health worst = Health.worst(states);
    if (json) {
      out.println(report(client, worst, lines, problems));
    } else if (connectors.isEmpty()) {
      out.println("No connectors are registered. ./sluice register brings them.");
    } else {
      print(out, worst, lines, problems);
    }
    return worst == Health.OK && !connectors.isEmpty() ? 0 : ExitCode.NOT_WELL;
  }

  private Overview look() {
    Console console = Console.standard();
    try {
      return Look.at(
          servers.withoutPage(),
          () -> console.progress("Something stands still: looking whether it goes on"));
    } finally {
      console.endProgress();
    }
  }

  /** A connector is as its tasks are, or worse where nothing moves through its parts. */
  private static Line line(Connector connector, List<PipelineView> pipelines) {
    Health health = Health.of(connector);
    Optional<Status> failed = connector.firstFailed();
    if (failed.isPresent()) {
      return new Line(connector, health, Health.rootCause(failed.get().trace()));
    }
    boolean isSource = connector.type().equals("source");
    Optional<Problem> worst =
        pipelines.stream()
            .filter(each -> connector.name().equals(isSource ? each.source() : each.sink()))
            .flatMap(each -> each.problems().stream())
            .filter(each -> BEFORE_THE_TOPIC.contains(each.part()) == isSource)
            .min(Comparator.comparing(Problem::state));
    return new Line(
        connector,
        Health.worst(List.of(health, worst.map(Problem::state).orElse(Health.OK))),
        worst.map(Problem::text).orElse(""));
  }

  private static void print(
      PrintWriter out, Health worst, List<Line> lines, List<Problem> problems) {
    problems.stream()
        .min(Comparator.comparing(Problem::state))
        .ifPresent(first -> out.println(worst + ": " + first.text()));
    TextTable table = new TextTable("CONNECTOR", "TYPE", "STATE", "TASKS", "WHY");
    for (Line line : lines) {
      table.row(
          line.connector().name(),
          line.connector().type(),
          line.state().name(),
          line.connector().running() + " of " + line.connector().tasks().size() + " run",
          line.cause());
    }
    out.print(table);
    for (Problem problem : problems) {
      out.printf("%n%s  %s%n      %s%n", problem.state(), problem.text(), problem.cure().text());
      problem.cure().steps().forEach(step -> out.println("        " + step));
    }
  }

  private static String report(
      ConnectClient client, Health worst, List<Line> lines, List<Problem> problems)
      throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode report = mapper.createObjectNode();
    report.put("connect", client.address().toString());
    report.put("state", worst.name());
    ArrayNode list = report.putArray("connectors");
    for (Line line : lines) {
      ObjectNode node = list.addObject();
      node.put("name", line.connector().name());
      node.put("type", line.connector().type());
      node.put("state", line.state().name());
      node.put("cause", line.cause());
      ArrayNode tasks = node.putArray("tasks");
      for (Status task : line.connector().tasks()) {
        tasks
            .addObject()
            .put("task", task.task())
            .put("state", task.state())
            .put("worker", task.worker())
            .put("cause", Health.rootCause(task.trace()));
      }
    }
    report.set("problems", mapper.valueToTree(problems));
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report);
  }
}

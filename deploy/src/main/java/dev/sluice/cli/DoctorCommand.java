package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.doctor.Check;
import dev.sluice.doctor.Check.Verdict;
import dev.sluice.doctor.Doctor;
import dev.sluice.doctor.DoctorContext;
import dev.sluice.ops.Look;
import dev.sluice.ops.Overview;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.servers.ClickHouseClient;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./sluice doctor}. */
@Command(
    name = "doctor",
    sortOptions = false,
    description = {
      "Looks for what is known to stop a pipeline, or to make it lose rows: before the connectors are"
          + " registered, and after, for every table that they bring. Nothing is written anywhere.",
      "",
      "Exit codes: 0 when nothing FAILs (warnings are shown), 1 otherwise."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice doctor                        the pipeline of ./sluice up",
      "  ./sluice doctor --source my-source.json --sink my-sink.json --table public.orders \\",
      "      --postgres postgresql://me@db:5432/shop --clickhouse http://me@ch:8123/default"
    })
final class DoctorCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Parameters(
      paramLabel = "TABLE",
      description =
          "Source tables: schema.table, a table of any schema, or a pattern with * (default: all).")
  private List<String> tables = List.of();

  @Option(
      names = "--json",
      description = "Print a JSON array with an object for each table instead.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    List<TableRoute> routes = options.routesOrDefault(tables);
    Supplier<Overview> look = lookOnce();
    ArrayNode array = JSON.createArrayNode();
    PrintWriter out = spec.commandLine().getOut();
    boolean failed = false;
    try (ClickHouseClient clickHouse = new ClickHouseClient(options.servers().clickHouse())) {
      for (TableRoute route : routes) {
        List<Check> checks = new Doctor(context(route, clickHouse, look)).examine();
        Verdict worst =
            checks.stream().map(Check::verdict).max(Comparator.naturalOrder()).orElse(Verdict.OK);
        failed |= worst == Verdict.FAIL;
        if (json) {
          array.add(json(route, worst, checks));
        } else {
          out.print(routes.size() == 1 ? "" : "%n%s: %s%n".formatted(route, worst));
          out.print(text(checks));
          out.flush();
        }
      }
    }
    if (json) {
      out.println(JSON.writeValueAsString(array));
    }
    return failed ? ExitCode.NOT_WELL : ExitCode.WELL;
  }

  /** It takes seconds, and shows all routes at once. */
  private Supplier<Overview> lookOnce() {
    Overview[] seen = new Overview[1];
    return () -> {
      if (seen[0] == null) {
        seen[0] = Look.at(options.servers().withoutPage(), () -> {});
      }
      return seen[0];
    };
  }

  private DoctorContext context(
      TableRoute route, ClickHouseClient clickHouse, Supplier<Overview> look) {
    return new DoctorContext(
        options.servers().connect(),
        options.servers().kafka(),
        options.servers().postgres(),
        clickHouse,
        route.source(),
        route.sink(),
        route.topic(),
        route.table(),
        route.factTable(),
        route.mapping(),
        look);
  }

  private static String text(List<Check> checks) {
    TextTable table = new TextTable("", "AREA", "CHECK", "FOUND");
    checks.forEach(c -> table.row(c.verdict().name(), c.area(), c.name(), c.found()));
    StringBuilder text = new StringBuilder(table.toString());
    for (Check check : checks) {
      if (check.verdict() != Verdict.OK) {
        text.append(
            "%n%s  %s, %s: %s%n      why:  %s%n      fix: %s%n"
                .formatted(
                    check.verdict(),
                    check.area(),
                    check.name(),
                    check.found(),
                    check.why(),
                    check.fix()));
      }
    }
    return text.toString();
  }

  private static ObjectNode json(TableRoute route, Verdict worst, List<Check> checks) {
    ObjectNode node = JSON.createObjectNode();
    node.put("source", route.table().toString());
    node.put("fact", route.factTable());
    node.put("worst", worst.name());
    node.set("checks", JSON.valueToTree(checks));
    return node;
  }
}

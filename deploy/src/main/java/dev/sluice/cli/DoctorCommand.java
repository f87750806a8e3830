package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.doctor.Check;
import dev.sluice.doctor.Check.Verdict;
import dev.sluice.doctor.Doctor;
import dev.sluice.ops.Look;
import dev.sluice.pipeline.ClickHouse;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice doctor}. */
@Command(
    name = "doctor",
    sortOptions = false,
    description = {
      "Looks for what is known to stop a pipeline, or to make it lose rows: before the connectors are"
          + " registered, and after. Nothing is written anywhere.",
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

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    Pipeline pipeline = options.pipelineOrDefault();
    List<Check> checks;
    try (ClickHouse clickHouse = new ClickHouse(options.servers().clickHouse())) {
      checks =
          new Doctor(
                  new Doctor.Patient(
                      options.servers().connect(),
                      options.servers().kafka(),
                      options.servers().postgres(),
                      clickHouse,
                      pipeline.source(),
                      pipeline.sink(),
                      pipeline.topic(),
                      pipeline.table(),
                      pipeline.factTable(),
                      pipeline.mapping(),
                      () -> Look.at(options.servers().withoutPage(), () -> {})))
              .examine();
    }
    Verdict worst =
        checks.stream().map(Check::verdict).max(Comparator.naturalOrder()).orElse(Verdict.OK);
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? json(worst, checks) : text(checks));
    out.flush();
    return worst == Verdict.FAIL ? Sluice.NOT_WELL : 0;
  }

  private static String text(List<Check> checks) {
    TextTable table = new TextTable("", "AREA", "CHECK", "FOUND");
    checks.forEach(c -> table.row(c.verdict().name(), c.area(), c.name(), c.found()));
    StringBuilder text = new StringBuilder(table.toString());
    for (Check check : checks) {
      if (check.verdict() != Verdict.OK) {
        text.append(
            "%n%s  %s, %s: %s%n      why:  %s%n      mend: %s%n"
                .formatted(
                    check.verdict(),
                    check.area(),
                    check.name(),
                    check.found(),
                    check.why(),
                    check.mend()));
      }
    }
    return text.toString();
  }

  private static String json(Verdict worst, List<Check> checks) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("worst", worst.name());
    node.set("checks", mapper.valueToTree(checks));
    return mapper.writeValueAsString(node) + "\n";
  }
}

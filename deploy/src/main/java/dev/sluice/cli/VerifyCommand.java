package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.SluiceException;
import dev.sluice.connect.ConnectClient;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.ClickHouse;
import dev.sluice.pipeline.PostgresAddress;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.verify.Difference;
import dev.sluice.verify.PipelineBarrier;
import dev.sluice.verify.Reconciliation;
import dev.sluice.verify.Repair;
import dev.sluice.verify.TableComparison;
import dev.sluice.verify.TableComparison.Barrier;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice verify}. */
@Command(
    name = "verify",
    sortOptions = false,
    description = {
      "Compares a Postgres table with its fact table, value by value, while both go on changing.",
      "",
      "Both databases hash every row; only what differs is fetched. Nothing is written to either,"
          + " unless --repair is given.",
      "Identical means: as many rows on both sides, each key once, and every column of the fact table"
          + " compared. A column that cannot be compared makes it \"could not tell\", unless"
          + " --ignore-column names it.",
      "Exit codes: 0 identical, 1 different, 2 could not tell."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice verify                        the pipeline of ./sluice up",
      "  ./sluice verify --show-values          with the values that differ",
      "  ./sluice verify --repair --yes         and mend what differs"
    })
final class VerifyCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Option(
      names = "--no-wait",
      description =
          "Compare at once, without Kafka: for tables at rest. A change under way then shows as a"
              + " difference.")
  private boolean noWait;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description =
          "How long to wait until the pipeline has passed a position (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds;

  @Option(
      names = "--sample",
      paramLabel = "PERCENT",
      defaultValue = "100",
      description = "Compare this share of the rows only, chosen by the hash of their keys.")
  private double percent;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "Look for this many rows that differ (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--ignore-column",
      paramLabel = "NAME",
      description = "Leave a column of the fact table out; can be repeated. The verdict names it.")
  private List<String> ignored = List.of();

  @Option(names = "--show-values", description = "Print the values that differ, not only keys.")
  private boolean showValues;

  @Option(
      names = "--repair",
      description =
          "Insert the right version of the rows that differ, after showing what it does; with --yes of"
              + " all that differ, whatever --limit says.")
  private boolean repair;

  @Option(names = "--yes", description = "Repair without asking.")
  private boolean yes;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (percent <= 0 || percent > 100) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--sample " + percent + ": must be above 0 and at most 100.");
    }
    Console console = Console.standard();
    try {
      return verify(console);
    } catch (SluiceException | ConnectClient.Unreachable e) {
      console.endProgress();
      spec.commandLine().getErr().println("sluice: " + e.getMessage());
      return Verdict.COULD_NOT_TELL;
    }
  }

  private int verify(Console console) throws JsonProcessingException {
    Pipeline pipeline = options.pipeline();
    PostgresAddress postgres = options.servers().postgres();
    try (ClickHouse clickHouse = new ClickHouse(options.servers().clickHouse());
        TopicLag lag =
            new TopicLag(options.servers().kafka(), pipeline.topic(), pipeline.sink().name())) {
      TableMapping mapping = pipeline.tables(postgres, clickHouse).ignoring(ignored);
      PipelineBarrier barrier =
          options.barrier(pipeline, lag, Duration.ofSeconds(timeoutSeconds), console::progress);
      IntFunction<TableComparison> lookingFor =
          rows ->
              new TableComparison(
                  postgres,
                  clickHouse,
                  mapping,
                  noWait ? Barrier.NONE : barrier,
                  console::progress,
                  percent,
                  rows);
      TableComparison comparison = lookingFor.apply(limit);
      long begin = System.nanoTime();
      TableComparison.Result result = comparison.compare();
      double seconds = (System.nanoTime() - begin) / 1e9;
      console.endProgress();
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          json
              ? json(mapping, result, seconds, barrier.firstWaitSeconds())
              : text(mapping, result, seconds, barrier.firstWaitSeconds()));
      out.flush();
      if (repair && yes && result.more() > 0 && percent == 100) {
        TableComparison all = lookingFor.apply(Reconciliation.LIMIT);
        return told(new Reconciliation(postgres, clickHouse, mapping, all, console).run(), false);
      }
      if (repair && !result.differences().isEmpty()) {
        return repaired(new Repair(postgres, clickHouse, mapping, console), result, comparison);
      }
      return Verdict.code(result);
    }
  }

  private int repaired(Repair repair, TableComparison.Result result, TableComparison comparison) {
    PrintWriter err = spec.commandLine().getErr();
    Repair.Plan plan = repair.plan(result.differences());
    err.printf(
        "Repair: insert %,d rows with Postgres's values, mark the surplus of %,d keys as deleted.%n",
        plan.insert().size(), plan.delete().size());
    plan.hopeless()
        .forEach((key, why) -> err.println("  not repaired: " + key + ", because " + why));
    err.flush();
    if (!plan.helps() || !yes && !confirmed()) {
      err.println("Nothing was written.");
      return Sluice.NOT_WELL;
    }
    repair.apply(plan);
    return told(comparison.compare(), plan.hopeless().isEmpty());
  }

  /** What the repair has made of it. */
  private int told(TableComparison.Result again, boolean more) {
    PrintWriter err = spec.commandLine().getErr();
    if (again.rowsAreEqual()) {
      err.println(
          again.identical()
              ? "Repaired: both tables are identical."
              : "Repaired, as far as columns can be compared.");
    } else {
      err.printf(
          "After the repair at least %,d rows still differ%s.%n",
          again.differences().size() + again.more() + again.unsettled(),
          more ? "; run it again" : "");
      again.differences().forEach(difference -> err.println("  " + difference));
    }
    return Verdict.code(again);
  }

  private boolean confirmed() {
    if (System.console() == null) {
      throw new SluiceException(
          "--repair writes to ClickHouse: add --yes where nobody can be asked.");
    }
    return "y".equalsIgnoreCase(System.console().readLine("Write this to ClickHouse? [y/N] "));
  }

  private String text(
      TableMapping mapping, TableComparison.Result result, double seconds, double waited) {
    StringBuilder text = new StringBuilder(Verdict.sentence(mapping, result, percent));
    for (Difference difference : result.differences()) {
      text.append("\n  ").append(difference);
      if (showValues) {
        for (Difference.Value value : difference.columns()) {
          text.append(
              "\n    %s: %s in Postgres, %s in ClickHouse"
                  .formatted(value.column(), value.inPostgres(), value.inClickHouse()));
        }
      }
    }
    if (result.more() > 0) {
      text.append("\n  and at least %,d more rows (--limit)".formatted(result.more()));
    }
    if (result.unsettled() > 0) {
      text.append(
          "\n  %,d rows changed whenever they were looked at; run it again in a quieter moment"
              .formatted(result.unsettled()));
    }
    if (result.leftBehind() > 0) {
      text.append(
          "\n%,d rows of %s are gone from Postgres, and stay (delete.handling=drop)."
              .formatted(result.leftBehind(), mapping.fact()));
    }
    result
        .notComparable()
        .forEach(
            (column, why) -> text.append("\nCould not be compared: " + column + " (" + why + ")"));
    result
        .notCompared()
        .forEach((column, why) -> text.append("\nNot compared: " + column + " (" + why + ")"));
    if (!mapping.sourceOnly().isEmpty()) {
      text.append("\nOnly in Postgres: " + String.join(", ", mapping.sourceOnly()));
    }
    text.append(
        noWait
            ? "\nTook %.1f s.".formatted(seconds)
            : "\nThe pipeline had passed what was committed at the start after %.1f s; all took %.1f s."
                .formatted(waited, seconds));
    return text.toString();
  }

  private String json(
      TableMapping mapping, TableComparison.Result result, double seconds, double waited)
      throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("identical", result.identical());
    node.put("source", mapping.source().toString());
    node.put("fact", mapping.fact());
    node.put("columns", result.columns());
    node.put("sourceRows", result.sourceRows());
    node.put("factRows", result.factRows());
    node.put("leftBehind", result.leftBehind());
    node.put("samplePercent", percent);
    var list = node.putArray("differences");
    for (Difference difference : result.differences()) {
      ObjectNode each = list.addObject();
      each.set("key", mapper.valueToTree(difference.key().parts()));
      each.put("kind", difference.kind().name().toLowerCase());
      var columns = each.putArray("columns");
      for (Difference.Value value : difference.columns()) {
        if (showValues) {
          columns
              .addObject()
              .put("column", value.column())
              .put("postgres", value.inPostgres())
              .put("clickhouse", value.inClickHouse());
        } else {
          columns.add(value.column());
        }
      }
    }
    node.put("more", result.more());
    node.put("unsettled", result.unsettled());
    node.set("notCompared", mapper.valueToTree(Map.copyOf(result.notCompared())));
    node.set("notComparable", mapper.valueToTree(Map.copyOf(result.notComparable())));
    node.set("onlyInPostgres", mapper.valueToTree(mapping.sourceOnly()));
    node.put("waitedSeconds", waited);
    node.put("seconds", seconds);
    return mapper.writeValueAsString(node);
  }
}

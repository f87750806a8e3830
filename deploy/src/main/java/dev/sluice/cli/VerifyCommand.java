package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sluice.SluiceException;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.PipelineBarrier;
import dev.sluice.verify.Reconciliation;
import dev.sluice.verify.Repair;
import dev.sluice.verify.TableComparison;
import dev.sluice.verify.TableComparison.Barrier;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./sluice verify}. */
@Command(
    name = "verify",
    sortOptions = false,
    description = {
      "Compares Postgres tables with their fact tables, value by value, while both go on changing:"
          + " all that the registered connectors bring, or those that are named.",
      "",
      "Both databases hash every row; only what differs is fetched. Nothing is written to either,"
          + " unless --repair is given.",
      "Identical means: as many rows on both sides, each key once, and every column of the fact table"
          + " compared. A column that cannot be compared makes it \"could not tell\", unless"
          + " --ignore-column names it.",
      "Of several tables each has its line, and the worst one makes the exit code.",
      "Exit codes: 0 identical, 1 different, 2 used wrongly, 3 could not tell."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice verify                        the pipeline of ./sluice up",
      "  ./sluice verify public.orders 'sales.*'  some of its tables",
      "  ./sluice verify --show-values          with the values that differ",
      "  ./sluice verify --repair --yes         and fix what differs"
    })
final class VerifyCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec;
  @Mixin private PipelineOptions options;

  @Parameters(
      paramLabel = "TABLE",
      description =
          "Source tables: schema.table, a table of any schema, or a pattern with * (default: all).")
  private List<String> tables = List.of();

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "4",
      description = "Tables to compare at a time; a repair takes one (default: ${DEFAULT-VALUE}).")
  private int parallel;

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

  @Option(names = "--json", description = "Print a JSON array with an object for each table.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    if (percent <= 0 || percent > 100 || parallel < 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--sample must be above 0 and at most 100, --parallel 1 or more.");
    }
    if (repair && !yes && System.console() == null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--repair writes to ClickHouse: add --yes where nobody can be asked.");
    }
    Console console = Console.standard();
    try (ClickHouseClient clickHouse = new ClickHouseClient(options.servers().clickHouse())) {
      List<TableRoute> routes = options.routes(tables);
      List<Verification> verified =
          routes.size() == 1
              ? List.of(verified(routes.get(0), clickHouse, console, console::progress))
              : sideBySide(routes, clickHouse, console);
      console.endProgress();
      if (json) {
        ArrayNode all = JSON.createArrayNode();
        verified.forEach(each -> all.add(report().json(each)));
        spec.commandLine().getOut().println(JSON.writeValueAsString(all));
      }
      return ExitCode.worst(verified.stream().map(Verification::code).toList());
    } catch (UsageException e) {
      throw e;
    } catch (SluiceException | ConnectClient.Unreachable e) {
      console.endProgress();
      spec.commandLine().getErr().println("sluice: " + e.getMessage());
      return ExitCode.COULD_NOT_TELL;
    }
  }

  /** Each is printed when it is over; a table that cannot be compared does not end the others. */
  private List<Verification> sideBySide(
      List<TableRoute> routes, ClickHouseClient clickHouse, Console console) {
    ExecutorService pool = Executors.newFixedThreadPool(repair ? 1 : parallel);
    AtomicInteger over = new AtomicInteger();
    Runnable count =
        () -> console.progress("%,d of %,d tables compared".formatted(over.get(), routes.size()));
    try {
      count.run();
      List<Future<Verification>> running = new ArrayList<>();
      for (TableRoute route : routes) {
        running.add(
            pool.submit(
                () -> {
                  Verification verification = verified(route, clickHouse, console, line -> {});
                  over.incrementAndGet();
                  count.run();
                  return verification;
                }));
      }
      List<Verification> verified = new ArrayList<>();
      for (Future<Verification> each : running) {
        verified.add(each.get());
      }
      return verified;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.");
    } finally {
      pool.shutdownNow();
    }
  }

  /** Compares one route's tables, says what came of it, and repairs where that is wanted. */
  private Verification verified(
      TableRoute route, ClickHouseClient clickHouse, Console console, Consumer<String> progress) {
    PostgresAddress postgres = options.servers().postgres();
    try (TopicLag lag =
        new TopicLag(options.servers().kafka(), route.topic(), route.sink().name())) {
      TableMapping mapping = route.tables(postgres, clickHouse).ignoring(ignored);
      PipelineBarrier barrier =
          PipelineBarrier.of(
              route,
              postgres,
              options.servers().connect(),
              lag,
              Duration.ofSeconds(timeoutSeconds),
              progress);
      IntFunction<TableComparison> lookingFor =
          rows ->
              new TableComparison(
                  postgres,
                  clickHouse,
                  mapping,
                  noWait ? Barrier.NONE : barrier,
                  progress,
                  percent,
                  rows);
      TableComparison comparison = lookingFor.apply(limit);
      long begin = System.nanoTime();
      TableComparison.Result result = comparison.compare();
      double seconds = (System.nanoTime() - begin) / 1e9;
      Verification verification =
          new Verification(route, mapping, result, null, barrier.firstWaitSeconds(), seconds);
      print(verification, console);
      if (repair && yes && result.more() > 0 && percent == 100) {
        TableComparison all = lookingFor.apply(Reconciliation.LIMIT);
        return told(
            verification,
            new Reconciliation(postgres, clickHouse, mapping, all, console).run(),
            false);
      }
      if (repair && !result.differences().isEmpty()) {
        Repair repairing = new Repair(postgres, clickHouse, mapping, console);
        return repaired(repairing, verification, comparison);
      }
      return verification;
    } catch (SluiceException | ConnectClient.Unreachable e) {
      Verification failed = Verification.failed(route, e);
      print(failed, console);
      return failed;
    }
  }

  private synchronized void print(Verification verification, Console console) {
    console.endProgress();
    if (verification.result() == null) {
      spec.commandLine().getErr().println("sluice: " + report().line(verification));
    } else if (!json) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(report().text(verification));
      out.flush();
    }
  }

  private VerificationReport report() {
    return new VerificationReport(percent, !noWait, showValues);
  }

  private Verification repaired(Repair repair, Verification found, TableComparison comparison) {
    PrintWriter err = spec.commandLine().getErr();
    Repair.Plan plan = repair.plan(found.result().differences());
    err.printf(
        "Repair: insert %,d rows with Postgres's values, mark the surplus of %,d keys as deleted.%n",
        plan.insert().size(), plan.delete().size());
    plan.hopeless()
        .forEach((key, why) -> err.println("  not repaired: " + key + ", because " + why));
    err.flush();
    if (!plan.helps() || !yes && !confirmed()) {
      err.println("Nothing was written.");
      return found;
    }
    repair.apply(plan);
    return told(found, comparison.compare(), plan.hopeless().isEmpty());
  }

  /** What the repair has made of it. */
  private Verification told(Verification found, TableComparison.Result again, boolean more) {
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
    return new Verification(
        found.route(), found.mapping(), again, null, found.waitedSeconds(), found.seconds());
  }

  private static boolean confirmed() {
    return "y".equalsIgnoreCase(System.console().readLine("Write this to ClickHouse? [y/N] "));
  }
}

package dev.sluice.smt.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Compares, in one run, the transform with the stock chain for Struct envelopes and with a bare
 * copy for Map envelopes, by time and by bytes allocated per row. Only the ratios carry from one
 * machine to another.
 *
 * <p>Arguments: the number of forks for each way, 2 unless given.
 */
public final class TransformBenchmark {

  private TransformBenchmark() {}

  private record Cost(double nanos, double bytes) {}

  public static void main(String[] arguments) throws RunnerException, IOException {
    int forks = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2;
    System.out.println("Measuring four ways to make a row, for about " + forks * 32 + " s …");
    Map<String, Cost> costs = measure(forks);
    System.out.printf("%-32s %10s %12s%n", "way", "time", "allocation");
    print("Struct envelope: this transform", costs.get("structOurs"), costs.get("structOurs"));
    print("Struct envelope: stock chain", costs.get("structStock"), costs.get("structOurs"));
    print("Map envelope: bare copy", costs.get("mapFloor"), costs.get("mapFloor"));
    print("Map envelope: this transform", costs.get("mapOurs"), costs.get("mapFloor"));
    System.out.println(
        "Times and bytes are per row. Aims: stock chain at least 5 times as slow as the transform;"
            + " the transform at most 1.5 times as slow as the bare copy.");
  }

  private static Map<String, Cost> measure(int forks) throws RunnerException, IOException {
    var options =
        new OptionsBuilder()
            .include(Rows.class.getName())
            .addProfiler(GCProfiler.class)
            .forks(forks)
            .warmupIterations(3)
            .measurementIterations(5)
            .warmupTime(TimeValue.seconds(1))
            .measurementTime(TimeValue.seconds(1))
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    Map<String, Cost> costs = new HashMap<>();
    // The forks write warnings of logging libraries that nobody needs here.
    PrintStream errors = System.err;
    try (var nowhere = new PrintStream(OutputStream.nullOutputStream())) {
      System.setErr(nowhere);
      for (RunResult result : new Runner(options).run()) {
        double bytes = result.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
        costs.put(
            result.getPrimaryResult().getLabel(),
            new Cost(result.getPrimaryResult().getScore(), bytes));
      }
    } finally {
      System.setErr(errors);
    }
    return costs;
  }

  private static void print(String way, Cost cost, Cost base) {
    System.out.printf(
        "%-32s %5.0f ns (%.2f) %6.0f B (%.2f)%n",
        way, cost.nanos(), cost.nanos() / base.nanos(), cost.bytes(), cost.bytes() / base.bytes());
  }
}

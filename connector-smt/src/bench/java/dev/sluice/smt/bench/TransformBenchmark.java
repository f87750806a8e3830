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
 * Compares, in one run, the transform with the stock chain for Struct envelopes, and for Map
 * envelopes with code written by hand and with a bare copy, by time and by bytes allocated per row.
 * Only the ratios, in brackets, carry from one machine to another.
 *
 * <p>Each round measures every way once in a JVM of its own, and the quickest of all iterations
 * counts: what other programs do meanwhile can only add to a time.
 *
 * <p>Arguments: the number of rounds, 3 unless given.
 */
public final class TransformBenchmark {

  private TransformBenchmark() {}

  private record Cost(double nanos, double bytes) {
    Cost lower(Cost other) {
      return new Cost(Math.min(nanos, other.nanos), Math.min(bytes, other.bytes));
    }
  }

  public static void main(String[] arguments) throws RunnerException, IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    System.out.println("Measuring transform and converter, for about " + rounds * 50 + " s …");
    Map<String, Cost> costs = new HashMap<>();
    for (int round = 0; round < rounds; round++) {
      measure().forEach((way, cost) -> costs.merge(way, cost, Cost::lower));
    }
    System.out.printf("%-32s %15s %15s%n", "way, per row", "time", "allocation");
    print("Struct envelope: this transform", costs.get("structOurs"), costs.get("structOurs"));
    print("Struct envelope: stock chain", costs.get("structStock"), costs.get("structOurs"));
    print("Map envelope: this transform", costs.get("mapOurs"), costs.get("mapOurs"));
    print("Map envelope: one of schemas", costs.get("mapOfOneTable"), costs.get("mapOfOneTable"));
    print("Map envelope: 100 of schemas", costs.get("mapOfManyTables"), costs.get("mapOfOneTable"));
    print("Map envelope: hand-written", costs.get("mapHandWritten"), costs.get("mapOurs"));
    print("Map envelope: bare copy", costs.get("mapFloor"), costs.get("mapOurs"));
    print("Map envelope: bare, unnamed", costs.get("mapUnnamedFloor"), costs.get("mapOurs"));
    print("JSON from a Struct: this plugin", costs.get("writeOurs"), costs.get("writeOurs"));
    print("JSON from a Struct: Kafka's", costs.get("writeKafkas"), costs.get("writeOurs"));
    print("Map from JSON: this plugin", costs.get("readOurs"), costs.get("readOurs"));
    print("Map from JSON: Kafka's", costs.get("readKafkas"), costs.get("readOurs"));
    System.out.printf(
        "The transform is %.1f times as fast as the stock chain, and takes %.2f times as long as"
            + " code written by hand for this table,%nand %.2f times as long as a copy that"
            + " converts nothing, or %.2f times with the transform's unnamed fields in it.%n",
        costs.get("structStock").nanos() / costs.get("structOurs").nanos(),
        costs.get("mapOurs").nanos() / costs.get("mapHandWritten").nanos(),
        costs.get("mapOurs").nanos() / costs.get("mapFloor").nanos(),
        costs.get("mapOurs").nanos() / costs.get("mapUnnamedFloor").nanos());
  }

  private static Map<String, Cost> measure() throws RunnerException, IOException {
    var options =
        new OptionsBuilder()
            .include(Rows.class.getName())
            .addProfiler(GCProfiler.class)
            .forks(1)
            .warmupIterations(3)
            .measurementIterations(8)
            .warmupTime(TimeValue.milliseconds(700))
            .measurementTime(TimeValue.milliseconds(250))
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
            new Cost(result.getPrimaryResult().getStatistics().getMin(), bytes));
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

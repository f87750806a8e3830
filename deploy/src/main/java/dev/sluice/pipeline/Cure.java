package dev.sluice.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What fixes a fault, as data: a sentence for whoever reads, and what is to be run, as it stands
 * there. A step must not hurt the application whose table it is about.
 *
 * @param text a sentence or two
 * @param steps in their order; empty where it fixes itself, or only a person knows how
 */
public record Cure(String text, List<Step> steps) {

  /** Where a step is run. */
  public enum Where {
    /** SQL, by the table's owner. */
    POSTGRES,
    /** SQL, by who may create tables. */
    CLICKHOUSE,
    /** A request to Connect's REST API: a method and a path. */
    CONNECT,
    /** A command of Kafka's own, without its {@code --bootstrap-server}. */
    KAFKA,
    /** A command of Sluice, with the options that tell where the servers are. */
    SLUICE
  }

  /** One thing to run. */
  public record Step(Where on, String run) {
    @Override
    public String toString() {
      return switch (on) {
        case POSTGRES -> "psql: " + run;
        case CLICKHOUSE -> "ClickHouse: " + run;
        case CONNECT -> "Connect: " + run;
        case KAFKA -> run;
        case SLUICE -> "./sluice " + run;
      };
    }
  }

  /** A cure without anything to run. */
  public static Cure of(String text) {
    return new Cure(text, List.of());
  }

  /** This cure with one more step at its end. */
  public Cure then(Where on, String run) {
    List<Step> more = new ArrayList<>(steps);
    more.add(new Step(on, run));
    return new Cure(text, List.copyOf(more));
  }

  /** In one line. */
  @Override
  public String toString() {
    return steps.isEmpty()
        ? text
        : text + " " + steps.stream().map(Step::toString).collect(Collectors.joining(" | "));
  }
}

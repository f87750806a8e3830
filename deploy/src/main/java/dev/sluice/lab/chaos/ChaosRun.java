package dev.sluice.lab.chaos;

import dev.sluice.Narrator;
import dev.sluice.Pause;
import dev.sluice.SluiceException;
import dev.sluice.local.Home;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.verify.Difference;
import dev.sluice.verify.Difference.Kind;
import dev.sluice.verify.TableComparison;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Adversarial writers and faults at random but seeded times, and at the end the question whether
 * anything was lost.
 *
 * <p>Failure semantics: a fault that the pipeline does not recover from within {@link #RECOVERY}
 * ends the run with a {@link SluiceException}; its message has the seed and what had happened until
 * then. Whatever else goes wrong is in the {@link Report}.
 */
public final class ChaosRun {

  /** Within this time after a fault has ended, a new change has to be visible again. */
  public static final Duration RECOVERY = Duration.ofSeconds(120);

  private static final int WRITERS = 4;
  private static final int LONGEST_FAULT_MILLIS = 8_000;
  private static final int LONGEST_PAUSE_MILLIS = 5_000;
  private static final Duration SYNC_LIMIT = Duration.ofMinutes(5);

  /** A fault that was survived, and the seconds from its end until a new change was visible. */
  public record Survived(String fault, double recoverySeconds) {}

  /**
   * What became of it.
   *
   * @param changes rows changed in Postgres by transactions that were committed for certain
   * @param lost rows missing or wrongly deleted in the fact table
   * @param doubled keys that readers see more than once
   * @param stale rows with older or other values, or wrongly alive
   */
  public record Report(
      long seed,
      FactTable table,
      long changes,
      List<Survived> faults,
      long rows,
      long lost,
      long doubled,
      long stale,
      long deadLetters) {
    /** Nothing lost, doubled, stale or put aside. */
    public boolean isPassed() {
      return lost == 0 && doubled == 0 && stale == 0 && deadLetters == 0;
    }
  }

  private final ChaosEnvironment environment;
  private final long seed;
  private final Random random;
  private final Narrator narrator;
  private final List<String> timeline = Collections.synchronizedList(new ArrayList<>());
  private final List<Survived> survived = new ArrayList<>();
  private long begin;

  private ChaosRun(ChaosEnvironment environment, long seed, Narrator narrator) {
    this.environment = environment;
    this.seed = seed;
    this.random = new Random(seed);
    this.narrator = narrator;
  }

  /**
   * Starts a pipeline, injects faults for so long, and compares both tables at the end.
   *
   * @param dataDir removed by the caller
   */
  public static Report run(
      Path dataDir, Home home, FactTable table, long seed, Duration duration, Narrator narrator) {
    try (ChaosEnvironment environment = new ChaosEnvironment(dataDir, home, table, narrator)) {
      environment.start();
      return new ChaosRun(environment, seed, narrator).run(duration);
    }
  }

  private Report run(Duration duration) {
    begin = System.nanoTime();
    List<Writer> writers =
        IntStream.range(0, WRITERS)
            .mapToObj(
                n ->
                    new Writer(
                        environment.pipeline().stack().postgres(),
                        environment.table(),
                        n,
                        seed * WRITERS + n))
            .toList();
    try {
      List<FaultInjection> faults = new ArrayList<>();
      while (System.nanoTime() - begin < duration.toNanos()) {
        if (faults.isEmpty()) {
          faults.addAll(FaultInjection.round(environment, random));
          Collections.shuffle(faults, random);
        }
        inject(faults.remove(0));
        Pause.millis(random.nextInt(LONGEST_PAUSE_MILLIS));
      }
    } catch (Exception e) {
      throw new SluiceException(
          "The chaos run with seed %d on %s was not survived: %s%n%s"
              .formatted(
                  seed,
                  environment.table().tableName(),
                  SluiceException.reason(e),
                  String.join("\n", timeline).indent(2)),
          e);
    } finally {
      writers.forEach(Writer::close);
    }
    return judge(writers.stream().mapToLong(Writer::changes).sum());
  }

  private void inject(FaultInjection fault) throws Exception {
    note(fault.name());
    fault.begin().run();
    try {
      Pause.millis(500 + random.nextInt(LONGEST_FAULT_MILLIS));
    } finally {
      fault.end().run();
    }
    double seconds = environment.recovery(RECOVERY);
    survived.add(new Survived(fault.name(), seconds));
    note("recovered from %s in %.1f s".formatted(fault.name(), seconds));
  }

  private void note(String what) {
    String line = "%6.1f s  %s".formatted((System.nanoTime() - begin) / 1e9, what);
    timeline.add(line);
    narrator.say(line);
  }

  private Report judge(long changes) {
    long deadline = System.nanoTime() + SYNC_LIMIT.toNanos();
    environment
        .pipeline()
        .awaitSynced(
            progress -> {
              narrator.progress(progress);
              if (System.nanoTime() > deadline) {
                throw new SluiceException(
                    "The chaos run with seed "
                        + seed
                        + " is over and the pipeline stands still: "
                        + progress);
              }
            });
    environment.pipeline().refuseFailed();
    TableComparison.Result result = environment.pipeline().compare();
    Set<Kind> losses = Set.of(Kind.MISSING, Kind.WRONGLY_DELETED);
    long lost =
        result.differences().stream().map(Difference::kind).filter(losses::contains).count();
    result.differences().forEach(difference -> note(difference.toString()));
    return new Report(
        seed,
        environment.table(),
        changes,
        List.copyOf(survived),
        result.sourceRows(),
        lost,
        doubled(),
        result.differences().size() - lost + result.more(),
        deadLetters());
  }

  private long doubled() {
    return environment
        .pipeline()
        .clickHouse()
        .number(
            "SELECT toInt64(count()) FROM (SELECT id FROM "
                + environment.table().currentView()
                + " GROUP BY id HAVING count() > 1)");
  }

  private long deadLetters() {
    try (TopicLag letters =
        new TopicLag(
            environment.pipeline().stack().kafka(), "sluice.dead-letters", "sluice-sink")) {
      return letters.records();
    }
  }
}

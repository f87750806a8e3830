package dev.sluice.chaos;

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
 * ends the storm with a {@link SluiceException}; its message has the seed and what had happened
 * until then. Whatever else goes wrong is in the {@link Report}.
 */
public final class Storm {

  /** Within this time after a fault has ended, a new change has to be visible again. */
  public static final Duration RECOVERY = Duration.ofSeconds(120);

  private static final int WRITERS = 4;
  private static final int LONGEST_BLOW_MILLIS = 8_000;
  private static final int LONGEST_CALM_MILLIS = 5_000;
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
    public boolean isCalm() {
      return lost == 0 && doubled == 0 && stale == 0 && deadLetters == 0;
    }
  }

  private final Battlefield field;
  private final long seed;
  private final Random random;
  private final Narrator narrator;
  private final List<String> timeline = Collections.synchronizedList(new ArrayList<>());
  private final List<Survived> survived = new ArrayList<>();
  private long begin;

  private Storm(Battlefield field, long seed, Narrator narrator) {
    this.field = field;
    this.seed = seed;
    this.random = new Random(seed);
    this.narrator = narrator;
  }

  /**
   * Starts a pipeline, lets the storm rage for so long, and judges.
   *
   * @param dataDir removed by the caller
   */
  public static Report rage(
      Path dataDir, Home home, FactTable table, long seed, Duration duration, Narrator narrator) {
    try (Battlefield field = new Battlefield(dataDir, home, table, narrator)) {
      field.start();
      return new Storm(field, seed, narrator).run(duration);
    }
  }

  private Report run(Duration duration) {
    begin = System.nanoTime();
    List<Writer> writers =
        IntStream.range(0, WRITERS)
            .mapToObj(
                n ->
                    new Writer(
                        field.pipeline().stack().postgres(), field.table(), n, seed * WRITERS + n))
            .toList();
    try {
      List<Blow> blows = new ArrayList<>();
      while (System.nanoTime() - begin < duration.toNanos()) {
        if (blows.isEmpty()) {
          blows.addAll(Blow.deck(field, random));
          Collections.shuffle(blows, random);
        }
        strike(blows.remove(0));
        Pause.millis(random.nextInt(LONGEST_CALM_MILLIS));
      }
    } catch (Exception e) {
      throw new SluiceException(
          "The storm with seed %d on %s was not survived: %s%n%s"
              .formatted(
                  seed,
                  field.table().tableName(),
                  SluiceException.reason(e),
                  String.join("\n", timeline).indent(2)),
          e);
    } finally {
      writers.forEach(Writer::close);
    }
    return judge(writers.stream().mapToLong(Writer::changes).sum());
  }

  private void strike(Blow blow) throws Exception {
    note(blow.name());
    blow.strike().run();
    try {
      Pause.millis(500 + random.nextInt(LONGEST_BLOW_MILLIS));
    } finally {
      blow.heal().run();
    }
    double seconds = field.recovery(RECOVERY);
    survived.add(new Survived(blow.name(), seconds));
    note("recovered from %s in %.1f s".formatted(blow.name(), seconds));
  }

  private void note(String what) {
    String line = "%6.1f s  %s".formatted((System.nanoTime() - begin) / 1e9, what);
    timeline.add(line);
    narrator.say(line);
  }

  private Report judge(long changes) {
    long deadline = System.nanoTime() + SYNC_LIMIT.toNanos();
    field
        .pipeline()
        .awaitSynced(
            progress -> {
              narrator.progress(progress);
              if (System.nanoTime() > deadline) {
                throw new SluiceException(
                    "The storm with seed "
                        + seed
                        + " is over and the pipeline stands still: "
                        + progress);
              }
            });
    field.pipeline().refuseFailed();
    TableComparison.Result result = field.pipeline().compare();
    Set<Kind> losses = Set.of(Kind.MISSING, Kind.WRONGLY_DELETED);
    long lost =
        result.differences().stream().map(Difference::kind).filter(losses::contains).count();
    result.differences().forEach(difference -> note(difference.toString()));
    return new Report(
        seed,
        field.table(),
        changes,
        List.copyOf(survived),
        result.sourceRows(),
        lost,
        doubled(),
        result.differences().size() - lost + result.more(),
        deadLetters());
  }

  private long doubled() {
    return field
        .pipeline()
        .clickHouse()
        .number(
            "SELECT toInt64(count()) FROM (SELECT id FROM "
                + field.table().currentView()
                + " GROUP BY id HAVING count() > 1)");
  }

  private long deadLetters() {
    try (TopicLag letters =
        new TopicLag(field.pipeline().stack().kafka(), "sluice.dead-letters", "sluice-sink")) {
      return letters.records();
    }
  }
}

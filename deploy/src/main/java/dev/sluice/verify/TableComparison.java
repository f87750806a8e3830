package dev.sluice.verify;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import dev.sluice.verify.Side.Row;
import dev.sluice.verify.Side.Sum;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Compares a Postgres table with its fact table, value by value, while both are being written.
 *
 * <p>Both databases hash the canonical text of every row and add the hashes up by bucket; only
 * buckets that differ are looked into, first by the hash of each row, then by value. Rows are
 * counted, never collapsed by key: several living rows of one key are a difference of their own,
 * and so are several rows of Postgres that have one key in the fact table. A row that seems to
 * differ may just be on its way, so it is judged by its states before and after a position in the
 * WAL: read it in Postgres, wait until the pipeline has passed all that was committed until then,
 * read it in ClickHouse, read it in Postgres again. ClickHouse then shows a state of that span;
 * when Postgres had the same one at either end, the row is right, and when Postgres did not change
 * in between and ClickHouse has another, it is wrong. What changed meanwhile is looked at again.
 *
 * <p>Failure semantics: nothing is retried and nothing is written. A server that does not answer is
 * a {@link SluiceException}. Rows that changed at every look are {@link Result#unsettled}, never
 * called equal or different.
 */
public final class TableComparison {

  /** Rows looked at by value at a time. */
  private static final int SLICE = 1_000;

  /** Buckets whose rows' hashes are fetched at a time: some hundred thousand rows. */
  private static final int BUCKETS_AT_A_TIME = 4_096;

  /** How often a row that keeps changing is looked at. */
  private static final int LOOKS = 10;

  /** Waits until everything committed to Postgres before the call is visible in ClickHouse. */
  public interface Barrier {
    /** For tables at rest. */
    Barrier NONE = () -> {};

    /**
     * @throws SluiceException when waiting has become pointless
     */
    void await();
  }

  /**
   * What was found.
   *
   * @param sourceRows rows of the Postgres table that are not marked deleted, as they were judged
   * @param factRows the same of the fact table
   * @param leftBehind those among {@code factRows} that Postgres no longer has, where the transform
   *     is told to drop deletes
   * @param differences the first rows that differ
   * @param more how many further rows differ at least, which were not looked into
   * @param unsettled rows that changed whenever they were looked at
   * @param columns how many columns were compared
   * @param notCompared columns that the verdict does not cover and need not, each with the reason
   * @param notComparable columns that it ought to cover and cannot, each with the reason
   */
  public record Result(
      long sourceRows,
      long factRows,
      long leftBehind,
      List<Difference> differences,
      int more,
      int unsettled,
      int columns,
      Map<String, String> notCompared,
      Map<String, String> notComparable) {
    /** True when every row of each side is on the other, once and with equal values. */
    public boolean identical() {
      return rowsAreEqual() && notComparable.isEmpty();
    }

    /** True when that holds as far as columns can be compared. */
    public boolean rowsAreEqual() {
      return differences.isEmpty()
          && more == 0
          && unsettled == 0
          && sourceRows == factRows - leftBehind;
    }
  }

  private final PostgresAddress postgres;
  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;
  private final Barrier barrier;
  private final Consumer<String> progress;
  private final double percent;
  private final int mostDifferences;

  /**
   * @param percent of the rows to compare, chosen by their keys' hashes
   * @param mostDifferences how many rows that differ are enough
   */
  public TableComparison(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      TableMapping mapping,
      Barrier barrier,
      Consumer<String> progress,
      double percent,
      int mostDifferences) {
    this.postgres = postgres;
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.barrier = barrier;
    this.progress = progress;
    this.percent = percent;
    this.mostDifferences = mostDifferences;
  }

  /** Compares all rows, or those of the sample. */
  public Result compare() {
    long rows = clickHouse.number("SELECT toInt64(count()) FROM " + Sql.factName(mapping.fact()));
    Buckets buckets = Buckets.of(rows, percent);
    try (PostgresSide source = new PostgresSide(postgres, mapping, buckets)) {
      return new Looking(source, new ClickHouseSide(clickHouse, mapping, buckets)).result();
    }
  }

  /** One comparison under way. */
  private final class Looking {
    private final PostgresSide source;
    private final Side fact;
    private final List<Difference> differences = new ArrayList<>();
    private final Set<Key> folded = new TreeSet<>();
    private long sourceRows;
    private long factRows;
    private long leftBehind;
    private int more;
    private int unsettled;

    Looking(PostgresSide source, Side fact) {
      this.source = source;
      this.fact = fact;
    }

    Result result() {
      barrier.await();
      progress.accept("Hashing both tables");
      CompletableFuture<Map<Integer, Sum>> factSums = CompletableFuture.supplyAsync(fact::sums);
      Map<Integer, Sum> inSource = source.sums();
      folded.addAll(source.folded(mostDifferences));
      Map<Integer, Sum> inFact = join(factSums);
      judge(folded, false);
      List<Integer> unequal = unequal(inSource, inFact);
      int looked = 0;
      while (looked < unequal.size() && differences.size() < mostDifferences) {
        progress.accept(
            "Looking into %,d of %,d groups of rows that differ".formatted(looked, unequal.size()));
        int next = Math.min(unequal.size(), looked + BUCKETS_AT_A_TIME);
        lookInto(unequal.subList(looked, next));
        looked = next;
      }
      // What was looked into has been counted as it was judged, at a later moment than the sums.
      Set<Integer> counted = new HashSet<>(unequal.subList(0, looked));
      sourceRows += total(inSource, counted);
      factRows += total(inFact, counted);
      return new Result(
          sourceRows,
          factRows,
          leftBehind,
          List.copyOf(differences),
          more + unequal.size() - looked,
          unsettled,
          mapping.compared().size(),
          mapping.notCompared(),
          mapping.notComparable());
    }

    private void lookInto(Collection<Integer> buckets) {
      Map<Key, List<Long>> inSource = source.hashes(buckets);
      Map<Key, List<Long>> inFact = fact.hashes(buckets);
      TreeSet<Key> keys = new TreeSet<>(inSource.keySet());
      keys.addAll(inFact.keySet());
      List<Key> suspects = new ArrayList<>();
      for (Key key : keys) {
        List<Long> one = inSource.getOrDefault(key, List.of());
        List<Long> other = inFact.getOrDefault(key, List.of());
        if (one.equals(other) || folded.contains(key)) {
          sourceRows += one.size();
          factRows += other.size();
        } else {
          suspects.add(key);
        }
      }
      for (int from = 0; from < suspects.size(); from += SLICE) {
        List<Key> slice = suspects.subList(from, Math.min(suspects.size(), from + SLICE));
        if (differences.size() < mostDifferences) {
          judge(slice, true);
        } else {
          more += slice.size();
          slice.forEach(key -> sourceRows += inSource.getOrDefault(key, List.of()).size());
          slice.forEach(key -> factRows += inFact.getOrDefault(key, List.of()).size());
        }
      }
    }

    /**
     * @param counting whether the rows have not been counted otherwise
     */
    private void judge(Collection<Key> suspects, boolean counting) {
      TreeSet<Key> open = new TreeSet<>(suspects);
      for (int look = 0; look < LOOKS && !open.isEmpty(); look++) {
        Map<Key, List<Row>> before = source.rows(open);
        barrier.await();
        Map<Key, List<Row>> arrived = fact.rows(open);
        Map<Key, List<Row>> after = source.rows(open);
        boolean last = look == LOOKS - 1;
        open.removeIf(
            key ->
                isJudged(key, of(before, key), of(arrived, key), of(after, key), counting, last));
      }
      unsettled += open.size();
    }

    private static List<Row> of(Map<Key, List<Row>> rows, Key key) {
      return rows.getOrDefault(key, List.of());
    }

    private boolean isJudged(
        Key key,
        List<Row> before,
        List<Row> arrived,
        List<Row> after,
        boolean counting,
        boolean last) {
      boolean isFolded = before.size() > 1 && after.size() > 1;
      boolean isRight = !isFolded && (Row.same(arrived, before) || Row.same(arrived, after));
      boolean isSettled = isRight || isFolded || Row.same(before, after);
      int inFact = Row.living(arrived).size();
      if (counting && (isSettled || last)) {
        // A row that is right was so in a state that both sides had.
        sourceRows += isRight ? inFact : Row.living(after).size();
        factRows += inFact;
      }
      if (!isSettled) {
        return false;
      }
      boolean isGone = after.isEmpty() && !mapping.settings().flagsDeletes();
      if (isGone && !isRight) {
        // Where deletes are dropped, a row that Postgres no longer has is as it should be.
        leftBehind += counting ? inFact : 0;
      } else if (!isRight) {
        List<String> names = mapping.compared().stream().map(c -> c.fact().name()).toList();
        differences.add(Difference.of(key, after, arrived, names));
      }
      return true;
    }
  }

  private static List<Integer> unequal(Map<Integer, Sum> one, Map<Integer, Sum> other) {
    Map<Integer, Sum> all = new TreeMap<>(one);
    all.putAll(other);
    return all.keySet().stream().filter(b -> !Objects.equals(one.get(b), other.get(b))).toList();
  }

  private static long total(Map<Integer, Sum> sums, Set<Integer> without) {
    return sums.entrySet().stream()
        .filter(sum -> !without.contains(sum.getKey()))
        .mapToLong(sum -> sum.getValue().rows())
        .sum();
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof SluiceException known
          ? known
          : new SluiceException("The comparison failed: " + e.getCause(), e);
    }
  }
}

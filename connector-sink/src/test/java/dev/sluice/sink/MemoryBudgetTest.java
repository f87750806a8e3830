package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MemoryBudgetTest {
  private final MemoryBudget budget = new MemoryBudget(1_200);
  private final MemoryBudget.Account busy = budget.account();

  @Test
  void aTableAloneMayHaveTwoThirds() {
    assertThat(busy.mayTake(800)).isTrue();
    assertThat(busy.mayTake(801)).isFalse();
    busy.take(800);
    assertThat(busy.mayTake(1)).isFalse();
    assertThat(budget.used()).isEqualTo(800);
  }

  @Test
  void whatIsNotThereIsNotTaken() {
    busy.take(600);

    assertThatThrownBy(() -> busy.take(201))
        .isInstanceOfSatisfying(NoRoomException.class, e -> assertThat(e.bytes()).isEqualTo(201));
    assertThat(busy.used()).isEqualTo(600);
    assertThat(budget.used()).isEqualTo(600);
  }

  @Test
  void aQuarterIsKeptForSharesOfTables() {
    MemoryBudget.Account quiet = budget.account();
    MemoryBudget.Account other = budget.account();
    // 100 each.
    busy.take(666);
    assertThat(busy.mayTake(1)).isFalse();
    other.take(100);
    while (other.mayTake(1)) {
      other.take(1);
    }
    assertThat(other.used()).isEqualTo(289);

    assertThat(quiet.mayTake(100)).isTrue();
    assertThat(budget.used()).isLessThanOrEqualTo(1_100);
  }

  @Test
  void theLargestWaitsFirst() {
    MemoryBudget.Account quiet = budget.account();
    busy.take(600);
    quiet.take(200);

    assertThat(busy.mayTake(100)).isFalse();
    assertThat(quiet.mayTake(100)).isTrue();
  }

  @Test
  void whatIsGivenBackIsFreeForOthers() {
    MemoryBudget.Account quiet = budget.account();
    busy.take(700);
    quiet.take(300);
    assertThat(quiet.mayTake(100)).isFalse();
    busy.giveBack(700);

    assertThat(quiet.mayTake(400)).isTrue();
    assertThat(quiet.mayTakeAlone(400)).isTrue();
    assertThat(quiet.mayTakeAlone(401)).isFalse();
    assertThat(budget.used()).isEqualTo(300);
  }

  @Test
  void aTableThatIsGoneLeavesItsShare() {
    MemoryBudget.Account gone = budget.account();
    assertThat(busy.mayTake(701)).isFalse();
    gone.close();
    assertThat(busy.mayTake(800)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "256, 4096, 1, 256",
    "256,  512, 1, 128",
    "256,  512, 2, 128",
    "256,  512, 4,  64",
    " 64,  512, 4,  64",
  })
  void theHeapBoundsTheSetting(long setting, long heap, int tasks, long limit) {
    assertThat(MemoryBudget.limit(setting, heap, tasks)).isEqualTo(limit);
  }

  static LongStream seeds() {
    Long seed = Long.getLong("seed");
    return seed != null ? LongStream.of(seed) : LongStream.range(0, 200);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void itIsNeverExceededAndEachMayHaveItsShare(long seed) {
    Random random = new Random(seed);
    MemoryBudget shared = new MemoryBudget(1_000_000);
    List<MemoryBudget.Account> tables = new ArrayList<>();
    int count = 1 + random.nextInt(20);
    for (int i = 0; i < count; i++) {
      tables.add(shared.account());
    }
    for (int step = 0; step < 2_000; step++) {
      MemoryBudget.Account table = tables.get(random.nextInt(count));
      if (random.nextInt(4) == 0) {
        table.giveBack(random.nextLong(table.used() + 1));
      } else {
        try {
          table.take(1 + random.nextInt(random.nextBoolean() ? 1_000 : 300_000));
        } catch (NoRoomException e) {
          // As it should.
        }
      }
      assertThat(shared.used())
          .isEqualTo(tables.stream().mapToLong(MemoryBudget.Account::used).sum())
          .isLessThanOrEqualTo(1_000_000);
      assertThat(tables)
          .allMatch(
              each -> each.mayTake(250_000 / count - each.used()) || each.used() > 250_000 / count);
    }
  }
}

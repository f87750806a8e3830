package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** With 50 inserts a second, so 20 ms from one to the next. */
class InsertPacerTest {
  /** As {@link System#nanoTime} has it, which may be negative. */
  private static final long START = -TimeUnit.HOURS.toNanos(1);

  private final InsertPacer pacer = new InsertPacer(50, START);

  @Test
  void aBurstOfOneSecondsInsertsGoesAtOnce() {
    assertThat(begun(0)).isEqualTo(50);
    assertThat(pacer.admits(at(19))).isFalse();
    assertThat(begun(20)).isEqualTo(1);
    assertThat(begun(100)).isEqualTo(4);
  }

  @Test
  void whoeverAlwaysWantsToGetsTheSettingOnAverage() {
    int begun = 0;
    for (long ms = 0; ms <= 10_000; ms++) {
      begun += begun(ms);
    }
    assertThat(begun).isEqualTo(550);
  }

  @Test
  void whatDoesNotWaitPutsOthersOffForOneGap() {
    for (int i = 0; i < 10_000; i++) {
      pacer.began(at(0));
    }
    assertThat(pacer.admits(at(19))).isFalse();
    assertThat(pacer.admits(at(20))).isTrue();
  }

  @Test
  void slowInsertsAreFewerSoThatEightAreUnderWay() {
    for (int i = 0; i < 100; i++) {
      pacer.took(1_600);
    }
    assertThat(begun(0)).isEqualTo(5);
    int begun = 0;
    for (long ms = 1; ms <= 10_000; ms++) {
      begun += begun(ms);
    }
    // 1,600 ms each, eight at once.
    assertThat(begun).isEqualTo(50);
  }

  @Test
  void quickInsertsEndIt() {
    for (int i = 0; i < 100; i++) {
      pacer.took(1_600);
    }
    for (int i = 0; i < 100; i++) {
      pacer.took(3);
    }
    assertThat(begun(0)).isEqualTo(50);
  }

  @Test
  void inOneSecondThereIsAlwaysOneAtLeast() {
    for (int i = 0; i < 100; i++) {
      pacer.took(TimeUnit.HOURS.toMillis(1));
    }
    assertThat(begun(0)).isEqualTo(1);
    assertThat(begun(999)).isZero();
    assertThat(begun(1_000)).isEqualTo(1);
  }

  /** How many inserts may begin now. */
  private int begun(long ms) {
    int begun = 0;
    while (pacer.admits(at(ms))) {
      pacer.began(at(ms));
      begun++;
    }
    return begun;
  }

  private static long at(long ms) {
    return START + TimeUnit.MILLISECONDS.toNanos(ms);
  }
}

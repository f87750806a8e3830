package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InsertLimitsTest {
  private static final int TIMEOUT_MS = 1_000;

  private final InsertLimits limits = new InsertLimits(TIMEOUT_MS);

  @Test
  void nothingIsLimitedAtFirst() {
    assertThat(limits.rows()).isEqualTo(Integer.MAX_VALUE);
    assertThat(limits.bytes()).isEqualTo(Integer.MAX_VALUE);
    assertThat(limits.timeoutMs()).isEqualTo(TIMEOUT_MS);
  }

  @Test
  void whatIsTooLargeIsHalvedDownToOneRow() {
    limits.tooLarge(1_000, 50_000);
    assertThat(limits.rows()).isEqualTo(500);
    assertThat(limits.bytes()).isEqualTo(25_000);

    limits.tooLarge(3, 90);
    limits.tooLarge(1, 30);
    assertThat(limits.rows()).isEqualTo(1);
    assertThat(limits.bytes()).isEqualTo(15);
  }

  @Test
  void itGrowsBackAndMoreSlowlyAfterEachTryThatFailed() {
    limits.tooLarge(1_000, 50_000);
    pass(7);
    assertThat(limits.rows()).isEqualTo(500);
    pass(1);
    assertThat(limits.rows()).isEqualTo(1_000);

    limits.tooLarge(1_000, 50_000);
    pass(15);
    assertThat(limits.rows()).isEqualTo(500);
    pass(1);
    assertThat(limits.rows()).isEqualTo(1_000);

    pass(10_000);
    assertThat(limits.rows()).isEqualTo(Integer.MAX_VALUE);
    assertThat(limits.bytes()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void aTimeoutGivesTwiceTheTimeUpToEightTimes() {
    assertThat(limits.tooSlow()).isTrue();
    assertThat(limits.timeoutMs()).isEqualTo(2_000);
    assertThat(limits.tooSlow()).isTrue();
    assertThat(limits.tooSlow()).isTrue();
    assertThat(limits.timeoutMs()).isEqualTo(8_000);
    assertThat(limits.tooSlow()).isFalse();
    assertThat(limits.timeoutMs()).isEqualTo(8_000);

    limits.passed(7_000);
    assertThat(limits.timeoutMs()).isEqualTo(8_000);
    limits.passed(100);
    assertThat(limits.timeoutMs()).isEqualTo(4_000);
    limits.passed(100);
    limits.passed(100);
    limits.passed(100);
    assertThat(limits.timeoutMs()).isEqualTo(TIMEOUT_MS);
  }

  private void pass(int times) {
    for (int i = 0; i < times; i++) {
      limits.passed(10);
    }
  }
}

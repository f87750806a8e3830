package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LsnBaseTest {

  @ParameterizedTest(name = "base {0}, Postgres at {1}, facts up to {2}")
  @CsvSource({
    "  0, 500,   0,   0",
    "  0, 500, 500,   0",
    "  0, 500, 501,   2",
    "  0, 500, 900, 401",
    "401, 500, 900, 401",
    "401, 500, 901, 401",
    "401, 500, 902, 403",
    "401, 100, 902, 803"
  })
  void theNextChangeIsAboveEveryVersion(long present, long position, long newest, long required) {
    assertThat(LsnBase.required(present, position, newest)).isEqualTo(required);
  }
}

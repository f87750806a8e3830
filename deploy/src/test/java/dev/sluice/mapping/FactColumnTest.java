package dev.sluice.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FactColumnTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "none",
      value = {
        "-7           | Int8                   | -7",
        "1.5e3        | Float64                | 1.5e3",
        "'it\\'s'      | LowCardinality(String) | 'it\\'s'",
        "NULL         | Nullable(Int32)        | NULL",
        "true         | Bool                   | true",
        "0            | DateTime               | 0",
        "1700000000   | DateTime               | none",
        "1            | Enum8('a' = 1)         | none",
        "'a'          | Enum8('a' = 1)         | 'a'",
        "now()        | DateTime               | none",
        "1 + 1        | Int8                   | none",
        "concat('a', 'b') | String             | none",
      })
  void aDefaultIsWhatTheTransformTakesForALiteralToo(
      String expression, String type, String literal) {
    assertThat(FactColumn.literal(expression, type)).isEqualTo(literal);
  }
}

package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CanonicalFormTest {

  @ParameterizedTest
  @CsvSource({
    "uuid, String, TEXT",
    "boolean, Nullable(String), TEXT",
    "boolean, Nullable(Int32), BOOLEAN_AS_NUMBER",
    "integer, Nullable(Int32), NUMBER",
    "numeric, Nullable(Float64), DOUBLE",
    "timestamp with time zone, Int64, EPOCH_MILLIS",
    "text, LowCardinality(String), TEXT"
  })
  void formOfAPair(String sourceType, String factType, CanonicalForm form) {
    assertThat(CanonicalForm.of("c", sourceType, factType)).isEqualTo(form);
  }

  @Test
  void unknownPairIsRefusedByName() {
    assertThatThrownBy(() -> CanonicalForm.of("shape", "polygon", "String"))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("shape")
        .hasMessageContaining("polygon");
  }
}

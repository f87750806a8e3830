package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UnavailableTest {

  private static final String WORDS = "__debezium_unavailable_value";
  private static final byte[] BYTES = WORDS.getBytes(StandardCharsets.UTF_8);

  @Test
  void placeholderIsKnownInTheFormOfEachType() {
    assertThat(Unavailable.is(WORDS)).isTrue();
    assertThat(Unavailable.is("X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==")).isTrue();
    assertThat(Unavailable.is("{\"" + WORDS + "\":\"" + WORDS + "\"}")).isTrue();
    assertThat(Unavailable.is(BYTES)).isTrue();
    assertThat(Unavailable.is(ByteBuffer.wrap(BYTES))).isTrue();
    assertThat(Unavailable.is(Map.of(WORDS, WORDS))).isTrue();
    assertThat(Unavailable.is(List.of(WORDS))).isTrue();
    assertThat(Unavailable.is(List.of(BYTES))).isTrue();
    assertThat(Unavailable.is(List.of("X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="))).isTrue();
    assertThat(Unavailable.is(List.of("c3b3fdc7-5b79-3a8e-9a4f-0a4cf4e8d2b1"))).isFalse();
    assertThat(Unavailable.is(List.of(java.util.UUID.nameUUIDFromBytes(BYTES).toString())))
        .isTrue();
    List<Object> integers = new ArrayList<>();
    List<Object> longs = new ArrayList<>();
    for (byte b : BYTES) {
      integers.add((int) b);
      longs.add((long) b);
    }
    assertThat(Unavailable.is(integers)).isTrue();
    assertThat(Unavailable.is(longs)).isTrue();
  }

  @Test
  void valuesThatOnlyLookAlikeAreValues() {
    assertThat(Unavailable.is(WORDS.toUpperCase(java.util.Locale.ROOT))).isFalse();
    assertThat(Unavailable.is("A".repeat(40))).isFalse();
    assertThat(Unavailable.is("A".repeat(61))).isFalse();
    assertThat(Unavailable.is("A".repeat(63))).isFalse();
    assertThat(Unavailable.is(Map.of(WORDS, "x"))).isFalse();
    assertThat(Unavailable.is(Map.of(WORDS, WORDS, "x", "y"))).isFalse();
    assertThat(Unavailable.is(Arrays.copyOf(BYTES, 5))).isFalse();
    assertThat(Unavailable.is(ByteBuffer.wrap(BYTES, 1, 5))).isFalse();
    assertThat(Unavailable.is(List.of())).isFalse();
    assertThat(Unavailable.is(List.of("x"))).isFalse();
    assertThat(Unavailable.is(Arrays.asList((Object) null))).isFalse();
    assertThat(Unavailable.is(List.of(WORDS, WORDS))).isFalse();
    assertThat(Unavailable.is(java.util.Collections.nCopies(28, 95))).isFalse();
    assertThat(Unavailable.is(java.util.Collections.nCopies(28, "_"))).isFalse();
    assertThat(Unavailable.is(42L)).isFalse();
  }
}

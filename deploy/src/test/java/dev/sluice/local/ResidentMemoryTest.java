package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ResidentMemoryTest {

  private static final long MIB = 1 << 20;

  @Test
  void processAndItsChildrenAreCounted() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/smaps_rollup")), "Linux tells it.");
    long self = ProcessHandle.current().pid();
    assertThat(ResidentMemory.of(self)).isBetween(10 * MIB, Runtime.getRuntime().maxMemory() * 4);

    Process child = new ProcessBuilder("sleep", "600").start();
    try {
      assertThat(ResidentMemory.ofTree(child.pid())).isBetween(1L, 10 * MIB);
      assertThat(ResidentMemory.ofTree(self)).isGreaterThan(10 * MIB);
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThat(ResidentMemory.ofTree(child.pid())).as("it has ended").isZero();
  }
}

package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnprivilegedTest {

  private static final boolean ROOT = System.getProperty("user.name").equals("root");

  @TempDir Path folder;

  /** {@code initdb} refuses root, runs a program beside it, and writes a few thousand files. */
  @ParameterizedTest
  @EnumSource
  void postgresIsNotRootAndWritesIntoAClosedFolderOfRoot(Unprivileged way) throws Exception {
    assumeTrue(ROOT, "Only root has privileges to lose.");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Path initdb = new Downloads(step -> {}).postgres().resolve("bin/initdb");

    Process process =
        new ProcessBuilder(
                way.of(initdb.toString(), "--no-sync", "--pgdata=" + folder.resolve("data")))
            .redirectErrorStream(true)
            .start();

    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    // A system that forbids namespaces says so at once; the other way is there for it.
    assumeTrue(!output.contains("unshare failed"), output);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(folder.resolve("data/PG_VERSION")).exists();
  }

  @Test
  void whoIsNotRootStartsProgramsAsTheyAre() {
    assumeTrue(!ROOT, "For root it is otherwise.");
    assertThat(Unprivileged.command("true")).containsExactly("true");
  }
}

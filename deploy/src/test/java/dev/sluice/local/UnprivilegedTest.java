package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnprivilegedTest {

  private static final boolean ROOT = System.getProperty("user.name").equals("root");

  @TempDir Path folder;

  @Test
  void programOfRootIsNotRootAndWritesIntoFoldersOfRoot() throws Exception {
    assumeTrue(ROOT, "Only root has privileges to lose.");
    assertNotRoot(Unprivileged.command("sh", "-c", script()));
  }

  @Test
  void programOfRootIsNotRootWhereNamespacesAreForbidden() throws Exception {
    assumeTrue(ROOT, "Only root has privileges to lose.");
    assertNotRoot(Unprivileged.NOBODY.of("sh", "-c", script()));
  }

  @Test
  void whoIsNotRootStartsProgramsAsTheyAre() {
    assumeTrue(!ROOT, "For root it is otherwise.");
    assertThat(Unprivileged.command("true")).containsExactly("true");
  }

  private String script() {
    return "id -u && mkdir " + folder.resolve("made") + " && chmod 700 " + folder.resolve("made");
  }

  private void assertNotRoot(List<String> command) throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.strip()).isNotEqualTo("0");
    assertThat(folder.resolve("made")).isDirectory();
  }
}

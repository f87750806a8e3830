package dev.sluice.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The machine's kubectl, which needs no cluster to build a kustomization. */
final class Kubectl {

  // The first whose kustomize knows components.
  private static final int LEAST_MINOR = 21;

  private Kubectl() {}

  /** What it makes of the folder; without a kubectl the test is skipped, and that is said. */
  static String kustomizeOrSkip(Path folder) throws Exception {
    boolean there = minorVersion() >= LEAST_MINOR;
    String reason = "kubectl 1." + LEAST_MINOR + " or newer is missing.";
    if (!there) {
      System.err.println("Tests of the kustomizations are SKIPPED: " + reason);
    }
    assumeTrue(there, reason);
    return run("kustomize", folder.toString());
  }

  private static int minorVersion() throws Exception {
    try {
      String version = run("version", "--client", "--output=json");
      String minor = new ObjectMapper().readTree(version).at("/clientVersion/minor").asText();
      return Integer.parseInt(minor.replaceAll("\\D", "")); // 32+ is one, too
    } catch (IOException e) {
      return 0;
    }
  }

  private static String run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).start();
    String said = new String(process.getInputStream().readAllBytes());
    String errors = new String(process.getErrorStream().readAllBytes());
    assertThat(process.waitFor()).as(errors).isZero();
    return said;
  }
}

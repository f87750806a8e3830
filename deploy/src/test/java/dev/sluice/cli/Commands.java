package dev.sluice.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs commands as somebody would type them, about the stack of a data directory. */
public final class Commands {

  private final Path dataDir;
  private final StringWriter output = new StringWriter();

  /** Nothing is run yet. */
  public Commands(Path dataDir) {
    this.dataDir = dataDir;
  }

  /** The exit code. */
  public int run(String command, String... options) {
    output.getBuffer().setLength(0);
    List<String> arguments = new ArrayList<>(List.of(command, "--data-dir", dataDir.toString()));
    arguments.addAll(List.of(options));
    PrintWriter writer = new PrintWriter(output, true);
    return Sluice.commandLine()
        .setOut(writer)
        .setErr(writer)
        .execute(arguments.toArray(String[]::new));
  }

  /** What the last one has printed. */
  public String output() {
    return output.toString();
  }

  /** The verdicts of doctor, by check. */
  public Map<String, String> doctor(String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--json"));
    arguments.addAll(List.of(options));
    run("doctor", arguments.toArray(String[]::new));
    Map<String, String> verdicts = new HashMap<>();
    for (JsonNode check : new ObjectMapper().readTree(output()).findValues("checks").get(0)) {
      verdicts.merge(
          check.path("name").asText(),
          check.path("verdict").asText(),
          (one, other) -> one.equals("FAIL") ? one : other);
    }
    return verdicts;
  }
}

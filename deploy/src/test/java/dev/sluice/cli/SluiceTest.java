package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What the command line says to what cannot be done; nothing is started. */
final class SluiceTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine commandLine =
      Sluice.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "up --rows -1                         | 1 | --rows -1",
        "up --rows many                       | 2 | --rows",
        "up --json                            | 2 | --until-synced",
        "up --sink official                   | 1 | --sink-plugin DIR",
        "up --sink-plugin /tmp                | 1 | --sink official",
        "up --sink official --sink-plugin /no/such/dir | 1 | /no/such/dir",
        "up --sink other                      | 2 | --sink",
        "up --table public.other              | 1 | --postgres",
        "up --table a.b.c --postgres postgresql://h/d | 2 | schema.table",
        "prepare --table public.x' | 2 | in double quotes",
        "up --postgres h:5432                 | 1 | postgresql://user:password@host",
        "up --postgres postgresql://h/d --postgres-port 1 | 1 | --postgres-port",
        "up --clickhouse ftp://h              | 1 | http://user:password@host",
        "register /no/such/file.json          | 1 | /no/such/file.json",
        "register --sink other                | 2 | --sink",
        "prepare --visits -1                  | 2 | --visits -1",
        "prepare --postgres h:5432            | 1 | postgresql://user:password@host",
        "ops --bind 0.0.0.0                   | 1 | SLUICE_OPS_TOKEN",
        "ops --port 70000                     | 1 | --port 70000",
        "ops --postgres h:5432                | 1 | postgresql://user:password@host",
        "status --connect http://127.0.0.1:1  | 1 | http://127.0.0.1:1",
        "nonsense                             | 2 | nonsense"
      })
  void mistakeIsNamed(String arguments, int exitCode, String named, @TempDir Path dataDir) {
    String[] words =
        (arguments.startsWith("up") ? arguments + " --data-dir " + dataDir : arguments).split(" ");
    assertThat(commandLine.execute(words)).isEqualTo(exitCode);
    assertThat(err.toString()).contains(named).doesNotContain("\tat ");
  }

  @Test
  void helpTeaches() {
    assertThat(commandLine.execute("up", "--help")).isZero();
    assertThat(out.toString()).contains("--until-synced", "Ctrl-C", "Examples:");
  }

  @Test
  void versionIsTheBuilds() {
    assertThat(commandLine.execute("--version")).isZero();
    assertThat(out.toString().strip()).matches("sluice \\d+\\.\\d+\\.\\d+.*");
  }
}

package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

final class ConsoleTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Test
  void plainProgressIsOneLinePerKind() {
    Console console = new Console(new PrintStream(bytes), false);
    console.progress("Snapshot: 1 of 10 rows");
    console.progress("Snapshot: 2 of 10 rows");
    console.progress("Streaming: 3 rows/s");
    console.say("Done");
    assertThat(bytes.toString().lines())
        .containsExactly("Snapshot: 1 of 10 rows", "Streaming: 3 rows/s", "Done");
    assertThat(bytes.toString()).doesNotContain("\u001b");
  }

  @Test
  void terminalProgressStaysBelowWhatIsSaid() {
    Console console = new Console(new PrintStream(bytes), true);
    console.progress("one");
    console.say("Done");
    String erase = "\r\u001b[2K";
    assertThat(bytes.toString())
        .isEqualTo(erase + "one" + erase + "Done" + System.lineSeparator() + "one");
  }
}

package dev.sluice.cli;

import dev.sluice.Narrator;
import java.io.PrintStream;

/**
 * Sentences and progress for a person. On a terminal, progress is one line that refreshes;
 * elsewhere it is plain lines, one every few seconds and one whenever something else is being
 * waited for.
 */
public final class Console implements Narrator {

  private static final long PLAIN_INTERVAL_NANOS = 5_000_000_000L;
  private static final String ERASE_LINE = "\r\u001b[2K";

  private final PrintStream out;
  private final boolean terminal;
  private String line = "";
  private String lastKind = "";
  private long lastPlain;

  /**
   * @param out where to write
   * @param terminal whether it understands a refreshing line
   */
  Console(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Standard error, as a terminal when it is likely to be one. */
  public static Console standard() {
    boolean terminal = System.console() != null && !"dumb".equals(System.getenv("TERM"));
    return new Console(System.err, terminal);
  }

  @Override
  public synchronized void say(String sentence) {
    if (terminal) {
      out.print(ERASE_LINE);
    }
    out.println(sentence);
    if (terminal) {
      out.print(line);
    }
    out.flush();
  }

  @Override
  public synchronized void progress(String text) {
    if (terminal) {
      line = text.length() > 118 ? text.substring(0, 118) : text;
      out.print(ERASE_LINE + line);
      out.flush();
      return;
    }
    // What stands before the first number tells one kind of progress from another.
    String kind = text.split("[0-9]", 2)[0];
    long now = System.nanoTime();
    if (!kind.equals(lastKind) || now - lastPlain > PLAIN_INTERVAL_NANOS) {
      out.println(text);
      out.flush();
      lastKind = kind;
      lastPlain = now;
    }
  }

  /** Ends the refreshing line, so that what follows starts on a clean one. */
  public synchronized void endProgress() {
    if (terminal && !line.isEmpty()) {
      out.print(ERASE_LINE);
      out.flush();
    }
    line = "";
  }
}

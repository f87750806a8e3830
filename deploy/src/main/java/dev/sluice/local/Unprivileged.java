package dev.sluice.local;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How a program that refuses to run as root is started by root, with nothing to prepare: no user to
 * be made, no folder to be opened to others.
 */
enum Unprivileged {
  /** In a user namespace of its own, where nobody is root. */
  NAMESPACE("unshare", "--user"),
  /**
   * As nobody, with root's right to pass closed folders and to write into them: for systems that
   * forbid namespaces, as containers mostly do.
   */
  NOBODY(
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      // Or access(2), by which Postgres looks for its programs, would not count the right.
      "--securebits=+no_setuid_fixup",
      "--inh-caps=+dac_override",
      "--ambient-caps=+dac_override");

  /** Asked once, and by root only. */
  private static class Here {
    static final Unprivileged POSSIBLE = NAMESPACE.works() ? NAMESPACE : NOBODY;
  }

  private final List<String> prefix;

  Unprivileged(String... prefix) {
    this.prefix = List.of(prefix);
  }

  /** The command for whoever this process runs as. */
  static List<String> command(String... command) {
    return System.getProperty("user.name").equals("root")
        ? Here.POSSIBLE.of(command)
        : List.of(command);
  }

  /** The command for root, in this way. */
  List<String> of(String... command) {
    List<String> words = new ArrayList<>(prefix);
    words.addAll(List.of(command));
    return words;
  }

  private boolean works() {
    try {
      return new ProcessBuilder(of("true"))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}

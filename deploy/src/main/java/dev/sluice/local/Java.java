package dev.sluice.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of the JVMs of the local stack. */
final class Java {

  private Java() {}

  /**
   * @param heap the most that the heap may take, as {@code -Xmx} writes it
   * @param options further options of the JVM
   */
  static List<String> command(
      String heap, String classPath, List<String> options, String mainClass, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heap);
    // On a machine that runs the whole pipeline, memory costs more than pauses of some
    // milliseconds.
    command.add("-XX:+UseSerialGC");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.addAll(options);
    command.add("-cp");
    command.add(classPath);
    command.add(mainClass);
    command.addAll(List.of(arguments));
    return command;
  }
}

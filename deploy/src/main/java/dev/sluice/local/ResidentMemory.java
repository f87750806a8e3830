package dev.sluice.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Memory of a process and its children, as Linux counts it. */
final class ResidentMemory {

  private ResidentMemory() {}

  /**
   * Bytes resident in a process and all below it, with pages that several share divided among them
   * (PSS), so that Postgres's shared buffers count once. 0 where {@code /proc} does not tell.
   */
  static long ofTree(long pid) {
    Stream<ProcessHandle> tree =
        ProcessHandle.of(pid).stream()
            .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()));
    return tree.mapToLong(handle -> of(handle.pid())).sum();
  }

  /** Bytes resident in one process, its children left out. */
  static long of(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
      return lines
          .filter(line -> line.startsWith("Pss:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // It ended meanwhile, or this is not Linux.
    }
  }
}

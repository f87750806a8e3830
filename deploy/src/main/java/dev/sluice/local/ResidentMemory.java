package dev.sluice.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Memory of a process and its children, as Linux counts it. */
final class ResidentMemory {

  private ResidentMemory() {}

  /**
   * Bytes resident in a process and all below it, with pages that several share divided among them
   * (PSS), so that Postgres's shared buffers count once. Where Linux does not tell that, for want
   * of privileges over another user's process, each one's own pages, and the largest share. 0 where
   * there is no {@code /proc}.
   */
  static long ofTree(long pid) {
    List<Long> tree =
        ProcessHandle.of(pid).stream()
            .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
            .map(ProcessHandle::pid)
            .toList();
    long proportional = tree.stream().mapToLong(ResidentMemory::of).sum();
    if (proportional > 0) {
      return proportional;
    }
    long own = tree.stream().mapToLong(one -> read(one, "status", "RssAnon:")).sum();
    long shared =
        tree.stream()
            .mapToLong(one -> read(one, "status", "RssFile:") + read(one, "status", "RssShmem:"))
            .max()
            .orElse(0);
    return own + shared;
  }

  /** Bytes resident in one process, its children left out. */
  static long of(long pid) {
    return read(pid, "smaps_rollup", "Pss:");
  }

  private static long read(long pid, String file, String field) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid, file)).stream()
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // It ended meanwhile, or Linux does not tell, or this is not Linux.
    }
  }
}

package dev.sluice.local;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One server of the local stack: how it is prepared, started and found ready. What is the same for
 * all of them (processes, logs, restarts) is {@link Supervisor}'s.
 */
interface LocalServer {

  /** The field's own name, such as {@code Postgres}. */
  String name();

  /** The port on 127.0.0.1 that its users connect to. */
  int port();

  /**
   * What happens once before the first start on a data directory, and again if it was cut short.
   */
  void prepare();

  /** The command line; it must stay in the foreground. */
  List<String> command();

  /** What the process gets in its environment besides this process's own. */
  default Map<String, String> environment() {
    return Map.of();
  }

  /** True once users can work with it; called again and again, returns quickly, never throws. */
  boolean ready();

  /** How long a start may take on a slow machine. */
  default Duration startLimit() {
    return Duration.ofSeconds(120);
  }

  /** The signal that stops it properly, by its POSIX name. */
  default String stopSignal() {
    return "TERM";
  }

  /** The log's file name below the data directory's {@code logs}. */
  default Path logFile(DataDir dataDir) {
    return dataDir.log(name().toLowerCase());
  }
}

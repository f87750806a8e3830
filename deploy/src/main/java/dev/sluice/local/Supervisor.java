package dev.sluice.local;

import dev.sluice.Pause;
import dev.sluice.SluiceException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Keeps one {@link LocalServer}'s process alive.
 *
 * <p>Failure semantics: a first start that fails ends with the last lines of the log. After that, a
 * process that dies is started again, for ever, after 0.5 s and then twice as long each time up to
 * 30 s; a minute of life resets the wait. A process left by an earlier run that was killed is
 * recognised by its id and start time (see {@link #stopLeftovers}).
 */
public final class Supervisor {

  private static final Duration FIRST_WAIT = Duration.ofMillis(500);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final Duration STEADY = Duration.ofMinutes(1);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final int LOG_LINES = 15;

  private final LocalServer server;
  private final DataDir dataDir;
  private final Consumer<String> events;

  private volatile Process process;
  private volatile boolean stopping;
  private volatile boolean up;

  /**
   * @param events takes one sentence whenever the process dies, is started again or is ready again;
   *     called from the supervisor's own thread
   */
  Supervisor(LocalServer server, DataDir dataDir, Consumer<String> events) {
    this.server = server;
    this.dataDir = dataDir;
    this.events = events;
  }

  /**
   * Prepares and starts the server and returns when it is ready; from then on it is watched.
   *
   * @throws SluiceException with the last lines of the log when it ends or does not get ready
   */
  void start() {
    server.prepare();
    spawn();
    awaitReady();
    Thread watch = new Thread(this::watch, "watch-" + server.name());
    watch.setDaemon(true);
    watch.start();
  }

  /** The server's name. */
  public String name() {
    return server.name();
  }

  /** The server's port. */
  public int port() {
    return server.port();
  }

  /** The id of the running process; empty while there is none. */
  public Optional<Long> pid() {
    Process current = process;
    return current != null && current.isAlive() ? Optional.of(current.pid()) : Optional.empty();
  }

  /** True while the process runs and has been found ready. */
  public boolean isUp() {
    return up && process.isAlive();
  }

  /** Stops the process properly, or hard when it does not end in time. Does not return before. */
  void stop() {
    stopping = true;
    Process current = process;
    if (current != null) {
      stop(current.toHandle(), server.stopSignal());
    }
    remove(pidFile());
  }

  /** Ends the process at once and for good. */
  void kill() {
    stopping = true;
    process.destroyForcibly();
    remove(pidFile());
  }

  private static void stop(ProcessHandle handle, String signal) {
    // Process.destroy can only send TERM, which makes Postgres wait for its clients.
    signal(handle, signal);
    try {
      handle.onExit().get(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      handle.destroyForcibly();
      handle.onExit().join();
    }
  }

  private static void signal(ProcessHandle handle, String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(handle.pid())).start().waitFor();
    } catch (IOException e) {
      handle.destroy();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void spawn() {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      // A session of its own: Ctrl-C in the terminal reaches us alone, and we stop in good order.
      command.add("/usr/bin/setsid");
    }
    command.addAll(server.command());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(server.environment());
    File log = server.logFile(dataDir).toFile();
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    try {
      process = builder.start();
      process.getOutputStream().close();
      Files.writeString(pidFile(), process.pid() + " " + startTime(process.toHandle()));
    } catch (IOException e) {
      throw new SluiceException(
          server.name() + " cannot be started: " + SluiceException.reason(e), e);
    }
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + server.startLimit().toNanos();
    while (!(server.ready() && process.isAlive())) {
      if (!process.isAlive()) {
        throw new SluiceException(
            server.name() + " ended with exit code " + process.exitValue() + "." + logTail());
      }
      if (System.nanoTime() > deadline) {
        stop();
        throw new SluiceException(
            server.name()
                + " is not ready after "
                + server.startLimit().toSeconds()
                + " s."
                + logTail());
      }
      Pause.millis(50);
    }
    up = true;
  }

  private void watch() {
    Duration wait = FIRST_WAIT;
    while (!stopping) {
      long startedAt = System.nanoTime();
      int code = process.onExit().join().exitValue();
      long diedAt = System.nanoTime();
      up = false;
      if (stopping) {
        return;
      }
      if (diedAt - startedAt > STEADY.toNanos()) {
        wait = FIRST_WAIT;
      }
      events.accept(
          "%s died (exit code %d); starting it again in %.1f s"
              .formatted(server.name(), code, wait.toMillis() / 1000.0));
      try {
        Pause.millis(wait.toMillis());
        wait =
            wait.multipliedBy(2).compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait.multipliedBy(2);
        restart(diedAt);
      } catch (SluiceException e) {
        if (!stopping) {
          events.accept(e.getMessage());
        }
      }
    }
  }

  private synchronized void restart(long diedAt) {
    if (stopping) {
      return;
    }
    spawn();
    awaitReady();
    events.accept(
        "%s is back after %.1f s".formatted(server.name(), (System.nanoTime() - diedAt) / 1e9));
  }

  /** Stops every process that an earlier run, itself killed, left behind in a data directory. */
  static void stopLeftovers(DataDir dataDir, Consumer<String> events) {
    for (Path pidFile : dataDir.runFiles("*.pid")) {
      leftover(pidFile)
          .ifPresent(
              left -> {
                String name = pidFile.getFileName().toString().replace(".pid", "");
                events.accept(
                    "Stopping the %s that an earlier run left behind (process %d)"
                        .formatted(name, left.pid()));
                stop(left, "INT");
              });
      remove(pidFile);
    }
  }

  private static Optional<ProcessHandle> leftover(Path pidFile) {
    try {
      String[] parts = Files.readString(pidFile).strip().split(" ");
      return ProcessHandle.of(Long.parseLong(parts[0]))
          .filter(handle -> startTime(handle).equals(parts[1]));
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return Optional.empty(); // Cut short while being written: its process never got far.
    }
  }

  /** Tells a process from a later one that got the same id. */
  private static String startTime(ProcessHandle handle) {
    return handle.info().startInstant().map(i -> Long.toString(i.toEpochMilli())).orElse("unknown");
  }

  private Path pidFile() {
    return dataDir.run(server.name().toLowerCase() + ".pid");
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String logTail() {
    Path log = server.logFile(dataDir);
    try {
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      String tail =
          String.join("\n  ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
      return " The end of " + log + ":\n  " + tail;
    } catch (IOException e) {
      return " Its log " + log + " cannot be read.";
    }
  }
}

package dev.sluice.local;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A ClickHouse server from libchdb, in a JVM of its own: {@code ChdbServer LIBRARY DATA_DIR PORT
 * [HOST CONFIG_FILE]}.
 *
 * <p>libchdb holds clickhouse-local together with ClickHouse's own HTTP handler. One blocking call
 * turns it into a server on 127.0.0.1; it returns when {@code exit} is typed at its prompt, which
 * the shutdown hook does, so SIGTERM and Ctrl-C close the tables properly. A {@code kill -9} loses
 * nothing that was acknowledged; a power failure may, as libchdb does not call {@code fsync}.
 *
 * <p>Failure semantics: a port in use or a locked data directory may leave the engine at its prompt
 * instead of ending it, so whoever starts this process waits for {@code /ping}. If the engine ends
 * with an error, the error is printed and the exit code is 1.
 */
public final class ChdbServer {

  /** The part of libchdb's C interface that a server needs (chdb.h). */
  interface Chdb extends Library {
    void chdb_set_signal_handlers_enabled(int enabled);

    Pointer chdb_query_cmdline(int argc, StringArray argv);

    String chdb_result_error(Pointer result);
  }

  /** Pseudo-terminals (posix_openpt(3)). */
  interface Terminal extends Library {
    int O_RDWR = 2;
    int O_NOCTTY = System.getProperty("os.name").startsWith("Mac") ? 0x20000 : 0x100;

    int posix_openpt(int flags);

    int grantpt(int fd);

    int unlockpt(int fd);

    String ptsname(int fd);

    int open(String path, int flags);

    int dup2(int from, int to);

    long write(int fd, byte[] bytes, long count);
  }

  private ChdbServer() {}

  /**
   * Arguments: path of the library, directory of the tables, HTTP port; where it is not to be for
   * this machine alone, also the address to listen on and a configuration that names the users.
   * Returns when stopped.
   */
  public static void main(String[] args) {
    if (args.length != 3 && args.length != 5) {
      System.err.println("usage: ChdbServer LIBRARY DATA_DIR PORT [HOST CONFIG_FILE]");
      System.exit(2);
    }
    Chdb chdb = Native.load(args[0], Chdb.class);
    // The JVM uses SIGSEGV and others itself: with the engine's handlers on, it dies within
    // seconds.
    chdb.chdb_set_signal_handlers_enabled(0);
    int console = consoleAsStandardInput();

    Thread engine = new Thread(() -> serve(chdb, args), "chdb");
    engine.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(console, engine), "stop"));
  }

  /**
   * Makes standard input a pseudo-terminal and returns its other end. Without a terminal, one reset
   * connection ends the whole engine silently.
   */
  private static int consoleAsStandardInput() {
    Terminal terminal = Native.load("c", Terminal.class);
    int console = terminal.posix_openpt(Terminal.O_RDWR | Terminal.O_NOCTTY);
    if (console < 0 || terminal.grantpt(console) != 0 || terminal.unlockpt(console) != 0) {
      throw new IllegalStateException("no pseudo-terminal can be had (is /dev/pts mounted?)");
    }
    int slave = terminal.open(terminal.ptsname(console), Terminal.O_RDWR | Terminal.O_NOCTTY);
    if (slave < 0 || terminal.dup2(slave, 0) != 0) {
      throw new IllegalStateException("the pseudo-terminal cannot become standard input");
    }
    return console;
  }

  private static void serve(Chdb chdb, String[] args) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "clickhouse-local",
                "--path=" + args[1],
                "--listen_host=" + (args.length > 3 ? args[3] : "127.0.0.1"),
                "--http_port=" + args[2],
                "--interactive",
                "--disable_suggestion",
                "--history_file=/dev/null",
                "--highlight=0",
                "--log-level=warning",
                "--query",
                "SYSTEM START LISTEN HTTP"));
    if (args.length > 4) {
      command.add("--config-file=" + args[4]);
    }
    Pointer result =
        chdb.chdb_query_cmdline(
            command.size(), new StringArray(command.toArray(String[]::new), "UTF-8"));
    String error = chdb.chdb_result_error(result);
    if (error != null) {
      System.err.println(error);
    }
    // halt, not exit: when the engine ended because a shutdown is under way, exit would wait for
    // it.
    Runtime.getRuntime().halt(error == null ? 0 : 1);
  }

  private static void stop(int console, Thread engine) {
    byte[] exit = "exit\n".getBytes(StandardCharsets.US_ASCII);
    Native.load("c", Terminal.class).write(console, exit, exit.length);
    try {
      engine.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

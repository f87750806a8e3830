package dev.sluice.local;

import dev.sluice.SluiceException;
import dev.sluice.servers.PostgresAddress;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Postgres with {@code wal_level=logical} on 127.0.0.1, for the superuser {@code postgres} without
 * a password.
 *
 * <p>Postgres refuses to run as root, who starts it {@link Unprivileged}.
 */
final class PostgresServer implements LocalServer {

  private final Path installation;
  private final DataDir dataDir;
  private final int port;

  PostgresServer(Path installation, DataDir dataDir, int port) {
    this.installation = installation;
    this.dataDir = dataDir;
    this.port = port;
  }

  @Override
  public String name() {
    return "Postgres";
  }

  @Override
  public int port() {
    return port;
  }

  PostgresAddress address() {
    return new PostgresAddress("127.0.0.1", port, "postgres", "postgres", "");
  }

  @Override
  public void prepare() {
    if (dataDir.isPrepared("postgres")) {
      return;
    }
    Path folder = dataDir.resolve("postgres");
    DataDir.remove(folder);
    File log = logFile(dataDir).toFile();
    List<String> command =
        Unprivileged.command(
            program("initdb"),
            "--pgdata=" + folder,
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync");
    try {
      int code =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
              .start()
              .waitFor();
      if (code != 0) {
        throw new SluiceException(
            "initdb ended with exit code "
                + code
                + ":\n"
                + Files.readString(log.toPath()).indent(2));
      }
    } catch (IOException e) {
      throw new SluiceException("initdb cannot be started: " + SluiceException.reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
    dataDir.markPrepared("postgres");
  }

  @Override
  public List<String> command() {
    return Unprivileged.command(
        program("postgres"),
        "-D",
        dataDir.resolve("postgres").toString(),
        "-p",
        Integer.toString(port),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "wal_level=logical",
        "-c",
        "max_wal_size=4GB",
        "-c",
        "log_min_messages=warning");
  }

  @Override
  public boolean ready() {
    try (Connection connection = address().connect()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  /** Fast shutdown: clients are cut, transactions rolled back, a checkpoint is written. */
  @Override
  public String stopSignal() {
    return "INT";
  }

  private String program(String name) {
    return installation.resolve("bin").resolve(name).toString();
  }
}

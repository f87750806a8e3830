package dev.sluice.local;

import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ClickHouseClient;
import java.nio.file.Path;
import java.util.List;

/** ClickHouse: {@link ChdbServer} in a JVM of its own, for the user {@code default}. */
final class ClickHouseServer implements LocalServer {

  private final Home home;
  private final Path libchdb;
  private final DataDir dataDir;
  private final int port;

  ClickHouseServer(Home home, Path libchdb, DataDir dataDir, int port) {
    this.home = home;
    this.libchdb = libchdb;
    this.dataDir = dataDir;
    this.port = port;
  }

  @Override
  public String name() {
    return "ClickHouse";
  }

  @Override
  public int port() {
    return port;
  }

  ClickHouseAddress address() {
    return new ClickHouseAddress("127.0.0.1", port, false, "default", "default", "");
  }

  @Override
  public void prepare() {
    // The engine makes its own directory, and fixes a half-written one.
  }

  @Override
  public List<String> command() {
    return Java.command(
        "64m",
        home.libraryClassPath(),
        List.of(),
        ChdbServer.class.getName(),
        libchdb.toString(),
        dataDir.resolve("clickhouse").toString(),
        Integer.toString(port));
  }

  @Override
  public boolean ready() {
    if (!Ports.answers(port)) {
      return false;
    }
    try (ClickHouseClient clickHouse = new ClickHouseClient(address())) {
      return clickHouse.number("SELECT 1") == 1;
    } catch (RuntimeException e) {
      return false;
    }
  }
}

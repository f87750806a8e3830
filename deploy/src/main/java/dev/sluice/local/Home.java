package dev.sluice.local;

import dev.sluice.SluiceException;
import dev.sluice.pipeline.FactTable;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the launcher runs, as the build lays it out: {@code lib/} (this command line), {@code
 * kafka/} (broker and worker), {@code plugins/} (one folder per Connect plugin), {@code
 * connect-configs/}.
 */
public record Home(Path directory) {

  /**
   * The home that this class was started from, or the one that the system property {@code
   * sluice.home} names.
   */
  public static Home locate() {
    String named = System.getProperty("sluice.home");
    Path directory = named == null ? parentOfLib() : Path.of(named).toAbsolutePath();
    if (!Files.isDirectory(directory.resolve("connect-configs"))) {
      throw new SluiceException(
          directory
              + " holds no connect-configs: it is not a built Sluice. Run ./sluice, which builds"
              + " it.");
    }
    return new Home(directory);
  }

  private static Path parentOfLib() {
    try {
      Path jar = Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return jar.getParent().getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Class path of this command line and of {@link ChdbServer}. */
  public String libraryClassPath() {
    return directory.resolve("lib") + "/*";
  }

  /** Class path of broker and worker. */
  public String kafkaClassPath() {
    return directory.resolve("kafka") + "/*";
  }

  /** The worker's {@code plugin.path}. */
  public Path plugins() {
    return directory.resolve("plugins");
  }

  /** The configurations and SQL. */
  public Path configs() {
    return directory.resolve("connect-configs");
  }

  /** What creates a fact table and its view. */
  public String sql(FactTable factTable) {
    return read(factTable.sqlFile());
  }

  /** What publishes a source table. */
  public String publicationSql() {
    return read("sql/postgres.sql");
  }

  /** What makes a role with the rights that a pipeline needs. */
  public String roleSql() {
    return read("sql/role.sql");
  }

  private String read(String config) {
    Path file = configs().resolve(config);
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new SluiceException(file + " cannot be read: " + SluiceException.reason(e), e);
    }
  }
}

package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Where the four servers of a pipeline are, as {@code ./sluice up} leaves it for the other
 * commands. Passwords are not part of it.
 *
 * @param connect URL of the Connect worker
 * @param kafka bootstrap servers
 * @param postgres {@code postgresql://…}
 * @param clickHouse {@code http://…}
 * @param table the source table
 */
public record Endpoints(
    String connect, String kafka, String postgres, String clickHouse, TableName table) {

  private static final String FILE = "run/endpoints.properties";

  /** Those of the stack that runs in a data directory; null when none does. */
  public static Endpoints read(Path dataDir) {
    Path file = dataDir.resolve(FILE);
    if (!Files.exists(file)) {
      return null;
    }
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      properties.load(in);
    } catch (IOException e) {
      throw new SluiceException(file + " cannot be read: " + SluiceException.reason(e), e);
    }
    return new Endpoints(
        properties.getProperty("connect"),
        properties.getProperty("kafka"),
        properties.getProperty("postgres"),
        properties.getProperty("clickhouse"),
        TableName.parse(properties.getProperty("table"), "table in " + file));
  }

  /** Leaves them in a data directory. */
  public void write(Path dataDir) {
    Properties properties = new Properties();
    properties.setProperty("connect", connect);
    properties.setProperty("kafka", kafka);
    properties.setProperty("postgres", postgres);
    properties.setProperty("clickhouse", clickHouse);
    properties.setProperty("table", table.toString());
    Path file = dataDir.resolve(FILE);
    try (Writer out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    } catch (IOException e) {
      throw new SluiceException(file + " cannot be written: " + SluiceException.reason(e), e);
    }
  }

  /** Takes them away again. */
  public static void remove(Path dataDir) {
    try {
      Files.deleteIfExists(dataDir.resolve(FILE));
    } catch (IOException e) {
      throw new SluiceException(dataDir + ": " + SluiceException.reason(e), e);
    }
  }
}

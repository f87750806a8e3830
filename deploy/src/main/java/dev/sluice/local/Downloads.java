package dev.sluice.local;

import dev.sluice.SluiceException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The two native programs of the local stack, kept in a cache folder outside any project ({@code
 * SLUICE_CACHE}, else {@code $XDG_CACHE_HOME/sluice}, else {@code ~/.cache/sluice}): Postgres from
 * its Maven artifact, libchdb from its npm package.
 *
 * <p>Each is unpacked beside its place and moved there when complete, so that an interrupted one is
 * never taken for a whole one.
 */
final class Downloads {

  private final Path cache;
  private final Properties versions = new Properties();
  private final Consumer<String> progress;

  /**
   * @param progress takes a sentence before anything that lasts
   */
  Downloads(Consumer<String> progress) {
    this.cache = cacheFolder();
    this.progress = progress;
    try (InputStream in = Downloads.class.getResourceAsStream("/build.properties")) {
      versions.load(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path cacheFolder() {
    String named = System.getenv("SLUICE_CACHE");
    if (named != null && !named.isBlank()) {
      return Path.of(named).toAbsolutePath();
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return base.resolve("sluice").toAbsolutePath();
  }

  /** A folder of the cache for something else that all stacks of a user share. */
  Path folder(String name) {
    return cache.resolve(name);
  }

  /** The folder with Postgres's {@code bin}, {@code lib} and {@code share}. */
  Path postgres() {
    Path place = cache.resolve("postgres-" + versions.getProperty("postgres-binaries.version"));
    return Files.isDirectory(place) ? place : into(place, this::unpackPostgres);
  }

  /** The path of libchdb. */
  Path libchdb() {
    String version = versions.getProperty("chdb.version");
    Path place = cache.resolve("chdb-" + version);
    if (!Files.isDirectory(place)) {
      into(place, folder -> installLibchdb(folder, version));
    }
    return place.resolve("libchdb.so");
  }

  private interface Filler {
    void fill(Path folder) throws IOException, InterruptedException;
  }

  private Path into(Path place, Filler filler) {
    try {
      Files.createDirectories(cache);
      Path folder = Files.createTempDirectory(cache, place.getFileName() + ".part");
      try {
        filler.fill(folder);
        Files.move(folder, place, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        DataDir.remove(folder);
      }
      return place;
    } catch (IOException e) {
      if (Files.isDirectory(place)) {
        return place; // Another process was faster.
      }
      throw new SluiceException(
          place
              + " cannot be made (SLUICE_CACHE names another folder): "
              + SluiceException.reason(e),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
  }

  private void unpackPostgres(Path folder) throws IOException {
    progress.accept("Unpacking Postgres");
    String arch = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
    String os = System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
    String resource = "/postgres-" + os + "-" + arch + ".txz";
    try (InputStream in = Downloads.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new SluiceException("This build has no Postgres for " + os + " on " + arch + ".");
      }
      TarArchiveInputStream tar =
          new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(in)));
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        unpack(tar, entry, folder);
      }
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path folder)
      throws IOException {
    Path path = folder.resolve(entry.getName());
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Files.createDirectories(path.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(tar, path);
    if ((entry.getMode() & 0100) != 0) {
      Set<PosixFilePermission> permissions = new HashSet<>(Files.getPosixFilePermissions(path));
      permissions.add(PosixFilePermission.OWNER_EXECUTE);
      permissions.add(PosixFilePermission.GROUP_EXECUTE);
      permissions.add(PosixFilePermission.OTHERS_EXECUTE);
      Files.setPosixFilePermissions(path, permissions);
    }
  }

  private void installLibchdb(Path folder, String version)
      throws IOException, InterruptedException {
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    String platform = (mac ? "darwin-" : "linux-") + (arm ? "arm64" : "x64") + (mac ? "" : "-gnu");
    String artifact = "@chdb/lib-" + platform + "@" + version;
    progress.accept("Fetching ClickHouse with npm (" + artifact + ", 178 MB, once)");
    Path log = folder.resolve("npm.log");
    Process npm;
    try {
      npm =
          new ProcessBuilder(
                  "npm",
                  "install",
                  "--prefix",
                  folder.toString(),
                  "--no-save",
                  "--no-package-lock",
                  "--no-audit",
                  "--no-fund",
                  artifact)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new SluiceException("npm is missing. On Debian: apt-get install npm", e);
    }
    npm.getOutputStream().close();
    try {
      if (npm.waitFor() != 0) {
        throw new SluiceException(
            "npm install " + artifact + " failed:\n" + Files.readString(log).strip().indent(2));
      }
    } finally {
      npm.destroy();
    }
    Path installed = folder.resolve("node_modules/@chdb/lib-" + platform);
    Files.move(installed.resolve("libchdb.so"), folder.resolve("libchdb.so"));
    DataDir.remove(folder.resolve("node_modules"));
  }
}

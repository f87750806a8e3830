package dev.sluice.local;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything that the local stack keeps: one folder per server, {@code logs/}, {@code run/}
 * (process ids and generated configurations) and the marks of what has been prepared.
 *
 * <p>Locked while in use, so that two stacks never share one. The lock goes with its process: after
 * a {@code kill -9} the directory is free again.
 */
public final class DataDir implements AutoCloseable {

  /** The only names that {@link #clear} removes, so that a mistyped --data-dir loses nothing. */
  private static final List<String> OWN =
      List.of("postgres", "kafka", "connect", "clickhouse", "logs", "run", "prepared");

  private final Path directory;
  private final FileChannel lockFile;

  private DataDir(Path directory, FileChannel lockFile) {
    this.directory = directory;
    this.lockFile = lockFile;
  }

  /**
   * Creates the directory if need be and locks it.
   *
   * @throws SluiceException when another process holds it or it cannot be written
   */
  public static DataDir open(Path path) {
    Path directory = path.toAbsolutePath().normalize();
    try {
      Files.createDirectories(directory);
      makeFolders(directory);
      Path lockPath = directory.resolve("lock");
      FileChannel file =
          FileChannel.open(
              lockPath,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock lock = null;
      try {
        lock = file.tryLock();
      } catch (OverlappingFileLockException e) {
        // Held by this very process: said below as for any other.
      }
      if (lock == null) {
        String holder = Files.readString(lockPath).strip();
        file.close();
        throw new SluiceException(
            directory
                + " is in use by another ./sluice up (process "
                + holder
                + "). Stop that one, or choose another --data-dir.");
      }
      file.truncate(0);
      file.write(StandardCharsets.US_ASCII.encode(Long.toString(ProcessHandle.current().pid())));
      return new DataDir(directory, file);
    } catch (IOException e) {
      throw new SluiceException(
          "The data directory "
              + directory
              + " cannot be used (--data-dir): "
              + SluiceException.reason(e),
          e);
    }
  }

  /** A file or folder below the directory. */
  public Path resolve(String name) {
    return directory.resolve(name);
  }

  /** A server's log. */
  public Path log(String server) {
    return directory.resolve("logs").resolve(server + ".log");
  }

  /** A file that lasts as long as the processes do. */
  public Path run(String name) {
    return directory.resolve("run").resolve(name);
  }

  /** The files of {@link #run} whose names match a pattern. */
  List<Path> runFiles(String glob) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory.resolve("run"), glob)) {
      found.forEach(files::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** True when {@link #markPrepared} was called for it: a half-written folder has no mark. */
  public boolean isPrepared(String what) {
    return Files.exists(directory.resolve("prepared").resolve(what));
  }

  /** Says that {@code what} is complete on disk. */
  public void markPrepared(String what) {
    writeMark(what, "");
  }

  /** The text kept under a name, or null. */
  public String mark(String what) {
    try {
      Path mark = directory.resolve("prepared").resolve(what);
      return Files.exists(mark) ? Files.readString(mark) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps a text under a name. */
  public void writeMark(String what, String text) {
    try {
      Files.writeString(directory.resolve("prepared").resolve(what), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes all that the stack keeps here, and nothing else. */
  public void clear() {
    OWN.forEach(name -> remove(directory.resolve(name)));
    try {
      makeFolders(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void makeFolders(Path directory) throws IOException {
    for (String folder : List.of("logs", "run", "prepared")) {
      Files.createDirectories(directory.resolve(folder));
    }
  }

  /** Removes a file or a folder with all that is in it; nothing happens if there is none. */
  public static void remove(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(path)) {
      for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}

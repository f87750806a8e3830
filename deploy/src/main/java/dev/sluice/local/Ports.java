package dev.sluice.local;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Gives each server a free port on 127.0.0.1, and no port twice.
 *
 * <p>Between the choice of a port and the moment its server listens there, seconds pass. A lock
 * file per port keeps two stacks of one user that start at the same time from choosing the same
 * one.
 */
final class Ports implements AutoCloseable {

  private static final int TRIES = 200;

  private final Consumer<String> notes;
  private final Path lockFolder;
  private final Map<Integer, FileChannel> given = new HashMap<>();

  /**
   * @param lockFolder the same for all stacks of a user
   * @param notes takes a sentence for each port that is not the well-known one
   */
  Ports(Path lockFolder, Consumer<String> notes) {
    this.lockFolder = lockFolder;
    this.notes = notes;
  }

  /**
   * The port asked for by option, or the well-known one, or the next free one after it.
   *
   * @param asked null when the option was not given
   * @throws SluiceException naming port, server and option when the port asked for is taken
   */
  int choose(String server, String option, Integer asked, int wellKnown) {
    if (asked != null) {
      if (asked < 1 || asked > 65535) {
        throw new SluiceException(option + " " + asked + ": a port is between 1 and 65535.");
      }
      if (!take(asked)) {
        throw new SluiceException(
            "Port "
                + asked
                + " for "
                + server
                + " is taken ("
                + option
                + "). Choose another one, or leave the option out to get a free one.");
      }
      return asked;
    }
    for (int port = wellKnown; port < wellKnown + TRIES; port++) {
      if (take(port)) {
        if (port != wellKnown) {
          notes.accept("Port " + wellKnown + " is taken; " + server + " uses " + port);
        }
        return port;
      }
    }
    throw new SluiceException(
        "No port is free for "
            + server
            + " from "
            + wellKnown
            + " on. Name one with "
            + option
            + ".");
  }

  /**
   * Any free port, for what nobody connects to by hand. It lies below those that systems give to
   * outgoing connections, which could take it before its server listens there.
   */
  int any() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_768);
      if (take(port)) {
        return port;
      }
    }
    throw new SluiceException("No free port can be had between 20000 and 32767.");
  }

  private boolean take(int port) {
    if (given.containsKey(port) || !isFree(port)) {
      return false;
    }
    try {
      Files.createDirectories(lockFolder);
      FileChannel file =
          FileChannel.open(
              lockFolder.resolve(port + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (!locks(file)) {
        file.close();
        return false;
      }
      given.put(port, file);
      return true;
    } catch (IOException e) {
      throw new SluiceException(lockFolder + " cannot be written: " + SluiceException.reason(e), e);
    }
  }

  private static boolean locks(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // Another stack of this very process has it.
    }
  }

  /** Gives all ports back. */
  @Override
  public void close() {
    for (FileChannel file : given.values()) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    given.clear();
  }

  private static boolean isFree(int port) {
    // Binding alone is not enough: a server on all addresses may allow a second one on this
    // address.
    return !answers(port) && binds(port);
  }

  private static boolean binds(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  /** True when something accepts connections there. */
  static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}

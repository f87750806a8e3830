package dev.sluice.local;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/** Gives each server a free port on 127.0.0.1, and no port twice. */
final class Ports {

  private static final int TRIES = 200;

  private final Consumer<String> notes;
  private final Set<Integer> given = new HashSet<>();

  /**
   * @param notes takes a sentence for each port that is not the well-known one
   */
  Ports(Consumer<String> notes) {
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
      if (!given.add(asked) || !isFree(asked)) {
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
      if (!given.contains(port) && isFree(port)) {
        given.add(port);
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

  /** Any free port, for what nobody connects to by hand. */
  int any() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      given.add(socket.getLocalPort());
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new SluiceException("No free port can be had: " + SluiceException.reason(e), e);
    }
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

package dev.sluice.lab.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** One direction of a connection whose protocol does not matter; the other one has its own. */
record ByteRelay(FaultProxy proxy, Socket from, Socket to) implements Runnable {

  private static final int PIECE = 16 << 10;
  private static final int SLOW_MILLIS = 50;
  private static final int PIECES_TO_RESET = 20;

  @Override
  public void run() {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] piece = new byte[PIECE];
      int pieces = 0;
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        proxy.hold(NetworkFault.BLACK_HOLE, Long.MAX_VALUE);
        proxy.hold(NetworkFault.SLOW, SLOW_MILLIS);
        if (proxy.fault() == NetworkFault.RESET_IN_MID_BODY && ++pieces % PIECES_TO_RESET == 0) {
          break;
        }
        out.write(piece, 0, n);
      }
    } catch (IOException e) {
      // Either side has gone: so does the other.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    proxy.reset(from);
    proxy.reset(to);
  }
}

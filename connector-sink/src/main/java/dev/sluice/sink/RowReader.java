package dev.sluice.sink;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reads RowBinary rows of strings, all that the sink ever asks for. */
final class RowReader {
  private final InputStream buffered;
  private final DataInputStream in;

  RowReader(InputStream in) {
    this.buffered = new BufferedInputStream(in);
    this.in = new DataInputStream(buffered);
  }

  boolean next() throws IOException {
    buffered.mark(1);
    boolean more = buffered.read() >= 0;
    buffered.reset();
    return more;
  }

  String string() throws IOException {
    int length = 0;
    int shift = 0;
    int part;
    do {
      part = in.readUnsignedByte();
      length |= (part & 0x7F) << shift;
      shift += 7;
    } while (part >= 0x80);
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }
}

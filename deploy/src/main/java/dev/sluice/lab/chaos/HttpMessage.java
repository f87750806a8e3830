package dev.sluice.lab.chaos;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One request or answer of HTTP/1.1.
 *
 * @param startLine the request line or the status line
 * @param headers lines, as they came
 * @param body without the framing of its chunks
 */
record HttpMessage(String startLine, List<String> headers, byte[] body) {

  private static final String LENGTH = "Content-Length";
  private static final String ENCODING = "Transfer-Encoding";
  private static final String CRLF = "\r\n";
  private static final int ENOUGH_OF_A_STATEMENT = 100;

  /** Message without a body, to be sent as an answer. */
  static HttpMessage answer(String status, String... headers) {
    return new HttpMessage("HTTP/1.1 " + status, List.of(headers), new byte[0]);
  }

  /** The same with a body. */
  HttpMessage with(String text) {
    return new HttpMessage(startLine, headers, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with one header more. */
  HttpMessage with(String name, Object value) {
    List<String> more = new ArrayList<>(headers);
    more.add(name + ": " + value);
    return new HttpMessage(startLine, more, body);
  }

  /** The same without that header. */
  HttpMessage without(String name) {
    return new HttpMessage(
        startLine, headers.stream().filter(line -> !isNamed(line, name)).toList(), body);
  }

  /** Start line and headers; null when the stream ends before the first byte of them. */
  static HttpMessage readHead(InputStream in) throws IOException {
    String startLine = readLine(in);
    return startLine == null
        ? null
        : new HttpMessage(startLine, readLines(in, new ArrayList<>()), new byte[0]);
  }

  /** The same with the body that follows this head of a request. */
  HttpMessage withRequestBody(InputStream in) throws IOException {
    return new HttpMessage(startLine, headers, hasBody() ? readBody(in) : body);
  }

  /** The same with the body that follows this head of an answer. */
  HttpMessage withAnswerBody(InputStream in) throws IOException {
    boolean untilItEnds = !hasBody() && mayHaveBody();
    return new HttpMessage(
        startLine, headers, untilItEnds ? in.readAllBytes() : hasBody() ? readBody(in) : body);
  }

  /** True when the head announces a body. */
  boolean hasBody() {
    return header(LENGTH).isPresent() || header(ENCODING).isPresent();
  }

  /** The answers that never have one have no length either. */
  private boolean mayHaveBody() {
    return !startLine.matches("HTTP/1\\.[01] (1..|204|304)( .*)?");
  }

  /** The header's value. */
  Optional<String> header(String name) {
    return headers.stream()
        .filter(line -> isNamed(line, name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst();
  }

  /** A request's path, with its parameters. */
  String target() {
    String[] parts = startLine.split(" ");
    return parts.length > 1 ? parts[1] : "";
  }

  /** A parameter of a request's path. */
  Optional<String> parameter(String name) {
    String[] target = target().split("\\?", 2);
    return Arrays.stream(target.length == 2 ? target[1].split("&") : new String[0])
        .filter(parameter -> parameter.startsWith(name + "="))
        .map(parameter -> parameter.substring(name.length() + 1))
        .map(value -> URLDecoder.decode(value, StandardCharsets.UTF_8))
        .findFirst();
  }

  /** True of a request to ClickHouse whose statement, be it in the path or the body, is INSERT. */
  boolean isInsert() {
    String statement =
        parameter("query")
            .filter(query -> !query.isBlank())
            .orElseGet(
                () ->
                    new String(
                        body,
                        0,
                        Math.min(body.length, ENOUGH_OF_A_STATEMENT),
                        StandardCharsets.ISO_8859_1));
    return statement.stripLeading().toUpperCase(Locale.ROOT).startsWith("INSERT");
  }

  /** Start line and headers as they came. */
  byte[] head() {
    return (startLine + CRLF + String.join("", headers.stream().map(h -> h + CRLF).toList()) + CRLF)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The whole, with the body in one piece. */
  byte[] bytes() {
    HttpMessage plain = without(LENGTH).without(ENCODING);
    byte[] head = (mayHaveBody() ? plain.with(LENGTH, body.length) : plain).head();
    byte[] all = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }

  private static boolean isNamed(String line, String name) {
    return line.regionMatches(true, 0, name + ":", 0, name.length() + 1);
  }

  private byte[] readBody(InputStream in) throws IOException {
    if (header(ENCODING).isEmpty()) {
      return readExactly(in, Integer.parseInt(header(LENGTH).orElseThrow()));
    }
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    while (true) {
      String size = orEnded(readLine(in)).split(";")[0].strip();
      byte[] chunk = readExactly(in, Integer.parseInt(size, 16));
      if (chunk.length == 0) {
        readLines(in, new ArrayList<>());
        return chunks.toByteArray();
      }
      chunks.write(chunk);
      readLine(in);
    }
  }

  private static byte[] readExactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  /** Lines until an empty one. */
  private static List<String> readLines(InputStream in, List<String> lines) throws IOException {
    for (String line = readLine(in); !orEnded(line).isEmpty(); line = readLine(in)) {
      lines.add(line);
    }
    return lines;
  }

  private static String readLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    for (; next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      line.write(next);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  private static String orEnded(String line) throws EOFException {
    if (line == null) {
      throw new EOFException();
    }
    return line;
  }
}

package dev.sluice.ops;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/**
 * What a request is answered with, besides the headers that every answer has.
 *
 * @param encoding of the content; null for none
 */
record Reply(int status, String type, String encoding, byte[] content) {

  private static final int WORTH_PACKING = 2_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  static Reply json(int status, JsonNode json) {
    try {
      return new Reply(status, "application/json", null, JSON.writeValueAsBytes(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Reply text(String type, String text) {
    return new Reply(200, type, null, text.getBytes(StandardCharsets.UTF_8));
  }

  static Reply error(int status, String sentence) {
    return json(status, JSON.createObjectNode().put("error", sentence));
  }

  /** The same by gzip, where that is worth it. */
  Reply packed() {
    if (content.length <= WORTH_PACKING) {
      return this;
    }
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Reply(status, type, "gzip", packed.toByteArray());
  }
}

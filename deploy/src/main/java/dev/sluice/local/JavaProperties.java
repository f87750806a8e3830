package dev.sluice.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * Files of settings that Java reads by {@link Properties#load}: as Latin-1, so that any other
 * letter, of a folder's name for one, has to be escaped.
 */
final class JavaProperties {

  private JavaProperties() {}

  /**
   * @param before text of such a file, which the settings are put behind
   */
  static void write(Path file, String before, Map<String, String> settings) {
    Properties properties = new Properties();
    properties.putAll(settings);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    try {
      properties.store(written, null);
      Files.writeString(
          file,
          before + written.toString(StandardCharsets.ISO_8859_1),
          StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

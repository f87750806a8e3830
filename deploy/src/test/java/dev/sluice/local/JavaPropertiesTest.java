package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JavaPropertiesTest {

  @Test
  void lettersOutsideLatin1AreReadAsTheyWereWritten(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("kafka.properties");

    JavaProperties.write(file, "a=1\n", Map.of("log.dirs", "/home/żółć/数据", "b", "c=d #e \\ f"));

    Properties read = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      read.load(in);
    }
    assertThat(read)
        .containsEntry("a", "1")
        .containsEntry("log.dirs", "/home/żółć/数据")
        .containsEntry("b", "c=d #e \\ f");
  }
}

package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirTest {

  @TempDir private Path folder;

  @Test
  void oneUserAtATime() {
    try (DataDir first = DataDir.open(folder)) {
      assertThatThrownBy(() -> DataDir.open(folder))
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining(Long.toString(ProcessHandle.current().pid()))
          .hasMessageContaining("--data-dir");
      assertThat(first.isPrepared("postgres")).isFalse();
    }
    DataDir.open(folder).close();
  }

  @Test
  void clearRemovesOnlyWhatIsOurs() throws IOException {
    Files.writeString(folder.resolve("precious"), "x");
    try (DataDir dataDir = DataDir.open(folder)) {
      dataDir.markPrepared("postgres");
      Files.createDirectories(dataDir.resolve("postgres/base"));
      dataDir.clear();
      assertThat(dataDir.isPrepared("postgres")).isFalse();
      assertThat(dataDir.resolve("postgres")).doesNotExist();
    }
    assertThat(folder.resolve("precious")).exists();
  }

  @Test
  void aFileInThePlaceOfTheFolderIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> DataDir.open(file))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("--data-dir");
  }
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.apache.kafka.connect.transforms.Transformation;
import org.junit.jupiter.api.Test;

/** What a user gets: the plugin folder and the zip, as they were built. */
class PluginArchiveIT {

  private static final Path FOLDER = Path.of(System.getProperty("plugin.folder"));
  private static final Path ZIP = Path.of(System.getProperty("plugin.zip"));
  private static final String VERSION = System.getProperty("project.version");

  @Test
  void folderHoldsManifestDocumentationAndOneJar() throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      assertThat(files.filter(Files::isRegularFile).map(f -> FOLDER.relativize(f).toString()))
          .containsExactlyInAnyOrder(
              "manifest.json", "doc/README.md", "lib/sluice-connector-smt-" + VERSION + ".jar");
    }
    assertThat(Files.readString(FOLDER.resolve("manifest.json")))
        .contains("\"version\": \"" + VERSION + "\"")
        .doesNotContain("${");
  }

  @Test
  void zipHoldsTheSameFiles() throws IOException {
    Map<String, String> zipped = new TreeMap<>();
    try (ZipFile zip = new ZipFile(ZIP.toFile())) {
      for (var entry : zip.stream().filter(e -> !e.isDirectory()).toList()) {
        String inside = entry.getName().substring(entry.getName().indexOf('/') + 1);
        byte[] content = zip.getInputStream(entry).readAllBytes();
        zipped.put(inside, new String(content, StandardCharsets.ISO_8859_1));
      }
    }
    assertThat(zipped).hasSize(3);
    for (var entry : zipped.entrySet()) {
      byte[] content = Files.readAllBytes(FOLDER.resolve(entry.getKey()));
      assertThat(entry.getValue()).isEqualTo(new String(content, StandardCharsets.ISO_8859_1));
    }
  }

  @Test
  void transformIsFoundAsAServiceAndTellsItsVersion() throws IOException {
    Path jar = FOLDER.resolve("lib/sluice-connector-smt-" + VERSION + ".jar");
    try (var loader = new PluginFirst(jar.toUri().toURL())) {
      Transformation<?> found = null;
      for (Transformation<?> service : ServiceLoader.load(Transformation.class, loader)) {
        found = service.getClass().getClassLoader() == loader ? service : found;
      }

      assertThat(found).isNotNull();
      assertThat(found.getClass().getName()).isEqualTo(ExtractFactRow.class.getName());
      assertThat(found.version()).isEqualTo(VERSION);
      found.close();
    }
  }

  /** Prefers the jar to the class path, as a Connect worker does. */
  private static final class PluginFirst extends URLClassLoader {

    PluginFirst(URL jar) {
      super(new URL[] {jar}, PluginArchiveIT.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("dev.sluice.smt.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : findClass(name);
    }
  }
}

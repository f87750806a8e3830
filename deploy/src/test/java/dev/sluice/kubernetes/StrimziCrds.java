package dev.sluice.kubernetes;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Makes Strimzi's CRDs, as a release has them, of its published model by its own generator, in a
 * process of its own, because the generator ends it.
 */
public final class StrimziCrds {

  /** Kinds, and the model's classes. */
  static final Map<String, String> CLASSES =
      Map.of(
          "Kafka", "kafka.Kafka",
          "KafkaNodePool", "nodepool.KafkaNodePool",
          "KafkaConnect", "connect.KafkaConnect",
          "KafkaConnector", "connector.KafkaConnector");

  private StrimziCrds() {}

  /** Writes each kind's CRD to a file of the kind's name; the jars are in target/strimzi. */
  static void generate(Path folder) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                Path.of("target/test-classes").toString(),
                StrimziCrds.class.getName(),
                "target/strimzi",
                "--yaml"));
    command.addAll(List.of("--crd-api-version", "v1", "--target-kube", "1.27+"));
    command.addAll(List.of("--api-versions", "v1", "--storage-version", "v1"));
    CLASSES.forEach(
        (kind, type) ->
            command.add("io.strimzi.api.kafka.model." + type + "=" + folder.resolve(kind)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new AssertionError("Strimzi's generator failed:\n" + said);
    }
  }

  public static void main(String[] arguments) throws Exception {
    try (Loader loader = new Loader(Path.of(arguments[0]))) {
      Method main =
          loader
              .loadClass("io.strimzi.crdgenerator.CrdGenerator")
              .getMethod("main", String[].class);
      main.setAccessible(true);
      main.invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
    }
  }

  /**
   * Both jars are compiled for Java 21, and this build is content with 17. All that they use of 21
   * is an exception, so that they are taken as classes of 17 with another one in its place.
   */
  private static final class Loader extends URLClassLoader {

    private static final String OF_21 = constant("java/lang/MatchException");
    private static final String OF_17 = constant("java/lang/RuntimeException");
    private static final int JAVA_17 = 61;

    Loader(Path jars) throws IOException {
      super(urls(jars), ClassLoader.getPlatformClassLoader());
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        if (bytes[7] > JAVA_17) {
          bytes =
              new String(bytes, StandardCharsets.ISO_8859_1)
                  .replace(OF_21, OF_17)
                  .getBytes(StandardCharsets.ISO_8859_1);
          bytes[7] = JAVA_17;
        }
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    /** A text among a class file's constants: tag, length, text. */
    private static String constant(String text) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(1);
      out.write(0);
      out.write(text.length());
      out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
      return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static URL[] urls(Path jars) throws IOException {
      try (var files = Files.list(jars)) {
        List<URL> urls = new ArrayList<>();
        for (File file : files.map(Path::toFile).toList()) {
          urls.add(file.toURI().toURL());
        }
        return urls.toArray(URL[]::new);
      }
    }
  }
}

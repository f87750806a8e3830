package dev.sluice.ops;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The page's own files, from the jar. Only names of plain letters are looked up. */
final class Assets {

  /** A file. */
  record Asset(String type, byte[] bytes) {}

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "txt", "text/plain; charset=utf-8");
  private static final Map<String, Asset> READ = new ConcurrentHashMap<>();

  private Assets() {}

  static Asset find(String path) {
    String name = path.equals("/") ? "/index.html" : path;
    if (!name.matches("(/[a-zA-Z0-9-]+)*/[a-zA-Z0-9.-]+\\.[a-z]+") || name.contains("..")) {
      throw new RequestRefused(404, "There is no such page.");
    }
    return READ.computeIfAbsent(name, Assets::read);
  }

  private static Asset read(String name) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    try (InputStream in = Assets.class.getResourceAsStream("page" + name)) {
      if (in == null || type == null) {
        throw new RequestRefused(404, "There is no such page.");
      }
      return new Asset(type, in.readAllBytes());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}

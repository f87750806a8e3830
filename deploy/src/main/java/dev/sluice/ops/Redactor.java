package dev.sluice.ops;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.Secrets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Keeps secrets out of what is sent to a browser: the values of secret settings are masked by the
 * setting's name, and wherever such a value turns up in a trace or message it is masked there too,
 * as is what follows {@code password=} or stands as the password in a URL.
 */
final class Redactor {

  private static final String MASK = "****";
  private static final int SHORTEST = 4;
  private static final Pattern ASSIGNED =
      Pattern.compile(
          "(?i)((?:password|passwd|secret|token|api.?key)[\"']?\\s*[=:]\\s*[\"']?)[^\\s\"',;&)]+");
  private static final Pattern IN_URL = Pattern.compile("(://[^/\\s:@]+:)[^@\\s/]+(@)");

  private final List<String> values;

  Redactor(Collection<Connector> connectors) {
    values =
        connectors.stream()
            .flatMap(c -> c.config().entrySet().stream())
            .filter(s -> Secrets.masked(s.getKey(), s.getValue()).equals(MASK))
            .map(Map.Entry::getValue)
            .filter(value -> value.length() >= SHORTEST)
            .distinct()
            .sorted(Comparator.comparing(String::length).reversed())
            .toList();
  }

  /** A trace or message without secrets. */
  String text(String text) {
    String clean = text;
    for (String value : values) {
      clean = clean.replace(value, MASK);
    }
    clean = ASSIGNED.matcher(clean).replaceAll("$1" + MASK);
    return IN_URL.matcher(clean).replaceAll("$1" + MASK + "$2");
  }

  /** A configuration with its secrets masked. */
  Map<String, String> config(Map<String, String> config) {
    Map<String, String> masked = new TreeMap<>();
    config.forEach((setting, value) -> masked.put(setting, setting(setting, value)));
    return masked;
  }

  private String setting(String setting, String value) {
    String masked = Secrets.masked(setting, value);
    if (masked.equals(MASK) || value.startsWith("${")) {
      return masked;
    }
    return IN_URL.matcher(masked).replaceAll("$1" + MASK + "$2");
  }
}

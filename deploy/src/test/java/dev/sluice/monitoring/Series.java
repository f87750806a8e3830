package dev.sluice.monitoring;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a scrape brings: one line of Prometheus text each. */
record Series(String name, Map<String, String> labels, double value) {

  private static final Pattern LINE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:\\\\.|[^\"\\\\])*)\"");

  /** All series of Prometheus text. */
  static List<Series> parse(String text) {
    List<Series> all = new ArrayList<>();
    for (String line : text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new AssertionError("No series: " + line);
      }
      Map<String, String> labels = new HashMap<>();
      if (matcher.group(2) != null) {
        Matcher label = LABEL.matcher(matcher.group(2));
        while (label.find()) {
          labels.put(label.group(1), label.group(2));
        }
      }
      all.add(new Series(matcher.group(1), labels, Double.parseDouble(matcher.group(3))));
    }
    return all;
  }

  /** What that address brings now. */
  static List<Series> scrape(URI metrics) {
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString());
      return parse(answer.body());
    } catch (IOException e) {
      return List.of(); // Not there yet.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  static Set<String> names(List<Series> all) {
    Set<String> names = new TreeSet<>();
    all.forEach(series -> names.add(series.name()));
    return names;
  }

  /** The sum of the series of that name with that label; 0 where there is none. */
  static double sum(List<Series> all, String name, String label, String value) {
    return all.stream()
        .filter(series -> series.name().equals(name) && value.equals(series.labels().get(label)))
        .mapToDouble(Series::value)
        .sum();
  }
}

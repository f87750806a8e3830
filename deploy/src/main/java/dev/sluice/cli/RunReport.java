package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.local.Run;
import dev.sluice.verify.Difference;
import dev.sluice.verify.TableComparison;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** What {@code up --until-synced} prints at its end. */
final class RunReport {

  private RunReport() {}

  /** For people. */
  static String text(Run.Summary summary) {
    TableComparison.Result comparison = summary.comparison();
    StringBuilder text = new StringBuilder();
    text.append(
        comparison.identical()
            ? "Identical: %,d rows, every column of every row has the same checksum in Postgres and ClickHouse."
                .formatted(comparison.sourceRows())
            : "DIFFERENT: %,d rows in Postgres, %,d in ClickHouse."
                .formatted(comparison.sourceRows(), comparison.factRows()));
    comparison.differences().forEach(difference -> text.append("\n  ").append(difference));
    if (comparison.more() > 0) {
      text.append("\n  and at least %,d more rows".formatted(comparison.more()));
    }
    if (summary.loadedRows() > 0) {
      text.append("\nLoad:      %,d rows/s".formatted(summary.loadedRowsPerSecond()));
    }
    if (summary.freshnessP50Millis().isPresent()) {
      text.append(
          "\nFreshness: p50 %d ms, p99 %d ms (%d of %d changes measured)"
              .formatted(
                  summary.freshnessP50Millis().getAsLong(),
                  summary.freshnessP99Millis().getAsLong(),
                  summary.freshnessSamples(),
                  summary.changes()));
    }
    text.append("\nSeconds:   ")
        .append(
            summary.seconds().entrySet().stream()
                .map(phase -> "%s %.1f".formatted(phase.getKey(), phase.getValue()))
                .collect(Collectors.joining(", ")));
    Map<String, Long> resident = summary.residentBytes();
    text.append("\nResident:  ")
        .append(
            resident.entrySet().stream()
                .map(server -> "%s %d".formatted(server.getKey(), server.getValue() >> 20))
                .collect(Collectors.joining(", ")))
        .append(
            " MiB, together %d"
                .formatted(resident.values().stream().mapToLong(Long::longValue).sum() >> 20));
    return text.toString();
  }

  /**
   * For programs: one object, times in ms or s as the names say, null where nothing was measured.
   */
  static String json(Run.Summary summary) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("identical", summary.comparison().identical());
    node.put("sourceRows", summary.comparison().sourceRows());
    node.put("factRows", summary.comparison().factRows());
    node.set(
        "differences",
        mapper.valueToTree(
            summary.comparison().differences().stream().map(Difference::toString).toList()));
    node.put("moreDifferences", summary.comparison().more());
    node.put("loadedRows", summary.loadedRows());
    node.put("loadedRowsPerSecond", summary.loadedRowsPerSecond());
    node.put("changes", summary.changes());
    node.put("freshnessSamples", summary.freshnessSamples());
    node.put("freshnessP50Ms", orNull(summary.freshnessP50Millis()));
    node.put("freshnessP99Ms", orNull(summary.freshnessP99Millis()));
    node.set("seconds", mapper.valueToTree(summary.seconds()));
    node.set("residentBytes", mapper.valueToTree(summary.residentBytes()));
    return mapper.writeValueAsString(node);
  }

  private static Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}

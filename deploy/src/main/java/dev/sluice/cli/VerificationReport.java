package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.mapping.TableMapping;
import dev.sluice.verify.Difference;
import dev.sluice.verify.TableComparison;
import dev.sluice.verify.Verdict;
import java.util.Locale;
import java.util.Map;

/**
 * How a verification is printed: for people in sentences, for programs as one JSON object a table.
 *
 * @param percent of the keys that were compared
 * @param waited whether the pipeline was waited for
 * @param showValues whether the values that differ are printed too
 */
record VerificationReport(double percent, boolean waited, boolean showValues) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** One sentence, as one of many. */
  String line(Verification verification) {
    return verification.result() == null
        ? "Could not tell: %s: %s".formatted(verification.route(), verification.failure())
        : Verdict.sentence(verification.mapping(), verification.result(), percent);
  }

  /** All that there is to say. */
  String text(Verification verification) {
    StringBuilder text = new StringBuilder(line(verification));
    TableComparison.Result result = verification.result();
    if (result == null) {
      return text.toString();
    }
    TableMapping mapping = verification.mapping();
    for (Difference difference : result.differences()) {
      text.append("\n  ").append(difference);
      if (showValues) {
        for (Difference.Value value : difference.columns()) {
          text.append(
              "\n    %s: %s in Postgres, %s in ClickHouse"
                  .formatted(value.column(), value.inPostgres(), value.inClickHouse()));
        }
      }
    }
    if (result.more() > 0) {
      text.append("\n  and at least %,d more rows (--limit)".formatted(result.more()));
    }
    if (result.unsettled() > 0) {
      text.append(
          "\n  %,d rows changed whenever they were looked at; run it again in a quieter moment"
              .formatted(result.unsettled()));
    }
    if (result.leftBehind() > 0) {
      text.append(
          "\n%,d rows of %s are gone from Postgres, and stay (delete.handling=drop)."
              .formatted(result.leftBehind(), mapping.fact()));
    }
    result
        .notComparable()
        .forEach(
            (column, why) -> text.append("\nCould not be compared: " + column + " (" + why + ")"));
    result
        .notCompared()
        .forEach((column, why) -> text.append("\nNot compared: " + column + " (" + why + ")"));
    if (!mapping.sourceOnly().isEmpty()) {
      text.append("\nOnly in Postgres: " + String.join(", ", mapping.sourceOnly()));
    }
    text.append(
        waited
            ? "\nThe pipeline had passed what was committed at the start after %.1f s; all took %.1f s."
                .formatted(verification.waitedSeconds(), verification.seconds())
            : "\nTook %.1f s.".formatted(verification.seconds()));
    return text.toString();
  }

  ObjectNode json(Verification verification) {
    ObjectNode node = JSON.createObjectNode();
    node.put("source", verification.route().table().toString());
    node.put("fact", verification.route().factTable());
    TableComparison.Result result = verification.result();
    node.put("identical", result != null && result.identical());
    node.put("exitCode", verification.code());
    if (result == null) {
      return node.put("error", verification.failure());
    }
    node.put("columns", result.columns());
    node.put("sourceRows", result.sourceRows());
    node.put("factRows", result.factRows());
    node.put("leftBehind", result.leftBehind());
    node.put("samplePercent", percent);
    ArrayNode list = node.putArray("differences");
    result.differences().forEach(difference -> difference(list.addObject(), difference));
    node.put("more", result.more());
    node.put("unsettled", result.unsettled());
    node.set("notCompared", JSON.valueToTree(Map.copyOf(result.notCompared())));
    node.set("notComparable", JSON.valueToTree(Map.copyOf(result.notComparable())));
    node.set("onlyInPostgres", JSON.valueToTree(verification.mapping().sourceOnly()));
    node.put("waitedSeconds", verification.waitedSeconds());
    node.put("seconds", verification.seconds());
    return node;
  }

  private void difference(ObjectNode node, Difference difference) {
    node.set("key", JSON.valueToTree(difference.key().parts()));
    node.put("kind", difference.kind().name().toLowerCase(Locale.ROOT));
    ArrayNode columns = node.putArray("columns");
    for (Difference.Value value : difference.columns()) {
      if (showValues) {
        columns
            .addObject()
            .put("column", value.column())
            .put("postgres", value.inPostgres())
            .put("clickhouse", value.inClickHouse());
      } else {
        columns.add(value.column());
      }
    }
  }
}

package dev.sluice.ops;

import dev.sluice.pipeline.Cure;
import dev.sluice.servers.Health;
import java.util.List;

/**
 * All that the page's first view shows, of one moment. Immutable; its components are the JSON of
 * {@code /api/overview}. A number that is not known is null.
 *
 * @param at epoch millis
 * @param state the worst of all pipelines, connectors and servers
 * @param pipelines worst first
 * @param connectors worst first
 */
public record Overview(
    long at,
    Health state,
    List<Server> servers,
    List<PipelineView> pipelines,
    List<ConnectorView> connectors,
    List<DeadLetterQueue> deadLetters) {

  /**
   * One of the four servers.
   *
   * @param error why it cannot be looked at; null when it can
   * @param refused whether it answers all the same, and says no
   * @param answeredAt when it last answered; 0 for never
   */
  public record Server(
      String name, String address, String error, boolean refused, long answeredAt) {}

  /**
   * A pipeline.
   *
   * @param source name of the source connector; null for none
   * @param sink name of the sink connector; null for none
   * @param topic null for a source that no sink reads
   * @param parts in the order of the flow: postgres, source, topic, sink, table
   * @param problems what is wrong, the worst first and causes before effects; empty when all is
   *     well
   * @param snapshot null when none was seen
   * @param visible null when it is not known
   */
  public record PipelineView(
      String id,
      Health state,
      String source,
      String sink,
      String topic,
      String sourceTable,
      String factTable,
      List<Part> parts,
      List<Problem> problems,
      Progress snapshot,
      Visible visible) {}

  /**
   * From commit to visible, over the last minute, in ms.
   *
   * @param measured true for single changes that were watched; false for an upper bound
   */
  public record Visible(long p50, long p99, boolean measured) {}

  /**
   * A part of a pipeline with its one number.
   *
   * @param kind postgres, source, topic, sink or table
   * @param state null when the part does not exist in this pipeline
   * @param unit bytes, records, rows/s or ms
   * @param second for the sink: rows/s out, beside {@code value}, those in
   * @param note a few more words; null for none
   */
  public record Part(
      String kind,
      String name,
      Health state,
      String unit,
      Double value,
      Double second,
      String note) {}

  /**
   * Something that is wrong.
   *
   * @param text a whole sentence
   * @param cure what fixes it
   * @param connector whose action may fix it; null for none
   * @param action restart-failed, resume or null
   */
  public record Problem(
      Health state, String part, String text, Cure cure, String connector, String action) {}

  /**
   * A snapshot of one table.
   *
   * @param total rows by the planner's estimate, or what was read when that is more
   * @param read rows in the topic
   * @param written rows that ClickHouse has acknowledged
   * @param running false once all that was read has been written
   * @param remainingMillis null when there is no rate yet
   */
  public record Progress(
      String table,
      long total,
      long read,
      long written,
      boolean running,
      long startedAt,
      long endedAt,
      Long remainingMillis) {}

  /** A connector in a list. */
  public record ConnectorView(
      String name,
      String type,
      String plugin,
      Health state,
      int running,
      int tasks,
      String cause) {}

  /**
   * A dead letter queue.
   *
   * @param connectors the sinks that write it
   * @param records kept in the topic
   * @param lastHour arrived in the last hour
   * @param waiting of those of the last hour, the ones not put back
   * @param shares of those of the last hour, each sink's
   */
  public record DeadLetterQueue(
      String topic,
      List<String> connectors,
      long records,
      long lastHour,
      long waiting,
      List<LetterShare> shares) {}

  /**
   * What one sink has in a queue: the letters whose headers name it, and those of which it is not
   * known whose they are.
   *
   * @param lastHour arrived in the last hour
   * @param waiting of those, the ones not put back
   */
  public record LetterShare(String connector, long lastHour, long waiting) {}
}

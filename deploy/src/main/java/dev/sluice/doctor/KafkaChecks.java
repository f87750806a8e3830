package dev.sluice.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.mapping.FactMapping;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.pipeline.Topics;
import dev.sluice.servers.ConnectorSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Whether the topic keeps what the sink has still to read, and what the newest events say. */
final class KafkaChecks {

  /** Events looked at for versions that do not rise, of each partition. */
  private static final int SAMPLED = 2_000;

  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(5);

  /** Names, the reason and its stack trace. */
  private static final long REASON_BYTES = 64 << 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String bootstrapServers;
  private final String topic;
  private final ConnectorSpec source;
  private final ConnectorSpec sink;
  private final FactMapping mapping;
  private final CheckList findings = new CheckList("Kafka");

  KafkaChecks(
      String bootstrapServers,
      String topic,
      ConnectorSpec source,
      ConnectorSpec sink,
      FactMapping mapping) {
    this.bootstrapServers = bootstrapServers;
    this.source = source;
    this.topic = topic;
    this.sink = sink;
    this.mapping = mapping;
  }

  List<Check> run() {
    long largestRecord = Topics.largestRequest(source.config());
    try (TopicLag lag = new TopicLag(bootstrapServers, topic, sink.name())) {
      Map<TopicPartition, Long> ends = lag.ends();
      if (ends.isEmpty()) {
        findings.warn(
            "topic", "no topic " + topic, "the sink has nothing to read", "register the source");
      } else {
        topic(lag, ends);
        versions(ends);
        roomForChanges(largestRecord, largestMessage(lag));
        largestRecord = Math.min(largestRecord, largestMessage(lag));
      }
    }
    deadLetters(largestRecord);
    return findings.checks();
  }

  private void topic(TopicLag lag, Map<TopicPartition, Long> ends) {
    int tasks = Integer.parseInt(sink.config().getOrDefault("tasks.max", "1"));
    findings.advise(
        ends.size() >= tasks,
        "partitions",
        ends.size() + " for " + tasks + " sink tasks",
        "a task without a partition is idle",
        "kafka-topics.sh --alter --topic "
            + topic
            + " --partitions "
            + tasks
            + " moves keys between partitions:"
            + " better lower tasks.max");
    long behind = lag.recordsBefore(ends);
    String retention = lag.setting("retention.ms");
    String cleanup = lag.setting("cleanup.policy");
    findings.ok("lag", "%,d records".formatted(behind));
    List<String> troubles = lag.troubles();
    findings.require(
        troubles.isEmpty(),
        "rows get through",
        troubles.isEmpty() ? "the sink says nothing else" : String.join("; ", troubles),
        "rows wait for it, and so do those behind them; none is lost",
        "fix what the sink says; it tries again by itself");
    long retentionMillis = Long.parseLong(retention);
    findings.advise(
        retentionMillis < 0 || retentionMillis >= Duration.ofDays(1).toMillis(),
        "retention",
        retentionMillis < 0 ? "for ever" : Duration.ofMillis(retentionMillis).toHours() + " hours",
        "what the sink has not read by then is lost",
        "retention.ms of topic " + topic + ": longer than the longest outage to survive");
    findings.require(
        !cleanup.contains("compact") || mapping.flagsDeletes(),
        "cleanup.policy",
        cleanup,
        "compaction may remove a delete before it is read",
        "cleanup.policy=delete for topic " + topic);
    if (lag.isBehindStart()) {
      findings.fail(
          "records are there",
          "the sink's position is before the topic's beginning",
          "records were removed before they were read: rows are missing",
          "./sluice verify --repair; and a longer retention.ms");
    }
  }

  /** Whether updates of the newest events raise the version. */
  private void versions(Map<TopicPartition, Long> ends) {
    String version = mapping.versionField();
    if (mapping.metadata().containsKey(version)) {
      return;
    }
    String column = mapping.sourceOf(version);
    int updates = 0;
    int notRising = 0;
    for (JsonNode envelope : newest(ends)) {
      JsonNode payload = envelope.has("payload") ? envelope.path("payload") : envelope;
      JsonNode before = payload.path("before").path(column);
      JsonNode after = payload.path("after").path(column);
      if (payload.path("op").asText().equals("u") && !before.isMissingNode() && !before.isNull()) {
        updates++;
        notRising += compare(after, before) <= 0 ? 1 : 0;
      }
    }
    findings.require(
        notRising == 0,
        column + " rises",
        updates == 0
            ? "no updates among the newest events"
            : notRising + " of the newest " + updates + " updates do not raise it",
        "an update that does not raise the version may lose against the row it replaces",
        "set "
            + column
            + " in a trigger, or use the strict fact table (connect-configs/strict.json)");
  }

  /** Numbers by value; ISO-8601 text of one zone by its characters, up to its fraction's length. */
  private static int compare(JsonNode one, JsonNode other) {
    if (one.isNumber() && other.isNumber()) {
      return one.decimalValue().compareTo(other.decimalValue());
    }
    String a = one.asText().replace("Z", "");
    String b = other.asText().replace("Z", "");
    return a.compareTo(b);
  }

  private List<JsonNode> newest(Map<TopicPartition, Long> ends) {
    List<JsonNode> envelopes = new java.util.ArrayList<>();
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrapServers);
    settings.put("default.api.timeout.ms", 5000);
    settings.put("max.poll.records", SAMPLED);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(ends.keySet());
      Map<TopicPartition, Long> starts = consumer.beginningOffsets(ends.keySet());
      ends.forEach(
          (partition, end) ->
              consumer.seek(partition, Math.max(starts.get(partition), end - SAMPLED)));
      long deadline = System.nanoTime() + SERVER_TIMEOUT.toNanos();
      while (System.nanoTime() < deadline
          && ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          if (record.value() != null) {
            envelopes.add(JSON.readTree(record.value()));
          }
        }
      }
    } catch (IOException e) {
      return List.of(); // Another converter's bytes: nothing can be said.
    }
    return envelopes;
  }

  private void deadLetters(long largestRecord) {
    String queue = sink.config().getOrDefault(Topics.DEAD_LETTER_QUEUE, "");
    if (queue.isEmpty()) {
      boolean tolerant = sink.config().getOrDefault("errors.tolerance", "none").equals("all");
      findings.require(
          !tolerant,
          "dead letter queue",
          tolerant ? "none, and errors are tolerated" : "none: a bad row stops its task",
          "bad rows are lost without a trace",
          Topics.DEAD_LETTER_QUEUE + " of the sink");
      return;
    }
    try (TopicLag letters = new TopicLag(bootstrapServers, queue, sink.name())) {
      long count = letters.records();
      findings.advise(
          count == 0,
          "dead letters",
          "%,d in %s".formatted(count, queue),
          "each is a row that is missing from the facts",
          "the page of ./sluice ops shows their reasons; fix them, and put the letters back");
      roomForLetters(letters, queue, largestRecord);
    }
  }

  /** What the broker refuses fails the source, and with it all its tables. */
  private void roomForChanges(long sent, long taken) {
    findings.require(
        taken >= sent,
        "room for changes",
        "%,d bytes sent, %,d taken".formatted(sent, taken),
        "a change between the two fails the source, and WAL piles up",
        "kafka-configs.sh --alter --topic %s --add-config max.message.bytes=%d"
            .formatted(topic, sent));
  }

  /** A letter is its record and a reason: it has to fit where the record did. */
  private void roomForLetters(TopicLag letters, String queue, long record) {
    long sent = Topics.largestRequest(sink.config());
    boolean there = !letters.ends().isEmpty();
    long taken = there ? largestMessage(letters) : Topics.LARGEST_BY_DEFAULT;
    long needed = record + REASON_BYTES;
    findings.require(
        Math.min(sent, taken) >= needed,
        "room for dead letters",
        "%,d bytes sent, %s".formatted(sent, there ? "%,d taken".formatted(taken) : "no topic yet"),
        "a record of nearly %,d bytes does not get there: the row is lost, or holds its table up"
            .formatted(record),
        Topics.LARGEST_REQUEST
            + " of the sink and max.message.bytes of topic "
            + queue
            + ": at least "
            + needed
            + ", as in kafka-configs.sh --alter --topic "
            + queue
            + " --add-config max.message.bytes="
            + needed);
  }

  private static long largestMessage(TopicLag of) {
    return Long.parseLong(of.setting("max.message.bytes"));
  }
}

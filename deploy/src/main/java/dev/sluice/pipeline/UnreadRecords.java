package dev.sluice.pipeline;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Whether a sink has still records to read, where only offsets are left.
 *
 * <p>Not every offset is a record: the marker that ends a transaction takes one, aborted records
 * keep theirs, compaction leaves holes. No consumer gets anything for them, so a sink's committed
 * offset stays in front of those at the end of a partition until the next record comes, though all
 * is read. Offsets cannot tell that from a record that waits; only reading can.
 *
 * <p>It is done where it can matter, and once: where at most {@value #FEW} offsets are left, and
 * they are the same as at the last look, for which a stream that flows is too fast. Each is read up
 * to its first record, as the sink would (committed transactions only), without a consumer group.
 *
 * <p>Failure semantics: what cannot be told, because Kafka refuses, fails or takes longer than the
 * limit, is left out of the answer, so that its offsets are counted as records, and is asked again
 * at the next look. Nothing is thrown.
 */
public final class UnreadRecords {

  /** How many offsets may be left that are looked at one by one. */
  public static final long FEW = 1_000;

  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final Duration POLL = Duration.ofMillis(200);

  /**
   * What is left of a partition.
   *
   * @param from the offset that a sink reads next
   * @param end the offset after the last
   */
  public record Gap(TopicPartition partition, long from, long end) {
    private boolean isFew() {
      return end > from && end - from <= FEW;
    }
  }

  /**
   * What of a gap is to be read.
   *
   * @param next the first record's offset; where there is none, the gap's end, or the beginning of
   *     a transaction that is not ended: what is in it comes later or never
   * @param records from there on, by their offsets; 0 where there is none
   */
  public record Unread(long next, long records) {
    /** A gap that was not looked into: each offset is a record. */
    public static Unread counted(Gap gap) {
      return new Unread(gap.from(), Math.max(0, gap.end() - gap.from()));
    }

    private boolean isFinal(Gap gap) {
      return records > 0 || next >= gap.end();
    }
  }

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final Duration limit;
  private final Map<Gap, Unread> known = new HashMap<>();
  private Set<Gap> last;

  /** Asks the Kafka at these addresses, for at most two seconds a look. */
  public UnreadRecords(String bootstrapServers) {
    this(() -> consumer(bootstrapServers), LIMIT);
  }

  UnreadRecords(Supplier<Consumer<byte[], byte[]>> consumers, Duration limit) {
    this.consumers = consumers;
    this.limit = limit;
  }

  /**
   * What is to be read in those of the gaps that are small and were there at the last look too; at
   * the first look, in all small ones. The others are left out.
   */
  public synchronized Map<Gap, Unread> look(Collection<Gap> gaps) {
    Set<Gap> standing = new HashSet<>(gaps);
    standing.removeIf(gap -> !gap.isFew() || last != null && !last.contains(gap));
    last = Set.copyOf(gaps);
    known.keySet().retainAll(standing);
    Map<Gap, Unread> answers = new HashMap<>(known);
    standing.removeAll(known.keySet());
    if (!standing.isEmpty()) {
      ask(standing, answers);
      answers.forEach(
          (gap, unread) -> {
            if (unread.isFinal(gap)) {
              known.put(gap, unread);
            }
          });
    }
    return answers;
  }

  private void ask(Set<Gap> gaps, Map<Gap, Unread> answers) {
    long deadline = System.nanoTime() + limit.toNanos();
    Consumer<byte[], byte[]> consumer = null;
    try {
      consumer = consumers.get();
      // Two sinks may be at two places of one partition, and a consumer is at one.
      Set<Gap> left = new HashSet<>(gaps);
      while (!left.isEmpty() && System.nanoTime() < deadline) {
        Map<TopicPartition, Gap> round = new HashMap<>();
        left.forEach(gap -> round.putIfAbsent(gap.partition(), gap));
        left.removeAll(round.values());
        try {
          read(consumer, round, deadline, answers);
        } catch (TopicAuthorizationException e) {
          // One topic that may not be read says nothing of the others.
          left.addAll(round.values());
          left.removeIf(gap -> e.unauthorizedTopics().contains(gap.partition().topic()));
        }
      }
    } catch (KafkaException e) {
      // As the class says: what is not told counts as records.
    } finally {
      close(consumer);
    }
  }

  /**
   * Reads one gap of each partition.
   *
   * @param gaps those without an answer; empty at the end, unless the time was too short
   */
  private static void read(
      Consumer<byte[], byte[]> consumer,
      Map<TopicPartition, Gap> gaps,
      long deadline,
      Map<Gap, Unread> answers) {
    consumer.assign(gaps.keySet());
    // What the round before has paused stays paused otherwise.
    consumer.resume(gaps.keySet());
    gaps.forEach((partition, gap) -> consumer.seek(partition, gap.from()));
    // For a reader of committed transactions: the beginning of the first that is not ended.
    Map<TopicPartition, Long> readable = consumer.endOffsets(gaps.keySet(), left(deadline));
    while (true) {
      for (Iterator<Gap> open = gaps.values().iterator(); open.hasNext(); ) {
        Gap gap = open.next();
        long stop = Math.min(gap.end(), readable.get(gap.partition()));
        if (consumer.position(gap.partition(), left(deadline)) >= stop) {
          answers.put(gap, new Unread(Math.max(gap.from(), stop), 0));
          consumer.pause(Set.of(gap.partition()));
          open.remove();
        }
      }
      if (gaps.isEmpty() || System.nanoTime() > deadline) {
        return;
      }
      Duration wait = left(deadline);
      ConsumerRecords<byte[], byte[]> records =
          consumer.poll(wait.compareTo(POLL) < 0 ? wait : POLL);
      for (TopicPartition partition : records.partitions()) {
        Gap gap = gaps.remove(partition);
        answers.put(gap, unread(gap, records.records(partition).get(0).offset()));
        consumer.pause(Set.of(partition));
      }
    }
  }

  /** What the first record from a gap's beginning on says of the gap. */
  static Unread unread(Gap gap, long first) {
    long next = Math.min(first, gap.end());
    return new Unread(next, gap.end() - next);
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
  }

  private static void close(Consumer<byte[], byte[]> consumer) {
    try {
      if (consumer != null) {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      }
    } catch (KafkaException e) {
      // It has told all that it was asked.
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String bootstrapServers) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrapServers);
    settings.put("client.id", "sluice-unread");
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", false);
    settings.put("allow.auto.create.topics", false);
    settings.put("auto.offset.reset", "earliest");
    settings.put("default.api.timeout.ms", (int) LIMIT.toMillis());
    settings.put("request.timeout.ms", (int) LIMIT.toMillis());
    // The first record is enough, and what is in it is not looked at.
    settings.put("max.partition.fetch.bytes", 16 << 10);
    settings.put("fetch.max.bytes", 1 << 20);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}

package dev.sluice.ops;

import dev.sluice.ops.DeadLetters.Place;
import dev.sluice.ops.KafkaView.Topic;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * How many letters of a queue are each connector's.
 *
 * @param named by connector: those whose headers name it
 * @param anyones those of which it is not known, which count for every connector: a letter too many
 *     is looked at, one too few is not
 */
record LetterShares(Map<String, Long> named, long anyones) {

  /** Those of the last hour. */
  static LetterShares arrived(Topic queue, Map<TopicPartition, LettersRead> read) {
    Map<String, Long> counts = new HashMap<>();
    queue
        .hourAgo()
        .forEach(
            (partition, first) -> {
              long end = queue.ends().getOrDefault(partition, first);
              LettersRead letters = read.getOrDefault(partition, LettersRead.from(end));
              long from = Math.min(end, Math.max(first, letters.from()));
              long to = Math.max(from, Math.min(end, letters.to()));
              letters
                  .writers()
                  .subMap(from, to)
                  .values()
                  .forEach(w -> counts.merge(w, 1L, Long::sum));
              counts.merge("", Math.max(0, from - first) + (end - to), Long::sum);
            });
    return of(counts);
  }

  /** Those at the given places. */
  static LetterShares at(Collection<Place> places, Map<TopicPartition, LettersRead> read) {
    Map<String, Long> counts = new HashMap<>();
    for (Place place : places) {
      LettersRead letters = read.get(new TopicPartition(place.topic(), place.partition()));
      counts.merge(letters == null ? "" : letters.writer(place.offset()), 1L, Long::sum);
    }
    return of(counts);
  }

  private static LetterShares of(Map<String, Long> counts) {
    Long anyones = counts.remove("");
    return new LetterShares(counts, anyones == null ? 0 : anyones);
  }

  /** Those that are a connector's, or may be. */
  long of(String connector) {
    return anyones + named.getOrDefault(connector, 0L);
  }
}

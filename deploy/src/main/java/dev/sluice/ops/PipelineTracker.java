package dev.sluice.ops;

import dev.sluice.ops.KafkaView.Topic;
import dev.sluice.ops.Overview.Visible;
import dev.sluice.ops.PostgresView.Beats;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.Heartbeat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/**
 * What has to be remembered of one pipeline from one look to the next: rates, marks of freshness,
 * the snapshot, the last hour. Only the collector's thread changes it.
 */
final class PipelineTracker {

  private static final long OFTEN_MILLIS = 3_000;

  private final Rates in = new Rates();
  private final Rates out = new Rates();
  private final Freshness freshness = new Freshness();
  private final SnapshotProgress snapshot = new SnapshotProgress();
  private final History history = new History();
  private boolean streamed;
  private long notStreamingSince;
  private long lag;
  private boolean caughtUp;
  private long removedNow;
  private long removedBefore;
  private long removed;
  private long topicSeenAt;
  private long slotSeenAt;
  private long beatsWritten = -1;
  private long beatsWrittenAt;
  private boolean beatsRise;

  /** Takes what the servers said since the last look. */
  void see(long at, Pipeline pipeline, Answers answers) {
    seeSlot(at, pipeline, answers);
    Topic topic = topic(pipeline, answers);
    KafkaView kafka = answers.kafka().value();
    if (topic == null || answers.kafka().askedAt() <= topicSeenAt) {
      return;
    }
    topicSeenAt = answers.kafka().askedAt();
    Map<TopicPartition, Long> committed = kafka.committed(pipeline.sink().name());
    // A marker at a topic's end is behind no row: nothing that waits for rows may wait for it.
    Map<TopicPartition, Long> reached = kafka.next(topic, committed);
    lag = kafka.lag(topic, committed);
    long behind = topic.removed(committed);
    // A marker at the end expires as a record does, and was none that waited.
    caughtUp = behind == 0 ? lag == 0 : caughtUp;
    removedNow = caughtUp ? 0 : behind;
    removed = Math.max(removed, removedBefore + removedNow);
    removedBefore = removedNow == 0 ? removed : removedBefore;
    in.add(topicSeenAt, topic.endSum());
    // By what was committed: it never goes back, as what is known of a gap does when records come.
    out.add(topicSeenAt, KafkaView.sum(topic.positions(committed)));
    boolean snapshotting =
        pipeline.source() != null
            && answers.connect().value().snapshotting().contains(pipeline.source().name());
    PostgresView postgres = answers.postgres().value();
    if (postgres != null) {
      snapshot.see(
          at,
          snapshotting,
          postgres.estimatedRows().getOrDefault(pipeline.sourceTable(), 0L),
          KafkaView.sum(topic.starts()),
          topic.endSum(),
          KafkaView.sum(reached));
      // Only ends that were read after the slot's position hold all that is before it.
      Optional<Slot> slot = slot(pipeline, postgres);
      if (slot.isPresent() && answers.kafka().askedAt() >= answers.postgres().answeredAt()) {
        freshness.confirmed(slot.get().confirmedLsn(), topic.ends());
      }
    }
    freshness.acknowledged(answers.kafka().askedAt(), reached);
  }

  private void seeSlot(long at, Pipeline pipeline, Answers answers) {
    PostgresView postgres = answers.postgres().value();
    if (postgres == null || !answers.postgres().reachable()) {
      return;
    }
    boolean active = slot(pipeline, postgres).map(Slot::active).orElse(false);
    seeBeats(pipeline, answers);
    streamed |= active;
    notStreamingSince = active ? 0 : notStreamingSince == 0 ? at : notStreamingSince;
    if (streamed && !snapshot.isRunning() && answers.postgres().askedAt() > slotSeenAt) {
      slotSeenAt = answers.postgres().askedAt();
      freshness.mark(slotSeenAt, postgres.lsn());
    }
  }

  /** By Postgres's own count of what was written to the heartbeat's table. */
  private void seeBeats(Pipeline pipeline, Answers answers) {
    Long written =
        pipeline
            .heartbeat()
            .map(each -> answers.postgres().value().catalogue().beats().get(each.statement()))
            .map(Beats::written)
            .orElse(null);
    // Of another database than the source's it says nothing.
    if (written == null || slot(pipeline, answers.postgres().value()).isEmpty()) {
      beatsWritten = -1;
    } else if (written != beatsWritten) {
      // A rare one is not waited for.
      beatsRise =
          beatsWritten >= 0 || pipeline.heartbeat().orElseThrow().intervalMillis() > OFTEN_MILLIS;
      beatsWritten = written;
      beatsWrittenAt = answers.postgres().askedAt();
    }
  }

  /** Since when the heartbeat has written nothing; 0 where that is not known. */
  long beatsUnwrittenSince() {
    return beatsWritten < 0 ? 0 : beatsWrittenAt;
  }

  /** Adds the point of this moment to the last hour. */
  void record(
      long at,
      Long slotBytes,
      boolean kafkaReachable,
      Visible visible,
      long letters,
      long lettersWaiting) {
    history.add(
        at,
        kafkaReachable ? in.perSecond() : Double.NaN,
        kafkaReachable ? out.perSecond() : Double.NaN,
        kafkaReachable ? lag : Double.NaN,
        slotBytes == null ? Double.NaN : slotBytes,
        visible == null ? Double.NaN : visible.p50(),
        visible == null ? Double.NaN : visible.p99(),
        kafkaReachable ? letters : Double.NaN,
        kafkaReachable ? lettersWaiting : Double.NaN);
  }

  /** From commit to visible: as measured of single changes, or else the marks' upper bound. */
  Visible visible(long at, String id, VisibilityProbe probe) {
    OptionalLong p50 = probe.percentile(id, 0.5);
    OptionalLong p99 = probe.percentile(id, 0.99);
    if (p50.isPresent() && p99.isPresent()) {
      return new Visible(p50.getAsLong(), p99.getAsLong(), true);
    }
    p50 = freshness.percentile(0.5, at);
    p99 = freshness.percentile(0.99, at);
    return p50.isPresent() && p99.isPresent()
        ? new Visible(p50.getAsLong(), p99.getAsLong(), false)
        : null;
  }

  /**
   * The slot of the pipeline's source, by name or, where that is a reference, by what it may be.
   */
  static Optional<Slot> slot(Pipeline pipeline, PostgresView postgres) {
    Template name = pipeline.slot();
    return name.isEmpty()
        ? Optional.empty()
        : postgres.slots().values().stream().filter(s -> name.matches(s.name())).findFirst();
  }

  /**
   * How long the source's last beat is past, in ms, beyond the interval between two; 0 where that
   * is not known.
   */
  static long silence(long at, Pipeline pipeline, Answers answers) {
    KafkaView kafka = answers.kafka().value();
    Optional<Heartbeat> heartbeat = pipeline.heartbeat();
    if (kafka == null || !answers.kafka().reachable() || heartbeat.isEmpty()) {
      return 0;
    }
    Long last = kafka.lastBeats().get(heartbeat.get().topic());
    return last == null ? 0 : Math.max(0, at - last - heartbeat.get().intervalMillis());
  }

  static Topic topic(Pipeline pipeline, Answers answers) {
    KafkaView kafka = answers.kafka().value();
    return kafka == null || pipeline.sink() == null ? null : kafka.topics().get(pipeline.topic());
  }

  Rates in() {
    return in;
  }

  Rates out() {
    return out;
  }

  Freshness freshness() {
    return freshness;
  }

  SnapshotProgress snapshot() {
    return snapshot;
  }

  History history() {
    return history;
  }

  long lag() {
    return lag;
  }

  /**
   * Whether nobody streams from the slot, or records wait and none has gone since the last look, or
   * no heartbeat was seen to be written yet.
   */
  boolean standsStill(long at) {
    return notStreamingSince > 0
        || lag > 0 && out.changedAt() < at - Collector.INTERVAL_MILLIS / 2
        || beatsWritten >= 0 && !beatsRise;
  }

  /** Records that were removed from the topic before the sink had read them, in all. */
  long removed() {
    return removed;
  }

  /** Whether the sink has yet to come past the place of some of them. */
  boolean isBehindRemoved() {
    return removedNow > 0;
  }

  /** Since when nobody streams from the slot; 0 when somebody does. */
  long notStreamingSince() {
    return notStreamingSince;
  }
}

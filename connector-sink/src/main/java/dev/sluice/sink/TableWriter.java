package dev.sluice.sink;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * The way into one table: while one batch is being inserted the next one fills.
 *
 * <p>One insert at a time keeps the order of rows within each partition. All methods belong to the
 * task's thread; what waits for ClickHouse is {@link TableInserts}'.
 *
 * <p>Failure semantics: offsets are acknowledged when their batch is, and records that are to be
 * set aside when Kafka has their copy. A row that was refused is brought again by a rewind and set
 * aside then; rows behind it that have landed are passed over. A table that has changed, or is
 * gone, makes encoded rows useless: they are forgotten, and the consumer brings what is not
 * acknowledged again. Rows that no longer fit a table that has worked before wait until they fit
 * again. Whatever else is no use to be tried again at once (rows that do not fit at the beginning
 * of a topic, a bad row without a dead letter queue, retries whose time is over) holds the table:
 * see {@link Hold}.
 */
final class TableWriter implements TableInserts.Owner {
  /** How soon to look again while a job runs, and while something waits for its end. */
  private static final long RUNNING_MS = 50;

  private static final long WAITING_MS = 5;

  private static final long RESTART_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final String table;
  private final TableParts parts;
  private final SinkConfig config;
  private final TableMetrics metrics;
  private final TableMemory memory;
  private final OpenBatch open;
  private final TableInserts inserts;
  private final SentBatches sent;
  private final TableProgress progress = new TableProgress();
  private final Hold hold;

  /** What comes next has to wait for the running insert. */
  private boolean waitsForSent;

  /** Whether this poll has brought a record that was taken. */
  private boolean tookAny;

  /** The oldest timestamp of what the consumer has to bring again. */
  private long oldestToComeAgain = Batch.NEVER;

  TableWriter(String table, TableParts parts) {
    this.table = table;
    this.parts = parts;
    config = parts.config();
    metrics = parts.metrics().table(table);
    Retry retry = new Retry(config, metrics);
    memory = new TableMemory(parts.budget());
    open = new OpenBatch(config, parts.budget(), memory.account());
    inserts = new TableInserts(table, parts, metrics, retry, this);
    sent = inserts.sent();
    hold = new Hold(table, retry, metrics);
  }

  /** Whether the consumer may bring more: if not, what is here has to move on first. */
  boolean isAccepting() {
    return inserts.writers() != null
        && !hold.isWaiting()
        && !(waitsForSent && !sent.isEmpty())
        && !open.isFull()
        && memory.hasRoom(open, sent);
  }

  /** The first offset of this partition that is on its way; the largest number for none. */
  long firstPending(PartitionState partition) {
    long waiting = Math.min(open.firstOf(partition), sent.firstOf(partition));
    return Math.min(waiting, progress.firstRefused(partition));
  }

  /** What fails for this table and is tried again; empty while nothing does. */
  String failure() {
    return hold.isOn() ? hold.reason() : inserts.failure();
  }

  Hold hold() {
    return hold;
  }

  /** Forgets a partition that has gone to another task, or with its topic. */
  void forget(PartitionState partition) {
    progress.forget(partition);
    hold.forget(partition);
  }

  /**
   * Takes a record. A full batch still takes the rest of the poll that overfilled it; {@link
   * #isAccepting} then holds the consumer back.
   *
   * @return false when it cannot be taken now, and has to be brought again
   */
  boolean add(PartitionState partition, SinkRecord record, long now) {
    if (takeOrHold(partition, record, now)) {
      tookAny = true;
      return true;
    }
    if (record.timestamp() != null) {
      oldestToComeAgain = Math.min(oldestToComeAgain, record.timestamp());
    }
    return false;
  }

  private boolean takeOrHold(PartitionState partition, SinkRecord record, long now) {
    if (inserts.writers() == null || hold.isWaiting()) {
      return false;
    }
    waitsForSent = false;
    open.came(now);
    long offset = record.originalKafkaOffset();
    try {
      if (progress.has(partition, offset)) {
        DataException refusal = progress.refusal(partition, offset);
        if (refusal != null) {
          setAside(partition, record, refusal, now);
          progress.settled(partition, offset);
        }
        return true;
      }
      if (!take(partition, record, now)) {
        return false;
      }
      progress.took(partition, offset);
      return true;
    } catch (NoRoomException e) {
      memory.refused(e.bytes(), open, sent).ifPresent(reason -> hold.at(partition, offset, reason));
    } catch (ConnectException e) {
      progress.startAgain(partition, offset);
      hold.at(partition, offset, e);
    }
    return false;
  }

  private boolean take(PartitionState partition, SinkRecord record, long now) {
    if (record.value() == null) {
      open.open(now).pass(partition, record.originalKafkaOffset());
      return true;
    }
    if (record.value() instanceof Struct value) {
      if (Truncation.is(value)) {
        return truncate(partition, record, value, now);
      }
      return RejectedRecord.is(value)
          ? setAside(partition, record, RejectedRecord.reason(value), now)
          : addRow(partition, record, value, now);
    }
    DataException reason = new DataException("the value is not a Struct with a schema");
    return setAside(partition, record, reason, now);
  }

  private boolean addRow(PartitionState partition, SinkRecord record, Struct row, long now) {
    // Further on, this sink has been here before, if not this task.
    boolean first = record.originalKafkaOffset() == 0 && !parts.proven().contains(table);
    RowWriter writer;
    try {
      writer = inserts.writers().of(row.schema());
      if (first && !writer.zeroed().isEmpty()) {
        throw new MisfitException(table, writer.zeroed());
      }
    } catch (MisfitException e) {
      if (first) {
        throw e;
      }
      if (isEmptied(partition)) {
        inserts.prepare(row.schema());
      }
      return false;
    }
    if (open.isFull()) {
      send(now);
      if (isReset(partition)) {
        return false;
      }
    }
    try {
      if (open.open(now).add(writer, row, partition, record)) {
        return true;
      }
      send(now);
      waitsForSent = !open.isEmpty();
      return !waitsForSent
          && !isReset(partition)
          && open.open(now).add(writer, row, partition, record);
    } catch (DataException e) {
      return setAside(partition, record, e, now);
    }
  }

  private boolean truncate(PartitionState partition, SinkRecord record, Struct event, long now) {
    if (!config.truncate()) {
      String reason = "truncate events are not let in (setting " + SinkSettings.TRUNCATE + ")";
      return setAside(partition, record, new DataException(reason), now);
    }
    if (!isEmptied(partition)) {
      return false;
    }
    String statement;
    try {
      statement = Truncation.statement(event, inserts.writers().layout());
    } catch (DataException e) {
      return setAside(partition, record, e, now);
    }
    open.open(now).pass(partition, record.originalKafkaOffset());
    inserts.truncate(statement, open.take());
    return true;
  }

  /** Whether all rows before this have arrived; if not, sends them on their way. */
  private boolean isEmptied(PartitionState partition) {
    send(System.nanoTime());
    waitsForSent = !sent.isEmpty() || !open.isEmpty();
    return !waitsForSent && !isReset(partition);
  }

  /** Whether a settled insert has left the current record behind a rewind. */
  private boolean isReset(PartitionState partition) {
    return inserts.writers() == null || partition.stale;
  }

  private boolean setAside(
      PartitionState partition, SinkRecord record, DataException reason, long now) {
    String at = partition.at(record.originalKafkaOffset());
    Batch.Letter letter =
        new Batch.Letter(record, new DataException("Record " + at + ": " + reason.getMessage()));
    parts.letters().orFail(letter);
    open.open(now).add(letter, partition);
    return true;
  }

  /** Whether rows are here, or on their way. */
  boolean isActive() {
    return !open.isEmpty() || !sent.isEmpty();
  }

  /** Whether an insert has to begin, as soon as those of other tables let it. */
  boolean isDue(long now) {
    if (inserts.isInserting() || inserts.writers() == null) {
      return false;
    }
    return inserts.broken().isOn()
        ? !inserts.broken().isWaiting(now)
        : open.isDue(now) || !open.isEmpty() && !memory.hasRoom(open, sent);
  }

  /** Of one that is due: whether it waits for no other table. */
  boolean isUrgent() {
    return inserts.broken().isOn() || open.isFull() || !memory.hasRoom(open, sent);
  }

  /** Of one that is due: when its oldest row came, in nanoseconds. */
  long waitingSince() {
    return open.isEmpty() ? inserts.broken().since() : open.openedAt();
  }

  /** How soon to look here again, if no record comes before. */
  long nextLookInMs(long now) {
    if (inserts.isIdle() && hold.isWaiting() && !isActive()) {
      return Math.max(WAITING_MS, hold.dueInMs(now));
    }
    Backoff broken = inserts.broken();
    long dueInMs = broken.isOn() ? broken.dueInMs(now) : open.dueInMs(now);
    if (inserts.isIdle()) {
      return Math.max(WAITING_MS, dueInMs);
    }
    return dueInMs <= 0 || !isAccepting() ? WAITING_MS : RUNNING_MS;
  }

  /** Sends the open batch, after what the table has not taken, unless a job is under way. */
  void send(long now) {
    inserts.settle();
    inserts.send(open, now);
  }

  void settle() {
    inserts.settle();
  }

  @Override
  public void acknowledged(List<Inserter.RejectedRow> rejected) {
    sent.acknowledged(open, inserts.tookMs());
    progress.refuse(rejected).forEach(parts.partitions()::rewind);
    hold.passed(this::isAcknowledged);
  }

  @Override
  public void changed() {
    rewind();
    inserts.prepare(null);
  }

  @Override
  public void failed(ConnectException reason) {
    rewind();
    inserts.forgetLayout();
    hold.at(null, 0, reason);
  }

  private boolean isAcknowledged(PartitionState partition, long offset) {
    return progress.has(partition, offset) && firstPending(partition) > offset;
  }

  /** Forgets what is not acknowledged, for the consumer to bring it again. */
  private void rewind() {
    if (!open.isEmpty()) {
      sent.add(open.take());
    }
    open.discard();
    oldestToComeAgain = Math.min(oldestToComeAgain, sent.oldestTimestamp());
    for (Map.Entry<PartitionState, Long> first : inserts.discard().entrySet()) {
      if (progress.startAgain(first.getKey(), first.getValue())) {
        parts.partitions().rewind(first.getKey(), first.getValue());
      }
    }
  }

  /** Ends a poll: what is held is tried again when it is time, and the numbers are brought up. */
  void polled(long now) {
    if (inserts.isIdle() && !isActive() && hold.isOver(now)) {
      inserts.prepare(null);
    }
    if (tookAny && !hold.isWaiting()) {
      oldestToComeAgain = Batch.NEVER;
    }
    memory.polled(open, tookAny);
    tookAny = false;
    long here = Math.min(open.oldestTimestamp(), sent.oldestTimestamp());
    metrics.waiting(Math.min(here, oldestToComeAgain));
  }

  /** Starts over, because partitions have come or gone. */
  void restart() {
    inserts.stop(System.nanoTime() + RESTART_WAIT_NANOS);
    changed();
  }

  /**
   * Stops: a running insert is waited for until the deadline and then cut off, rows not sent are
   * forgotten. What was not acknowledged will be read again, here or by the next owner.
   */
  void stop(long deadline) {
    inserts.stop(deadline);
    open.discard();
    inserts.discard();
    memory.account().close();
    parts.metrics().forget(table);
  }
}

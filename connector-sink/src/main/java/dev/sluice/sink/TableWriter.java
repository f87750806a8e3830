package dev.sluice.sink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way into one table: while one batch is being inserted the next one fills.
 *
 * <p>One insert at a time keeps the order of rows within each partition. All methods belong to the
 * task's thread; only {@link Inserter} runs beside it, one job at a time.
 *
 * <p>Failure semantics: offsets are acknowledged when their batch is, and records that are to be
 * set aside when Kafka has their copy. A row that was refused is brought again by a rewind and set
 * aside then; rows behind it that have landed are passed over. Where the table takes no row at all,
 * the batch waits, and is tried again together with what comes next, up to the size of one batch. A
 * table that has changed makes encoded rows useless: the lane forgets what is not acknowledged, and
 * the consumer brings it again. Rows that do not fit the table fail the task at the beginning of a
 * topic; later, when the table has worked before, they wait until it fits again.
 */
final class TableWriter {
  private static final Logger LOG = LoggerFactory.getLogger(TableWriter.class);

  /** What a lane asks of its task. */
  interface Task {
    /** Tables that have taken rows: the schema did fit them. */
    Set<String> proven();

    /** Asks the consumer for a partition again, from this offset on. */
    void rewind(PartitionState partition, long offset);
  }

  /** How far one partition's records have come. */
  private static final class Progress {
    /** Records before this one are here, or were; they may come again on account of others. */
    long next;

    /** Rows that ClickHouse refused, by offset; they are set aside when they come again. */
    final TreeMap<Long, DataException> refused = new TreeMap<>();
  }

  /** How soon to look again while a job runs, and while something waits for its end. */
  private static final long RUNNING_MS = 50;

  private static final long HELD_BACK_MS = 5;

  /** So many rows are tried together, however small a batch is, before the table is to blame. */
  private static final int LEAST_ROWS = 1_000;

  /** How many times as long as a go at a table that takes no row it is left alone. */
  private static final int WAIT_FACTOR = 10;

  private static final long RESTART_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final String table;
  private final SinkConfig config;
  private final Inserter inserter;
  private final ExecutorService executor;
  private final SinkMetrics metrics;
  private final DeadLetters letters;
  private final Task task;
  private final OpenBatch open;
  private final Retry retry;
  private final Map<PartitionState, Progress> progress = new HashMap<>();

  private Job<TableLayout> preparing;
  private Job<List<Inserter.RejectedRow>> inserting;

  /** What the running job inserts; or, while none runs, what the table has not taken a row of. */
  private final List<Batch> sent = new ArrayList<>();

  /** How long the last job ran. */
  private long tookMs;

  /** Since when the table takes no row and why, how often that was tried, when to try again. */
  private long brokenSince;

  private String brokenBy;
  private int brokenTries;
  private long nextTry;

  /** Null until the layout of the table is known. */
  private Writers writers;

  /** What comes next has to wait for the running insert. */
  private boolean turning;

  TableWriter(
      String table,
      SinkConfig config,
      Inserter inserter,
      ExecutorService executor,
      SinkMetrics metrics,
      Retry retry,
      DeadLetters letters,
      Task task) {
    this.table = table;
    this.config = config;
    this.inserter = inserter;
    this.executor = executor;
    this.metrics = metrics;
    this.letters = letters;
    this.task = task;
    this.open = new OpenBatch(config);
    this.retry = retry;
    prepare(null);
  }

  private void prepare(Schema wanted) {
    writers = null;
    preparing = new Job<>(executor, () -> inserter.prepare(wanted));
  }

  /** Whether the consumer may bring more: if not, what is here has to move on first. */
  boolean accepting() {
    return writers != null && !(turning && !sent.isEmpty()) && !open.isFull();
  }

  /** The first offset of this partition that is on its way; the largest number for none. */
  long firstPending(PartitionState partition) {
    long first = open.firstOf(partition);
    for (Batch batch : sent) {
      first = Math.min(first, batch.firsts().getOrDefault(partition, Long.MAX_VALUE));
    }
    Progress known = progress.get(partition);
    return known == null || known.refused.isEmpty()
        ? first
        : Math.min(first, known.refused.firstKey());
  }

  /** What holds this table up and is tried again; empty while nothing does. */
  String failure() {
    return brokenTries > 0 ? brokenBy : retry.failure();
  }

  /** Forgets a partition that has gone to another task, or with its topic. */
  void forget(PartitionState partition) {
    progress.remove(partition);
  }

  /**
   * Takes a record. A full batch still takes the rest of the poll that overfilled it; {@link
   * #accepting} then holds the consumer back.
   *
   * @return false when it cannot be taken now, and has to be brought again
   */
  boolean add(PartitionState partition, SinkRecord record, long now) {
    if (writers == null) {
      return false;
    }
    turning = false;
    open.came(now);
    long offset = record.originalKafkaOffset();
    Progress known = progress.computeIfAbsent(partition, s -> new Progress());
    if (offset < known.next) {
      DataException refused = known.refused.remove(offset);
      return refused == null || setAside(partition, record, refused, now);
    }
    if (!take(partition, record, now)) {
      return false;
    }
    known.next = offset + 1;
    return true;
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
    boolean first = record.originalKafkaOffset() == 0 && !task.proven().contains(table);
    RowWriter writer;
    try {
      writer = writers.of(row.schema());
      if (first && !writer.zeroed().isEmpty()) {
        throw new MisfitException(table, writer.zeroed());
      }
    } catch (MisfitException e) {
      if (first) {
        throw e;
      }
      if (isEmptied(partition)) {
        prepare(row.schema());
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
      turning = !open.isEmpty();
      return !turning && !isReset(partition) && open.open(now).add(writer, row, partition, record);
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
    TableLayout layout = writers.layout();
    String statement;
    try {
      statement = Truncation.statement(event, layout);
    } catch (DataException e) {
      return setAside(partition, record, e, now);
    }
    open.open(now).pass(partition, record.originalKafkaOffset());
    Batch batch = open.take();
    sent.add(batch);
    submit(() -> inserter.truncate(statement, layout, batch));
    return true;
  }

  /** Whether all rows before this have arrived; if not, sends them on their way. */
  private boolean isEmptied(PartitionState partition) {
    send(System.nanoTime());
    turning = !sent.isEmpty() || !open.isEmpty();
    return !turning && !isReset(partition);
  }

  /** Whether a settled insert has left the current record behind a rewind. */
  private boolean isReset(PartitionState partition) {
    return writers == null || partition.stale;
  }

  private boolean setAside(
      PartitionState partition, SinkRecord record, DataException reason, long now) {
    String at = partition.at(record.originalKafkaOffset());
    Batch.Letter letter =
        new Batch.Letter(record, new DataException("Record " + at + ": " + reason.getMessage()));
    letters.orFail(letter);
    open.open(now).add(letter, partition);
    return true;
  }

  void sendIfDue(long now) {
    if (brokenTries > 0 ? now - nextTry >= 0 : open.isDue(now)) {
      send(now);
    }
  }

  /** How soon to look here again, if no record comes before. */
  long nextLookInMs(long now) {
    long dueInMs =
        brokenTries > 0 ? TimeUnit.NANOSECONDS.toMillis(nextTry - now) : open.dueInMs(now);
    if (preparing == null && inserting == null) {
      return Math.max(HELD_BACK_MS, dueInMs);
    }
    return dueInMs <= 0 || !accepting() ? HELD_BACK_MS : RUNNING_MS;
  }

  /** Sends the open batch, after what the table has not taken, unless a job is under way. */
  private void send(long now) {
    settle();
    if (inserting != null || writers == null || (brokenTries > 0 && now - nextTry < 0)) {
      return;
    }
    if (!open.isEmpty() && mayJoin()) {
      sent.add(open.take());
    }
    if (!sent.isEmpty()) {
      List<Batch> batches = List.copyOf(sent);
      TableLayout layout = writers.layout();
      int former = brokenTries;
      submit(() -> inserter.insert(batches, layout, former));
    }
  }

  /** Whether there is room for another batch beside those of which the table has taken no row. */
  private boolean mayJoin() {
    return sent.size() < 2
        || sentRows() < Math.max(config.batchRows(), LEAST_ROWS)
            && sent.stream().mapToLong(Batch::bytes).sum() < config.batchBytes();
  }

  private void submit(Callable<List<Inserter.RejectedRow>> work) {
    metrics.rowsInFlight.addAndGet(sentRows());
    inserting = new Job<>(executor, work);
  }

  private int sentRows() {
    return sent.stream().mapToInt(Batch::count).sum();
  }

  /**
   * Looks what has become of the running job.
   *
   * @throws ConnectException when the task has to fail
   */
  void settle() {
    try {
      if (preparing != null && preparing.isOver()) {
        Job<TableLayout> over = preparing;
        preparing = null;
        writers = new Writers(over.result());
      }
      if (inserting != null && inserting.isOver()) {
        Job<List<Inserter.RejectedRow>> over = inserting;
        inserting = null;
        metrics.rowsInFlight.addAndGet(-sentRows());
        tookMs = over.tookMs();
        acknowledge(over.result());
      }
    } catch (Fault fault) {
      switch (fault.kind()) {
        case DRIFT -> {
          rewind();
          prepare(null);
        }
        case UNSURE -> broken(fault);
        default -> throw failed(fault);
      }
    }
  }

  private ConnectException failed(Fault fault) {
    return new ConnectException("Table " + table + ": " + fault.getMessage(), fault);
  }

  private void acknowledge(List<Inserter.RejectedRow> rejected) {
    task.proven().add(table);
    if (brokenTries > 0) {
      LOG.info("Table {} takes rows again", table);
      resetBroken();
    }
    open.reuse(sent.get(0), tookMs);
    sent.clear();
    Map<PartitionState, Long> refusedFrom = new HashMap<>();
    for (Inserter.RejectedRow row : rejected) {
      Progress known = progress.get(row.partition());
      if (known == null) {
        LOG.error(
            "Record {} is refused, and gone with its topic: {}",
            row.partition().at(row.offset()),
            row.reason());
        continue;
      }
      known.refused.put(row.offset(), new DataException(row.reason()));
      refusedFrom.merge(row.partition(), row.offset(), Math::min);
    }
    refusedFrom.forEach(task::rewind);
  }

  /** The table, or a view on it, takes no row: what is here waits for others to be tried with. */
  private void broken(Fault fault) {
    if (brokenTries == 0) {
      brokenSince = System.nanoTime();
      metrics.tablesFailing.incrementAndGet();
      LOG.warn(
          "Table {} takes none of {} rows, which are tried again with those that follow: {}",
          table,
          sentRows(),
          fault.getMessage());
    } else if (retry.isOver(brokenSince)) {
      throw failed(retry.over(fault));
    }
    brokenBy = "Table " + table + " takes no row: " + fault.getMessage();
    brokenTries++;
    metrics.retries.incrementAndGet();
    long waitMs = Math.max(retry.waitMs(brokenTries), tookMs * WAIT_FACTOR);
    nextTry = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
  }

  private void resetBroken() {
    if (brokenTries > 0) {
      brokenTries = 0;
      metrics.tablesFailing.decrementAndGet();
    }
  }

  /** Forgets what is not acknowledged, for the consumer to bring it again. */
  private void rewind() {
    Map<PartitionState, Long> first = new HashMap<>();
    if (!open.isEmpty()) {
      sent.add(open.take());
    }
    for (Batch batch : sent) {
      batch.firsts().forEach((partition, offset) -> first.merge(partition, offset, Math::min));
    }
    sent.clear();
    resetBroken();
    first.forEach(
        (partition, offset) -> {
          Progress known = progress.get(partition);
          if (known == null) {
            return; // Gone with its topic.
          }
          known.next = offset;
          // These come again as rows, and may land this time.
          known.refused.tailMap(offset, true).clear();
          task.rewind(partition, offset);
        });
  }

  /** Starts over, because partitions have come or gone. */
  void restart() {
    stop(System.nanoTime() + RESTART_WAIT_NANOS);
    rewind();
    prepare(null);
  }

  /**
   * Stops: a running insert is waited for until the deadline and then cut off, rows not sent are
   * forgotten. What was not acknowledged will be read again, here or by the next owner.
   */
  void stop(long deadline) {
    if (inserting != null) {
      metrics.rowsInFlight.addAndGet(-sentRows());
      inserting.stop(deadline);
      inserting = null;
    }
    if (preparing != null) {
      preparing.stop(System.nanoTime());
      preparing = null;
    }
    resetBroken();
  }
}

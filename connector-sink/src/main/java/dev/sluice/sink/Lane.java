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
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** What a lane asks of its task. */
  interface Task {
    /** Tables that have taken rows: the schema did fit them. */
    Set<String> proven();

    /** Asks the consumer for a partition again, from this offset on. */
    void rewind(Source source, long offset);
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
  private static final int COMPANY = 1_000;

  /** How many times as long as a go at a table that takes no row it is left alone. */
  private static final int LEFT_ALONE = 10;

  private static final long RESTART_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final String table;
  private final SinkConfig config;
  private final Inserter inserter;
  private final ExecutorService executor;
  private final SinkMetrics metrics;
  private final DeadLetters letters;
  private final Task task;
  private final Filling filling;
  private final Retry retry;
  private final Map<Source, Progress> progress = new HashMap<>();

  private Job<TableLayout> preparing;
  private Job<List<Inserter.Refusal>> inserting;

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

  Lane(
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
    this.filling = new Filling(config);
    this.retry = retry;
    prepare(null);
  }

  private void prepare(Schema wanted) {
    writers = null;
    preparing = new Job<>(executor, () -> inserter.prepare(wanted));
  }

  /** Whether the consumer may bring more: if not, what is here has to move on first. */
  boolean accepting() {
    return writers != null && !(turning && !sent.isEmpty()) && !filling.isFull();
  }

  /** The first offset of this partition that is on its way; the largest number for none. */
  long firstPending(Source source) {
    long first = filling.firstOf(source);
    for (Batch batch : sent) {
      first = Math.min(first, batch.firsts().getOrDefault(source, Long.MAX_VALUE));
    }
    Progress known = progress.get(source);
    return known == null || known.refused.isEmpty()
        ? first
        : Math.min(first, known.refused.firstKey());
  }

  /** What holds this table up and is tried again; empty while nothing does. */
  String trouble() {
    return brokenTries > 0 ? brokenBy : retry.trouble();
  }

  /** Forgets a partition that has gone to another task, or with its topic. */
  void forget(Source source) {
    progress.remove(source);
  }

  /**
   * Takes a record. A full batch still takes the rest of the poll that overfilled it; {@link
   * #accepting} then holds the consumer back.
   *
   * @return false when it cannot be taken now, and has to be brought again
   */
  boolean add(Source source, SinkRecord record, long now) {
    if (writers == null) {
      return false;
    }
    turning = false;
    filling.came(now);
    long offset = record.originalKafkaOffset();
    Progress known = progress.computeIfAbsent(source, s -> new Progress());
    if (offset < known.next) {
      DataException refused = known.refused.remove(offset);
      return refused == null || setAside(source, record, refused, now);
    }
    if (!take(source, record, now)) {
      return false;
    }
    known.next = offset + 1;
    return true;
  }

  private boolean take(Source source, SinkRecord record, long now) {
    if (record.value() == null) {
      filling.open(now).pass(source, record.originalKafkaOffset());
      return true;
    }
    if (record.value() instanceof Struct value) {
      if (Truncation.is(value)) {
        return truncate(source, record, value, now);
      }
      return Refused.is(value)
          ? setAside(source, record, Refused.reason(value), now)
          : addRow(source, record, value, now);
    }
    DataException reason = new DataException("the value is not a Struct with a schema");
    return setAside(source, record, reason, now);
  }

  private boolean addRow(Source source, SinkRecord record, Struct row, long now) {
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
      if (isEmptied(source)) {
        prepare(row.schema());
      }
      return false;
    }
    if (filling.isFull()) {
      send(now);
      if (isReset(source)) {
        return false;
      }
    }
    try {
      if (filling.open(now).add(writer, row, source, record)) {
        return true;
      }
      send(now);
      turning = !filling.isEmpty();
      return !turning && !isReset(source) && filling.open(now).add(writer, row, source, record);
    } catch (DataException e) {
      return setAside(source, record, e, now);
    }
  }

  private boolean truncate(Source source, SinkRecord record, Struct event, long now) {
    if (!config.truncate()) {
      String reason = "truncate events are not let in (setting " + SinkSettings.TRUNCATE + ")";
      return setAside(source, record, new DataException(reason), now);
    }
    if (!isEmptied(source)) {
      return false;
    }
    TableLayout layout = writers.layout();
    String statement;
    try {
      statement = Truncation.statement(event, layout);
    } catch (DataException e) {
      return setAside(source, record, e, now);
    }
    filling.open(now).pass(source, record.originalKafkaOffset());
    Batch batch = filling.take();
    sent.add(batch);
    submit(() -> inserter.truncate(statement, layout, batch));
    return true;
  }

  /** Whether all rows before this have arrived; if not, sends them on their way. */
  private boolean isEmptied(Source source) {
    send(System.nanoTime());
    turning = !sent.isEmpty() || !filling.isEmpty();
    return !turning && !isReset(source);
  }

  /** Whether a settled insert has left the current record behind a rewind. */
  private boolean isReset(Source source) {
    return writers == null || source.stale;
  }

  private boolean setAside(Source source, SinkRecord record, DataException reason, long now) {
    String at = source.at(record.originalKafkaOffset());
    Batch.Letter letter =
        new Batch.Letter(record, new DataException("Record " + at + ": " + reason.getMessage()));
    letters.orFail(letter);
    filling.open(now).add(letter, source);
    return true;
  }

  void sendIfDue(long now) {
    if (brokenTries > 0 ? now - nextTry >= 0 : filling.isDue(now)) {
      send(now);
    }
  }

  /** How soon to look here again, if no record comes before. */
  long nextLookInMs(long now) {
    long dueInMs =
        brokenTries > 0 ? TimeUnit.NANOSECONDS.toMillis(nextTry - now) : filling.dueInMs(now);
    if (preparing == null && inserting == null) {
      return Math.max(HELD_BACK_MS, dueInMs);
    }
    return dueInMs <= 0 || !accepting() ? HELD_BACK_MS : RUNNING_MS;
  }

  /** Sends the filling batch, after what the table has not taken, unless a job is under way. */
  private void send(long now) {
    settle();
    if (inserting != null || writers == null || (brokenTries > 0 && now - nextTry < 0)) {
      return;
    }
    if (!filling.isEmpty() && mayJoin()) {
      sent.add(filling.take());
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
        || sentRows() < Math.max(config.batchRows(), COMPANY)
            && sent.stream().mapToLong(Batch::bytes).sum() < config.batchBytes();
  }

  private void submit(Callable<List<Inserter.Refusal>> work) {
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
        Job<List<Inserter.Refusal>> over = inserting;
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

  private void acknowledge(List<Inserter.Refusal> refusals) {
    task.proven().add(table);
    if (brokenTries > 0) {
      LOG.info("Table {} takes rows again", table);
      resetBroken();
    }
    filling.reuse(sent.get(0), tookMs);
    sent.clear();
    Map<Source, Long> refusedFrom = new HashMap<>();
    for (Inserter.Refusal refusal : refusals) {
      Progress known = progress.get(refusal.source());
      if (known == null) {
        LOG.error(
            "Record {} is refused, and gone with its topic: {}",
            refusal.source().at(refusal.offset()),
            refusal.reason());
        continue;
      }
      known.refused.put(refusal.offset(), new DataException(refusal.reason()));
      refusedFrom.merge(refusal.source(), refusal.offset(), Math::min);
    }
    refusedFrom.forEach(task::rewind);
  }

  /** The table, or a view on it, takes no row: what is here waits for others to be tried with. */
  private void broken(Fault fault) {
    if (brokenTries == 0) {
      brokenSince = System.nanoTime();
      metrics.tablesInTrouble.incrementAndGet();
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
    long waitMs = Math.max(retry.waitMs(brokenTries), tookMs * LEFT_ALONE);
    nextTry = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
  }

  private void resetBroken() {
    if (brokenTries > 0) {
      brokenTries = 0;
      metrics.tablesInTrouble.decrementAndGet();
    }
  }

  /** Forgets what is not acknowledged, for the consumer to bring it again. */
  private void rewind() {
    Map<Source, Long> first = new HashMap<>();
    if (!filling.isEmpty()) {
      sent.add(filling.take());
    }
    for (Batch batch : sent) {
      batch.firsts().forEach((source, offset) -> first.merge(source, offset, Math::min));
    }
    sent.clear();
    resetBroken();
    first.forEach(
        (source, offset) -> {
          Progress known = progress.get(source);
          if (known == null) {
            return; // Gone with its topic.
          }
          known.next = offset;
          // These come again as rows, and may land this time.
          known.refused.tailMap(offset, true).clear();
          task.rewind(source, offset);
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

package dev.sluice.sink;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * The way into one table: while one batch is being inserted the next one fills, never more.
 *
 * <p>One insert at a time keeps the order of rows within each partition. All methods belong to the
 * task's thread; only {@link Inserter} runs beside it, one job at a time.
 *
 * <p>Failure semantics: offsets are acknowledged when their batch is. Whatever makes encoded rows
 * useless (the table changed, a row was refused) ends in a rewind: the lane forgets what is not
 * acknowledged and the consumer brings it again. Rows that do not fit the table fail the task at
 * the beginning of a topic; later, when the table has worked before, they wait until it fits again.
 */
final class Lane {
  /** What a lane asks of its task. */
  interface Task {
    /** Tables that have taken rows: the schema did fit them. */
    Set<String> proven();

    /** Takes aside a record that becomes no row, or throws. */
    void putAside(Source source, SinkRecord record, DataException reason);

    /** Asks the consumer for a partition again, from this offset on. */
    void rewind(Source source, long offset);
  }

  /** How soon to look again while a job runs, and while something waits for its end. */
  private static final long RUNNING_MS = 50;

  private static final long HELD_BACK_MS = 5;

  private static final long RESTART_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final String table;
  private final SinkConfig config;
  private final Inserter inserter;
  private final ExecutorService executor;
  private final SinkMetrics metrics;
  private final Task task;
  private final Filling filling;

  private Job<TableLayout> preparing;
  private Job<List<Inserter.Refusal>> inserting;
  private Batch inFlight;

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
      Task task) {
    this.table = table;
    this.config = config;
    this.inserter = inserter;
    this.executor = executor;
    this.metrics = metrics;
    this.task = task;
    this.filling = new Filling(config);
    prepare(null);
  }

  private void prepare(Schema wanted) {
    writers = null;
    preparing = new Job<>(executor, () -> inserter.prepare(wanted));
  }

  /** Whether the consumer may bring more: if not, what is here has to move on first. */
  boolean accepting() {
    return writers != null && !(turning && inserting != null) && !filling.isFull();
  }

  /** Whether records of this partition are on their way. */
  boolean holds(Source source) {
    return filling.holds(source) || (inFlight != null && inFlight.spans().containsKey(source));
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
    DataException refused =
        source.refused.isEmpty() ? null : source.refused.remove(record.kafkaOffset());
    if (refused != null) {
      return putAside(source, record, refused, now);
    }
    if (record.value() == null) {
      filling.open(now).pass(source, record.kafkaOffset());
      return true;
    }
    if (record.value() instanceof Struct row) {
      return Truncation.is(row)
          ? truncate(source, record, row, now)
          : addRow(source, record, row, now);
    }
    DataException reason = new DataException("the value is not a Struct with a schema");
    return putAside(source, record, reason, now);
  }

  private boolean addRow(Source source, SinkRecord record, Struct row, long now) {
    RowWriter writer;
    try {
      writer = writers.of(row.schema());
    } catch (MisfitException e) {
      // Further on, this sink has been here before, if not this task.
      if (!task.proven().contains(table) && record.kafkaOffset() == 0) {
        throw e;
      }
      if (isEmptied(source)) {
        prepare(row.schema());
      }
      return false;
    }
    if (filling.isFull() || !filling.takes(writer)) {
      send();
      turning = !filling.takes(writer);
      if (turning || isReset(source)) {
        return false;
      }
    }
    try {
      filling.open(now).add(writer, row, source, record.kafkaOffset(), record.timestamp());
      return true;
    } catch (DataException e) {
      return putAside(source, record, e, now);
    }
  }

  private boolean truncate(Source source, SinkRecord record, Struct event, long now) {
    if (!config.truncate()) {
      String reason = "truncate events are not let in (setting " + SinkSettings.TRUNCATE + ")";
      return putAside(source, record, new DataException(reason), now);
    }
    if (!isEmptied(source)) {
      return false;
    }
    TableLayout layout = writers.layout();
    String statement;
    try {
      statement = Truncation.statement(event, layout);
    } catch (DataException e) {
      return putAside(source, record, e, now);
    }
    filling.open(now).pass(source, record.kafkaOffset());
    submit(filling.take(), () -> inserter.truncate(statement, layout));
    return true;
  }

  /** Whether all rows before this have arrived; if not, sends them on their way. */
  private boolean isEmptied(Source source) {
    send();
    turning = inserting != null || !filling.isEmpty();
    return !turning && !isReset(source);
  }

  /** Whether a settled insert has left the current record behind a rewind. */
  private boolean isReset(Source source) {
    return writers == null || source.rewindTo != Source.NONE;
  }

  private boolean putAside(Source source, SinkRecord record, DataException reason, long now) {
    task.putAside(source, record, reason);
    filling.open(now).pass(source, record.kafkaOffset());
    return true;
  }

  void sendIfDue(long now) {
    if (filling.isDue(now)) {
      send();
    }
  }

  /** How soon to look here again, if no record comes before. */
  long nextLookInMs(long now) {
    long dueInMs = filling.dueInMs(now);
    if (preparing == null && inserting == null) {
      return Math.max(HELD_BACK_MS, dueInMs);
    }
    return dueInMs <= 0 || !accepting() ? HELD_BACK_MS : RUNNING_MS;
  }

  /** Sends the filling batch unless another one is under way. */
  private void send() {
    settle();
    if (inserting == null && writers != null && !filling.isEmpty()) {
      Batch batch = filling.take();
      TableLayout layout = writers.layout();
      submit(batch, () -> inserter.insert(batch, layout));
    }
  }

  private void submit(Batch batch, Callable<List<Inserter.Refusal>> work) {
    inFlight = batch;
    metrics.rowsInFlight.addAndGet(batch.count());
    inserting = new Job<>(executor, work);
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
        metrics.rowsInFlight.addAndGet(-inFlight.count());
        acknowledge(over.result(), over.tookMs());
      }
    } catch (Fault fault) {
      if (fault.kind() != Fault.Kind.DRIFT) {
        throw new ConnectException("Table " + table + ": " + fault.getMessage(), fault);
      }
      rewind();
      prepare(null);
    }
  }

  private void acknowledge(List<Inserter.Refusal> refusals, long tookMs) {
    task.proven().add(table);
    Map<Source, Long> refusedFrom = inFlight.acknowledge(refusals);
    filling.reuse(inFlight, tookMs);
    inFlight = null;
    if (!refusedFrom.isEmpty()) {
      rewind();
      refusedFrom.forEach(task::rewind);
    }
  }

  /** Forgets what is not acknowledged, for the consumer to bring it again. */
  private void rewind() {
    Map<Source, Long> first = new HashMap<>();
    for (Batch batch : new Batch[] {filling.take(), inFlight}) {
      if (batch != null) {
        batch.spans().forEach((source, span) -> first.merge(source, span.first, Math::min));
      }
    }
    inFlight = null;
    first.forEach(task::rewind);
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
      metrics.rowsInFlight.addAndGet(-inFlight.count());
      inserting.stop(deadline);
      inserting = null;
    }
    if (preparing != null) {
      preparing.stop(System.nanoTime());
      preparing = null;
    }
  }
}

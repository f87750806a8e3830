package dev.sluice.sink;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
 * acknowledged and the consumer brings it again.
 */
final class Lane {
  /** Takes aside a record that becomes no row, or throws. */
  @FunctionalInterface
  interface BadRows {
    void put(Source source, SinkRecord bad, DataException reason);
  }

  /** Asks the consumer for a partition from an offset on. */
  @FunctionalInterface
  interface Rewind {
    void to(Source source, long offset);
  }

  private static final int SCHEMAS = 64;
  private static final int BUSY_FRACTION = 50;
  private static final int BUSY_LINGERS = 10;
  private static final long STOP_WAIT_MS = 5_000;

  private final String table;
  private final SinkConfig config;
  private final Inserter inserter;
  private final ExecutorService executor;
  private final BadRows badRows;
  private final Rewind rewind;

  private Future<TableLayout> preparing;
  private Future<List<Inserter.Refusal>> inserting;
  private Batch inFlight;
  private Batch filling;
  private TableLayout layout;
  private Schema lastSchema;
  private RowWriter lastWriter;

  /** A row of another schema is next, which cannot join the filling batch. */
  private boolean turning;

  private final Map<Schema, RowWriter> writers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Schema, RowWriter> eldest) {
          return size() > SCHEMAS;
        }
      };

  Lane(
      String table,
      SinkConfig config,
      Inserter inserter,
      ExecutorService executor,
      BadRows badRows,
      Rewind rewind) {
    this.table = table;
    this.config = config;
    this.inserter = inserter;
    this.executor = executor;
    this.badRows = badRows;
    this.rewind = rewind;
    prepare();
  }

  private void prepare() {
    layout = null;
    lastSchema = null;
    writers.clear();
    preparing = executor.submit(inserter::prepare);
  }

  /** Whether the consumer may bring more: if not, what is here has to move on first. */
  boolean accepting() {
    return layout != null && !turning && (filling == null || !isFull());
  }

  /** Whether records of this partition are on their way. */
  boolean holds(Source source) {
    return (filling != null && filling.spans().containsKey(source))
        || (inFlight != null && inFlight.spans().containsKey(source));
  }

  /** Whether something will happen without a further record. */
  boolean waiting() {
    return preparing != null || inserting != null || filling != null;
  }

  /**
   * Takes a record. A full batch still takes the rest of the poll that overfilled it; {@link
   * #accepting} then holds the consumer back.
   *
   * @return false when it cannot be taken now, and has to be brought again
   */
  boolean add(Source source, SinkRecord record, long now) {
    if (layout == null) {
      return false;
    }
    DataException refused =
        source.refused.isEmpty() ? null : source.refused.remove(record.kafkaOffset());
    if (refused != null) {
      badRows.put(source, record, refused);
    } else if (record.value() instanceof Struct row) {
      return addRow(source, record, row, now);
    } else if (record.value() != null) {
      badRows.put(source, record, new DataException("the value is not a Struct with a schema"));
    }
    open(now).pass(source, record.kafkaOffset());
    return true;
  }

  private boolean addRow(Source source, SinkRecord record, Struct row, long now) {
    RowWriter writer = writer(row.schema());
    if (filling != null && (isFull() || !filling.takes(writer))) {
      send();
      turning = filling != null && !filling.takes(writer);
      if (turning || layout == null) {
        return false;
      }
    }
    try {
      open(now).add(writer, row, source, record.kafkaOffset(), record.timestamp());
    } catch (DataException e) {
      badRows.put(source, record, e);
      open(now).pass(source, record.kafkaOffset());
    }
    return true;
  }

  private Batch open(long now) {
    if (filling == null) {
      filling = new Batch(now);
    }
    return filling;
  }

  private RowWriter writer(Schema schema) {
    if (schema != lastSchema) {
      lastWriter = writers.computeIfAbsent(schema, s -> RowWriter.compile(s, layout));
      lastSchema = schema;
    }
    return lastWriter;
  }

  private boolean isFull() {
    return filling.count() >= config.batchRows() || filling.bytes() >= config.batchBytes();
  }

  /**
   * Looks what has become of the running job.
   *
   * @throws ConnectException when the task has to fail
   */
  void settle() {
    if (preparing != null && preparing.isDone()) {
      Future<TableLayout> done = preparing;
      preparing = null;
      layout = result(done);
    }
    if (inserting != null && inserting.isDone()) {
      Future<List<Inserter.Refusal>> done = inserting;
      inserting = null;
      settleInsert(done);
    }
  }

  private void settleInsert(Future<List<Inserter.Refusal>> done) {
    List<Inserter.Refusal> refusals;
    try {
      refusals = done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Fault fault && fault.kind() == Fault.Kind.DRIFT) {
        rewindAll();
        prepare();
        return;
      }
      throw failure(e);
    } catch (InterruptedException e) {
      throw interrupted();
    }
    Map<Source, Long> refusedFrom = new HashMap<>();
    for (Inserter.Refusal refusal : refusals) {
      refusal.source().refused.put(refusal.offset(), new DataException(refusal.reason()));
      refusedFrom.merge(refusal.source(), refusal.offset(), Math::min);
    }
    inFlight
        .spans()
        .forEach(
            (source, span) -> source.acknowledged = refusedFrom.getOrDefault(source, span.next()));
    inFlight = null;
    if (!refusedFrom.isEmpty()) {
      rewindAll();
      refusedFrom.forEach(rewind::to);
    }
  }

  /** Sends the filling batch when it is due; {@code quiet} says that the last poll was empty. */
  void sendIfDue(long now, boolean quiet) {
    if (filling != null && isDue(now, quiet)) {
      send();
    }
  }

  private boolean isDue(long now, boolean quiet) {
    long ageMs = TimeUnit.NANOSECONDS.toMillis(filling.ageNanos(now));
    boolean busy = !quiet && filling.count() > config.batchRows() / BUSY_FRACTION;
    long linger = busy ? (long) config.lingerMs() * BUSY_LINGERS : config.lingerMs();
    return ageMs >= linger || isFull();
  }

  /** Sends the filling batch unless another one is under way. */
  private void send() {
    if (inserting != null && inserting.isDone()) {
      settle();
    }
    if (inserting != null || layout == null || filling == null) {
      return;
    }
    inFlight = filling;
    filling = null;
    turning = false;
    Batch batch = inFlight;
    TableLayout written = layout;
    inserting = executor.submit(() -> inserter.insert(batch, written));
  }

  /** Starts over: what was not acknowledged is read again. */
  void restart() {
    stop();
    preparing = null;
    inserting = null;
    rewindAll();
    prepare();
  }

  /**
   * Stops: rows not yet sent are forgotten, a running insert is waited for and then cut off. What
   * was not acknowledged will be read again by the next owner.
   */
  void stop() {
    Future<?> job = inserting != null ? inserting : preparing;
    if (job != null) {
      try {
        job.get(inserting != null ? STOP_WAIT_MS : 0, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // Either way there is nothing to wait for any more.
      }
      job.cancel(true);
    }
  }

  private void rewindAll() {
    Map<Source, Long> first = new HashMap<>();
    for (Batch batch : new Batch[] {filling, inFlight}) {
      if (batch != null) {
        batch.spans().forEach((source, span) -> first.merge(source, span.first(), Math::min));
      }
    }
    filling = null;
    inFlight = null;
    turning = false;
    first.forEach(rewind::to);
  }

  private <T> T result(Future<T> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private ConnectException failure(ExecutionException e) {
    return new ConnectException("Table " + table + ": " + e.getCause().getMessage(), e.getCause());
  }

  private static ConnectException interrupted() {
    Thread.currentThread().interrupt();
    return new ConnectException("Interrupted");
  }
}

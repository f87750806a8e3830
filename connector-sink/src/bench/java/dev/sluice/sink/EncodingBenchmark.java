package dev.sluice.sink;

import com.clickhouse.client.api.data_formats.RowBinaryFormatWriter;
import com.clickhouse.client.api.metadata.TableSchema;
import com.clickhouse.data.ClickHouseColumn;
import com.clickhouse.data.ClickHouseFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Encodes visits on one core, without a network: this sink's compiled writer beside the official
 * client's own row writer fed with the same Structs, in one run. The ratio is what carries from one
 * machine to another.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2, jvmArgsAppend = "-Xmx512m")
public class EncodingBenchmark {
  private static final int ROWS = 1000;

  private final Struct[] rows = rows();
  private final RowBuffer buffer = new RowBuffer(1 << 20);
  private final RowWriter writer =
      RowWriter.compile(Visits.SCHEMA, new TableLayout("visits", Visits.COLUMNS));

  private final ByteArrayOutputStream stream = new ByteArrayOutputStream(1 << 20);
  private final Field[] fields = Visits.SCHEMA.fields().toArray(Field[]::new);
  private final RowBinaryFormatWriter client =
      new RowBinaryFormatWriter(stream, clientSchema(), ClickHouseFormat.RowBinary);

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public int compiledWriter() {
    buffer.truncate(0);
    for (Struct row : rows) {
      writer.write(row, buffer);
    }
    return buffer.size();
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public int clientsRowWriter() throws IOException {
    stream.reset();
    for (Struct row : rows) {
      for (int i = 0; i < fields.length; i++) {
        client.setValue(i + 1, row.get(fields[i]));
      }
      client.commitRow();
    }
    return stream.size();
  }

  private static Struct[] rows() {
    Struct[] rows = new Struct[ROWS];
    for (int i = 0; i < ROWS; i++) {
      rows[i] = Visits.row(i);
    }
    return rows;
  }

  private static TableSchema clientSchema() {
    return new TableSchema(
        Visits.COLUMNS.stream()
            .map(column -> ClickHouseColumn.of(column.name(), column.type()))
            .toList());
  }

  /** Runs both and prints the ratio. */
  public static void main(String[] arguments) throws RunnerException, IOException {
    EncodingBenchmark check = new EncodingBenchmark();
    if (check.compiledWriter() != check.clientsRowWriter()) {
      throw new IllegalStateException("the two ways do not write the same number of bytes");
    }
    Collection<RunResult> results =
        new Runner(new OptionsBuilder().include(EncodingBenchmark.class.getName()).build()).run();
    double ours = score(results, "compiledWriter");
    double theirs = score(results, "clientsRowWriter");
    System.out.printf(
        "compiled writer %,.0f rows/s, official client's row writer %,.0f rows/s: ratio %.1f%n",
        ours, theirs, ours / theirs);
  }

  private static double score(Collection<RunResult> results, String way) {
    return results.stream()
        .filter(result -> result.getParams().getBenchmark().endsWith(way))
        .mapToDouble(result -> result.getPrimaryResult().getScore())
        .findAny()
        .orElseThrow();
  }
}

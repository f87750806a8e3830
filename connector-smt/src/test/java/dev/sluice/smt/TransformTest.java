package dev.sluice.smt;

import java.util.List;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;

/** A transform, for a test to configure, and what it makes of records. */
abstract class TransformTest {

  final ExtractFactRow<SinkRecord> transform = new ExtractFactRow<>();

  @AfterEach
  final void close() {
    transform.close();
  }

  final Struct rowOf(SinkRecord record) {
    return (Struct) transform.apply(record).value();
  }

  static List<Object> values(Struct row) {
    return row.schema().fields().stream().map(row::get).toList();
  }
}

package dev.sluice.smt.bench;

import io.debezium.transforms.ExtractNewRecordState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Cast;
import org.apache.kafka.connect.transforms.ReplaceField;
import org.apache.kafka.connect.transforms.TimestampConverter;
import org.apache.kafka.connect.transforms.Transformation;

/** The transforms that Debezium and Kafka ship, put together so that the same flat row results. */
final class StockChain {

  private final List<Transformation<SinkRecord>> chain = new ArrayList<>();

  StockChain() {
    add(new ExtractNewRecordState<>(), Map.of());
    for (String field : List.of("created_at", "updated_at", "expires_at")) {
      add(new TimestampConverter.Value<>(), Map.of("field", field, "target.type", "unix"));
    }
    add(
        new Cast.Value<>(),
        Map.of(
            "spec",
            "seen:int32,points:float64,receipt:float64,remaining:float64,expired:int32,"
                + "is_deleted:int8,is_fraud:int8,is_bulk_points:string"));
    add(new ReplaceField.Value<>(), Map.of("renames", "country_code:countryCode"));
  }

  private void add(Transformation<SinkRecord> transform, Map<String, String> settings) {
    transform.configure(settings);
    chain.add(transform);
  }

  SinkRecord apply(SinkRecord record) {
    SinkRecord result = record;
    for (Transformation<SinkRecord> transform : chain) {
      result = transform.apply(result);
    }
    return result;
  }
}

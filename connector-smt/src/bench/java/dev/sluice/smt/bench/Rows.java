package dev.sluice.smt.bench;

import dev.sluice.json.SchemalessJsonConverter;
import dev.sluice.smt.ExtractFactRow;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.storage.Converter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What is measured: one row in each of the ways. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Rows {

  private static final int TABLES = 100;
  private static final int RUN = 100;

  private final ExtractFactRow<SinkRecord> ours = new ExtractFactRow<>();
  private final ExtractFactRow<SinkRecord> oursOfMany = new ExtractFactRow<>();
  private final StockChain stock = new StockChain();
  private HandWrittenCopy copy;
  private HandWrittenCopy unnamedCopy;
  private HandWrittenRow handWritten;
  private SinkRecord[] structs;
  private SinkRecord[] maps;
  private SinkRecord[] mapsOfOne;
  private SinkRecord[] mapsOfMany;
  private SinkRecord[] finished;
  private final SchemalessJsonConverter json = new SchemalessJsonConverter();
  private final JsonConverter kafkasJson = new JsonConverter();
  private byte[][] texts;
  private int next;

  /** Prepares the input, and makes sure that all ways lead to the same rows. */
  @Setup
  public void prepare() {
    ours.configure(
        Map.of("schema", VisitEvents.FACT_SCHEMA, "renames", "country_code:countryCode"));
    oursOfMany.configure(
        Map.of(
            "schemas",
            IntStream.range(0, TABLES)
                .mapToObj(table -> topic(table) + " (" + VisitEvents.FACT_SCHEMA + ")")
                .collect(Collectors.joining(";")),
            "renames",
            "country_code:countryCode"));
    structs = VisitEvents.structs();
    maps = VisitEvents.maps();
    mapsOfOne = inRuns(1);
    mapsOfMany = inRuns(TABLES);
    List<SinkRecord> rows = Arrays.stream(structs).map(ours::apply).toList();
    copy = HandWrittenCopy.plain(rows.get(0).valueSchema());
    unnamedCopy = HandWrittenCopy.unnamed(rows.get(0).valueSchema());
    handWritten = new HandWrittenRow(rows.get(0).valueSchema());
    finished = HandWrittenCopy.input(rows);
    kafkasJson.configure(
        Map.of("schemas.enable", false, "replace.null.with.default", false), false);
    texts = Arrays.stream(structs).map(record -> written(json, record)).toArray(byte[][]::new);
    for (int i = 0; i < VisitEvents.COUNT; i++) {
      if (!Arrays.equals(texts[i], written(kafkasJson, structs[i]))) {
        throw new IllegalStateException("bytes differ");
      }
      Map<String, Object> expected = values(rows.get(i));
      requireEqual(expected, values(stock.apply(structs[i])));
      requireEqual(expected, values(ours.apply(maps[i])));
      requireEqual(expected, values(oursOfMany.apply(mapsOfOne[i])));
      requireEqual(expected, values(oursOfMany.apply(mapsOfMany[i])));
      requireEqual(expected, values(handWritten.apply(maps[i])));
      requireEqual(expected, values(copy.apply(finished[i])));
      requireEqual(expected, values(unnamedCopy.apply(finished[i])));
    }
  }

  private static String topic(int table) {
    return "sluice.public.visits_" + table;
  }

  /** As polls bring them: some of one topic, then some of the next. */
  private SinkRecord[] inRuns(int tables) {
    SinkRecord[] records = new SinkRecord[RUN * TABLES];
    for (int i = 0; i < records.length; i++) {
      records[i] = ofTopic(maps[i % maps.length], topic(i / RUN % tables));
    }
    return records;
  }

  private static SinkRecord ofTopic(SinkRecord record, String topic) {
    return record.newRecord(
        topic,
        record.kafkaPartition(),
        record.keySchema(),
        record.key(),
        record.valueSchema(),
        record.value(),
        record.timestamp());
  }

  private static Map<String, Object> values(SinkRecord record) {
    Struct row = (Struct) record.value();
    Map<String, Object> values = new HashMap<>();
    for (Field field : row.schema().fields()) {
      values.put(field.name(), row.get(field));
    }
    return values;
  }

  private static void requireEqual(Map<String, Object> expected, Map<String, Object> found) {
    if (!Objects.equals(expected, found)) {
      throw new IllegalStateException("rows differ: " + expected + " and " + found);
    }
  }

  private static byte[] written(Converter converter, SinkRecord record) {
    return converter.fromConnectData("visits", record.valueSchema(), record.value());
  }

  private <T> T one(T[] records) {
    next = next + 1 < records.length ? next + 1 : 0;
    return records[next];
  }

  @Benchmark
  public Object structOurs() {
    return ours.apply(one(structs));
  }

  @Benchmark
  public Object structStock() {
    return stock.apply(one(structs));
  }

  @Benchmark
  public Object mapOurs() {
    return ours.apply(one(maps));
  }

  @Benchmark
  public Object mapOfOneTable() {
    return oursOfMany.apply(one(mapsOfOne));
  }

  @Benchmark
  public Object mapOfManyTables() {
    return oursOfMany.apply(one(mapsOfMany));
  }

  @Benchmark
  public Object mapHandWritten() {
    return handWritten.apply(one(maps));
  }

  @Benchmark
  public Object mapFloor() {
    return copy.apply(one(finished));
  }

  @Benchmark
  public Object mapUnnamedFloor() {
    return unnamedCopy.apply(one(finished));
  }

  @Benchmark
  public Object writeOurs() {
    return written(json, one(structs));
  }

  @Benchmark
  public Object writeKafkas() {
    return written(kafkasJson, one(structs));
  }

  @Benchmark
  public Object readOurs() {
    return json.toConnectData("visits", one(texts));
  }

  @Benchmark
  public Object readKafkas() {
    return kafkasJson.toConnectData("visits", one(texts));
  }
}

package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FactProbeTest {

  private static final String UPDATE =
      "{'op':'u','source':{'ts_ms':1700000000500,'lsn':42},'after':{'id':'it\\u0027s','updated_at':'2023-11-14T22:13:20.123456Z'}}";

  @Test
  void changeIsVisibleOnceItsVersionIs() {
    FactProbe.Change change = probe("ReplacingMergeTree(updated_at) ORDER BY id", Map.of());
    assertThat(change.committedAt()).isEqualTo(1_700_000_000_500L);
    assertThat(change.sql())
        .isEqualTo(
            "SELECT count() FROM `facts` WHERE `id` = 'it\\'s' AND `updated_at` >= 1700000000123");
  }

  @Test
  void versionMayBeThePositionInTheWal() {
    String engine = "ReplicatedReplacingMergeTree('/a/{shard}', '{replica}', _version) ORDER BY id";
    Map<String, String> sink =
        Map.of(
            "transforms.fact.metadata.columns", "_version:lsn",
            "transforms.fact.lsn.base", "1000");
    assertThat(probe(engine, sink).sql()).endsWith("AND `_version` >= 1042");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MergeTree ORDER BY id                       | id",
        "ReplacingMergeTree ORDER BY id              | id",
        "ReplacingMergeTree(updated_at) ORDER BY a   | id, at",
        "ReplacingMergeTree(updated_at)              | lower(id)"
      })
  void tableWhoseRowsCannotBeRecognisedIsNotProbed(String engine, String key) {
    assertThat(FactProbe.of(pipeline(Map.of()), table(engine, key))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no json",
        "[]",
        "{'op':'d','source':{'ts_ms':1},'before':{'id':1}}",
        "{'op':'r','source':{'ts_ms':1},'after':{'id':1,'updated_at':1}}",
        "{'op':'c','source':{'ts_ms':1},'after':{'id':1}}",
        "{'op':'c','source':{'ts_ms':1},'after':{'id':1,'updated_at':'yesterday'}}",
        "{'op':'c','after':{'id':1,'updated_at':1}}",
        "{'op':'c','source':{'ts_ms':1},'after':{'id':{'a':1},'updated_at':1}}"
      })
  void recordThatIsNotUnderstoodIsPassedBy(String record) {
    FactProbe probe =
        FactProbe.of(pipeline(Map.of()), table("ReplacingMergeTree(updated_at)", "id"))
            .orElseThrow();
    assertThat(probe.change(bytes(record))).isEmpty();
    assertThat(probe.change(null)).isEmpty();
  }

  private static FactProbe.Change probe(String engine, Map<String, String> config) {
    Optional<FactProbe> probe = FactProbe.of(pipeline(config), table(engine, "id"));
    return probe.orElseThrow().change(bytes(UPDATE)).orElseThrow();
  }

  private static Pipeline pipeline(Map<String, String> settings) {
    Map<String, String> config = new HashMap<>(settings);
    config.put("transforms", "fact");
    config.put("transforms.fact.type", "dev.sluice.smt.ExtractFactRow");
    config.put("transforms.fact.schema", "id String");
    return new Pipeline(
        null, "t", ObservedTopologyTest.connector("sink", "sink", config), "public.t", "facts");
  }

  private static ClickHouseView.Table table(String engine, String key) {
    return new ClickHouseView.Table("facts", engine, key, 0, 0, 0);
  }

  private static byte[] bytes(String json) {
    return json.replace("'", "\"").getBytes(StandardCharsets.UTF_8);
  }
}

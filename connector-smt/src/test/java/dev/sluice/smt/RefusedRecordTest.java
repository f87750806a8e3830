package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.json.Refused;
import dev.sluice.json.SchemalessJsonConverter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

/** What becomes of records that are refused, where the sink is to set them aside. */
class RefusedRecordTest extends TransformTest {

  private static final Map<String, String> PASS =
      Map.of("schema", "id Int64", "delete.handling", "drop", "refused.handling", "pass");

  @Test
  void aRefusedRecordIsPassedToTheSinkWithItsReason() {
    transform.configure(PASS);
    for (Object bad : new Object[] {"text", Map.of("op", "x"), badColumn(), Map.of("a", "row")}) {
      SinkRecord record = Form.record(bad);

      SinkRecord refused = transform.apply(record);

      assertThat(refused.valueSchema().name()).isEqualTo("dev.sluice.Refused");
      assertThat(((Struct) refused.value()).getString("reason"))
          .startsWith("ExtractFactRow: ")
          .endsWith(", at visits-3-42");
      assertThat(refused.topic()).isEqualTo("visits");
      assertThat(refused.kafkaOffset()).isEqualTo(42);
      assertThat(refused.key()).isEqualTo("key");
    }
    assertThat(((Struct) transform.apply(Form.record(badColumn())).value()).getString("reason"))
        .contains("column id: found text, wanted Int64")
        .doesNotContain("secret");
  }

  @Test
  void whatTheConverterHasRefusedGoesThroughTheTransform() {
    transform.configure(PASS);
    SinkRecord record = Form.record(Refused.because("no JSON"));

    assertThat(transform.apply(record)).isSameAs(record);
  }

  @Test
  void onTheWayIntoKafkaItIsAnError() {
    ExtractFactRow<SourceRecord> atSource = new ExtractFactRow<>();
    atSource.configure(PASS);
    SourceRecord record = new SourceRecord(Map.of(), Map.of(), "visits", null, badColumn());

    assertThatThrownBy(() -> atSource.apply(record)).isInstanceOf(DataException.class);
    atSource.close();
  }

  @Test
  void theConverterPassesWhatIsNoJsonWhereItIsToldTo() {
    byte[] bad = "{\"a\": tru".getBytes(StandardCharsets.UTF_8);
    SchemalessJsonConverter converter = new SchemalessJsonConverter();
    converter.configure(Map.of(), false);
    assertThatThrownBy(() -> converter.toConnectData("visits", bad))
        .isInstanceOf(DataException.class);

    converter.configure(Map.of("refused.handling", "pass"), false);
    SchemaAndValue refused = converter.toConnectData("visits", bad);
    assertThat(refused.schema().name()).isEqualTo("dev.sluice.Refused");
    assertThat(((Struct) refused.value()).getString("reason")).isNotBlank();

    // The sink looks at values only.
    converter.configure(Map.of("refused.handling", "pass"), true);
    assertThatThrownBy(() -> converter.toConnectData("visits", bad))
        .isInstanceOf(DataException.class);
    assertThatThrownBy(() -> converter.configure(Map.of("refused.handling", "drop"), false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("refused.handling");
  }

  private static Map<String, Object> badColumn() {
    return Map.of("op", "c", "after", Map.of("id", "secret"), "source", Map.of("ts_ms", 1L));
  }
}

package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One transform for topics of several tables. */
final class SchemasTest extends TransformTest {

  private static final String SCHEMAS =
      """
      shop.public.orders (id Int64, buyer String, total Decimal(9, 2), _version UInt64, _deleted Bool);
      shop.public.notes (
        id String DEFAULT ';(', -- a comment (
        `text)` Nullable(String),
        _version UInt64, _deleted Bool);
      """;

  private static final Schema ORDER =
      SchemaBuilder.struct()
          .optional()
          .field("id", Schema.INT64_SCHEMA)
          .field("customer", Schema.STRING_SCHEMA)
          .field("total", Schema.STRING_SCHEMA)
          .build();

  private static final Schema NOTE =
      SchemaBuilder.struct()
          .optional()
          .field("id", Schema.STRING_SCHEMA)
          .field("text)", Schema.OPTIONAL_STRING_SCHEMA)
          .build();

  private static final Struct AN_ORDER =
      new Struct(ORDER).put("id", 7L).put("customer", "Ada").put("total", "12.50");

  private static final Struct A_NOTE = new Struct(NOTE).put("id", "n1").put("text)", "hello");

  private static Map<String, String> settings(String... more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("schemas", SCHEMAS);
    settings.put("renames", "shop.public.orders.customer:buyer");
    settings.put("metadata.columns", "_version:lsn");
    settings.put("key.columns", "id");
    settings.put("version.field", "_version");
    settings.put("delete.field", "_deleted");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  private static SinkRecord of(String topic, SinkRecord record) {
    return record.newRecord(
        topic, 3, record.keySchema(), record.key(), record.valueSchema(), record.value(), 1L);
  }

  private static SinkRecord created(Form form, String topic, Struct row) {
    return of(topic, form.record(null, row, "c", Visits.SOURCE));
  }

  @ParameterizedTest
  @EnumSource
  void eachTopicHasTheRowsOfItsOwnTable(Form form) {
    transform.configure(settings());

    Struct order = rowOf(created(form, "shop.public.orders", AN_ORDER));
    Struct note = rowOf(created(form, "shop.public.notes", A_NOTE));

    assertThat(order.schema().fields())
        .extracting("name")
        .containsExactly("id", "buyer", "total", "_version", "_deleted");
    assertThat(values(order))
        .containsExactly(7L, "Ada", new BigDecimal("12.50"), 27_182_818L, false);
    assertThat(values(note)).containsExactly("n1", "hello", 27_182_818L, false);
  }

  @ParameterizedTest
  @EnumSource
  void aTopicOfNoTableIsAnErrorUnlessItsRecordsAreNoRows(Form form) {
    transform.configure(settings());

    assertThatThrownBy(() -> transform.apply(created(form, "shop.public.other", A_NOTE)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("schemas has no table for topic shop.public.other");
    assertThat(transform.apply(of("__debezium-heartbeat.shop", Form.record(Map.of("ts_ms", 1L)))))
        .isNull();
  }

  @ParameterizedTest
  @EnumSource
  void aBadValueNamesColumnAndPlace(Form form) {
    transform.configure(settings());
    Struct bad = new Struct(ORDER).put("id", 7L).put("customer", "Ada").put("total", "x");

    assertThatThrownBy(() -> transform.apply(created(form, "shop.public.orders", bad)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column total: found text, wanted Decimal(9, 2)");
  }

  @ParameterizedTest
  @EnumSource
  void theReplicaIdentityIsTheTables(Form form) {
    transform.configure(
        settings("metadata.columns", "", "replica.identity", "shop.public.orders:full"));
    Schema versioned =
        SchemaBuilder.struct()
            .optional()
            .field("id", Schema.STRING_SCHEMA)
            .field("customer", Schema.STRING_SCHEMA)
            .field("total", Schema.STRING_SCHEMA)
            .field("text)", Schema.STRING_SCHEMA)
            .field("_version", Schema.INT64_SCHEMA)
            .build();
    Struct row =
        new Struct(versioned)
            .put("id", "1")
            .put("customer", "Ada")
            .put("total", "1")
            .put("text)", "x")
            .put("_version", 5L);

    SinkRecord order = of("shop.public.orders", form.record(row, null, "d", Visits.SOURCE));
    order.headers().addString("__debezium.newkey", "whatever");
    assertThat(rowOf(order).get("_version")).isEqualTo(5L);

    SinkRecord note = of("shop.public.notes", form.record(row, null, "d", Visits.SOURCE));
    note.headers().addString("__debezium.newkey", "whatever");
    assertThatThrownBy(() -> transform.apply(note))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the key has changed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "orders (id Int64                        | topic orders: the bracket has no end",
        "orders                                  | topic orders: the column list in brackets is missing",
        "orders (id Int64) notes (id Int64)      | topic orders: a semicolon should follow",
        "orders (id Int64); orders (id Int64)    | topic orders: it has two column lists",
        "(id Int64)                              | found nothing where a topic's name should stand",
        "my orders (id Int64)                    | found my orders where a topic's name",
        "orders (id Int64, total Decimals)       | orders",
        "orders (id Int64, total Decimals)       | column total",
        ";                                       | found"
      })
  void whatCannotBeReadIsRefusedAtValidationNamingTopicAndColumn(String schemas, String error) {
    assertThat(transform.config().validate(Map.of("schemas", schemas)))
        .filteredOn(value -> value.name().equals("schemas"))
        .singleElement()
        .satisfies(
            value -> assertThat(value.errorMessages()).singleElement().asString().contains(error));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "renames          | shop.public.notes.customer:buyer | Topic shop.public.notes",
        "renames          | customer:buyer                   | Topic shop.public.notes",
        "key.columns      | id,shop.public.orders.number     | Topic shop.public.orders",
        "ignored.columns  | shop.public.orders.id            | Topic shop.public.orders",
        "metadata.columns | shop.public.notes.lsn:lsn        | Topic shop.public.notes",
        "replica.identity | shop.public.other:full           | schemas has no topic",
        "replica.identity | default,full                     | said twice of all tables",
        "schema           | id String                        | contradict one another"
      })
  void whatNamesAColumnThatItsTableHasNotIsRefused(String setting, String value, String error) {
    assertThatThrownBy(() -> transform.configure(settings(setting, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(setting)
        .hasMessageContaining(error);
  }

  @Test
  void anIdentityOfATopicNeedsSchemas() {
    assertThatThrownBy(
            () ->
                transform.configure(
                    Map.of(
                        "schema", "id String, updated_at Int64, is_deleted Bool",
                        "replica.identity", "shop.public.orders:full")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("replica.identity");
  }

  /** Of a topic whose name begins with another's: the longest counts. */
  @Test
  void entriesBelongToTheLongestTopicThatTheyBeginWith() {
    transform.configure(
        Map.of(
            "schemas", "a (`b.c` String, x String); a.b (c String, x String)",
            "delete.handling", "drop",
            "renames", "a.b.d:x"));
    Schema row =
        SchemaBuilder.struct()
            .optional()
            .field("c", Schema.STRING_SCHEMA)
            .field("d", Schema.STRING_SCHEMA)
            .build();

    Struct ofLonger = rowOf(created(Form.MAP, "a.b", new Struct(row).put("c", "1").put("d", "2")));

    assertThat(values(ofLonger)).containsExactly("1", "2");
  }
}

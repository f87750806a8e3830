package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sink.TableLayout.Column;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;

class TruncationTest {
  private static final TableLayout TABLE =
      new TableLayout(
          "v",
          List.of(
              new Column("id", "String", ""),
              new Column("gone", "Bool", ""),
              new Column("version", "UInt64", ""),
              new Column("loaded", "DateTime", "DEFAULT"),
              new Column("both", "String", "MATERIALIZED"),
              new Column("raw", "String", "EPHEMERAL")));

  @Test
  void rowsThatAreGoneOrLaterStayAsTheyAre() {
    Struct event =
        new Struct(
                event()
                    .field("gone", Schema.BOOLEAN_SCHEMA)
                    .field("version", Schema.INT64_SCHEMA)
                    .build())
            .put("gone", true)
            .put("version", -1L);

    assertThat(Truncation.statement(event, TABLE))
        .isEqualTo(
            "INSERT INTO `v` (`id`, `gone`, `version`, `loaded`) SELECT `id`, greatest(`gone`,"
                + " CAST('true', 'Bool')), greatest(`version`, CAST('18446744073709551615',"
                + " 'UInt64')), `loaded` FROM `v` FINAL WHERE `gone` < CAST('true', 'Bool') AND"
                + " `version` <= CAST('18446744073709551615', 'UInt64') SETTINGS"
                + " insert_deduplicate = 0");
  }

  @Test
  void anEventThatFitsNoColumnIsBadData() {
    refused(new Struct(event().field("other", Schema.INT8_SCHEMA).build()).put("other", (byte) 1));
    refused(new Struct(event().field("id", Schema.INT8_SCHEMA).build()).put("id", (byte) 1));
    refused(new Struct(event().field("gone", Schema.STRING_SCHEMA).build()).put("gone", "true"));
    refused(new Struct(event().build()));
  }

  private static SchemaBuilder event() {
    return SchemaBuilder.struct().name(Truncation.SCHEMA_NAME);
  }

  private static void refused(Struct event) {
    assertThatThrownBy(() -> Truncation.statement(event, TABLE)).isInstanceOf(DataException.class);
  }
}

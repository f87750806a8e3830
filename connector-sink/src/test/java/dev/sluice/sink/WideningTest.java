package dev.sluice.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WideningTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Int8 | Int16",
        "Int32 | Int64",
        "UInt8 | UInt32",
        "UInt8 | Int16",
        "UInt32 | Int64",
        "Int32 | Nullable(Int32)",
        "Int32 | LowCardinality(Int32)",
        "LowCardinality(String) | String",
        "Float32 | Float64",
        "Decimal(9, 2) | Decimal(38, 2)",
        "Enum8('a' = 1) | Enum8('a' = 1, 'b' = 2)",
        "Enum8('a' = 1) | Enum16('a' = 1, 'b' = 1000)",
        "Enum8('a' = 1) | LowCardinality(String)",
        "FixedString(3) | FixedString(5)",
        "Date | Date32",
        "DateTime | DateTime('Europe/Berlin')",
        "DateTime64(3, 'UTC') | DateTime64(3)",
        "Array(Int8) | Array(Nullable(Int32))",
      })
  void everyValueStaysWhatItIs(String made, String now) {
    assertThat(Widening.keeps(ClickHouseType.parse(made), ClickHouseType.parse(now))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Int64 | Int32",
        "Int8 | UInt8",
        "UInt8 | Int8",
        "UInt64 | Int64",
        "Int32 | String",
        "Int32 | Float64",
        "Nullable(Int32) | Int32",
        "Float64 | Float32",
        "Decimal(9, 2) | Decimal(18, 3)",
        "Decimal(9, 2) | Float64",
        "Enum8('a' = 1, 'b' = 2) | Enum8('a' = 1)",
        "FixedString(5) | FixedString(3)",
        "FixedString(3) | String",
        "String | FixedString(3)",
        "Date32 | Date",
        "Date | Int64",
        "DateTime | DateTime64(3)",
        "DateTime64(3) | DateTime64(6)",
        "DateTime64(3) | Int64",
        "Array(Int32) | Array(Int8)",
        "Array(Int32) | String",
        "UUID | String",
        "Bool | Int8",
      })
  void someValueWouldBeAnotherOne(String made, String now) {
    assertThat(Widening.keeps(ClickHouseType.parse(made), ClickHouseType.parse(now))).isFalse();
  }

  @Test
  void rowsMadeForNarrowerColumnsAreWrittenAsTheWiderOnes() {
    Schema schema =
        SchemaBuilder.struct()
            .field("i", made(SchemaBuilder.int8(), "Int8"))
            .field("u", made(SchemaBuilder.int64(), "UInt32"))
            .field("n", made(SchemaBuilder.int16(), "Int16"))
            .field("f", made(SchemaBuilder.float32(), "Float32"))
            .field("d", made(Decimal.builder(2), "Decimal(9, 2)"))
            .field("e", made(SchemaBuilder.string(), "Enum8('x' = 1)"))
            .field("a", made(SchemaBuilder.array(Schema.INT8_SCHEMA), "Array(Int8)"))
            .build();
    TableLayout layout =
        new TableLayout(
            "t",
            List.of(
                column("i", "Int32"),
                column("u", "Int64"),
                column("n", "Nullable(Int16)"),
                column("f", "Float64"),
                column("d", "Decimal(18, 2)"),
                column("e", "Enum8('w' = -3, 'x' = 1)"),
                column("a", "Array(Int16)")));
    RowBuffer out = new RowBuffer(64);

    RowWriter writer = RowWriter.compile(schema, layout);
    writer.write(
        new Struct(schema)
            .put("i", (byte) -2)
            .put("u", 4_294_967_295L)
            .put("n", (short) 7)
            .put("f", 0.5f)
            .put("d", new BigDecimal("-0.01"))
            .put("e", "x")
            .put("a", List.of((byte) -1)),
        out);

    assertThat(out.toByteArray())
        .containsExactly(
            -2, -1, -1, -1, // i
            -1, -1, -1, -1, 0, 0, 0, 0, // u
            0, 7, 0, // n
            0, 0, 0, 0, 0, 0, -32, 63, // f
            -1, -1, -1, -1, -1, -1, -1, -1, // d
            1, // e
            1, -1, -1); // a
    assertThat(writer.widened()).contains("i is Int32, its rows are made for Int8").hasSize(7);
  }

  private static Schema made(SchemaBuilder builder, String type) {
    return builder.parameter(RowWriter.TYPE_PARAMETER, type).build();
  }

  private static TableLayout.Column column(String name, String type) {
    return new TableLayout.Column(name, type, "");
  }
}

package dev.sluice.sink;

import static dev.sluice.sink.Visits.column;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sink.TableLayout.Column;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RowWriterTest {
  private static final Schema INT8 = Schema.INT8_SCHEMA;
  private static final Schema INT16 = Schema.INT16_SCHEMA;
  private static final Schema INT32 = Schema.INT32_SCHEMA;
  private static final Schema INT64 = Schema.INT64_SCHEMA;
  private static final Schema STRING = Schema.STRING_SCHEMA;

  static Stream<Arguments> valuesAndBytes() {
    return Stream.of(
        Arguments.of("String", STRING, "", "00"),
        Arguments.of("String", STRING, "aé", "0361c3a9"),
        Arguments.of("String", STRING, "🙂", "04f09f9982"),
        Arguments.of("LowCardinality(String)", STRING, "a", "0161"),
        Arguments.of("LowCardinality(Nullable(String))", optional(STRING), "a", "000161"),
        Arguments.of("Nullable(String)", optional(STRING), null, "01"),
        Arguments.of("Nullable(String)", STRING, "a", "000161"),
        Arguments.of("FixedString(3)", STRING, "ab", "616200"),
        Arguments.of(
            "UUID",
            STRING,
            "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
            "e711b35c04c4f061a0dbd36a00a67b90"),
        Arguments.of("Enum8('a' = -1, 'b,c' = 2)", STRING, "b,c", "02"),
        Arguments.of("Enum8('a' = -1, 'b,c' = 2)", STRING, "a", "ff"),
        Arguments.of("Enum16('it\\'s' = 300)", STRING, "it's", "2c01"),
        Arguments.of("Bool", Schema.BOOLEAN_SCHEMA, true, "01"),
        Arguments.of("Int8", INT8, Byte.MIN_VALUE, "80"),
        Arguments.of("Int16", INT16, Short.MIN_VALUE, "0080"),
        Arguments.of("Int32", INT32, Integer.MIN_VALUE, "00000080"),
        Arguments.of("Int64", INT64, Long.MIN_VALUE, "0000000000000080"),
        Arguments.of("UInt8", INT16, (short) 255, "ff"),
        Arguments.of("UInt16", INT32, 65535, "ffff"),
        Arguments.of("UInt32", INT64, 4294967295L, "ffffffff"),
        Arguments.of("UInt64", INT64, -1L, "ffffffffffffffff"),
        Arguments.of("Float32", Schema.FLOAT32_SCHEMA, 1.5f, "0000c03f"),
        Arguments.of("Float64", Schema.FLOAT64_SCHEMA, -2.0, "00000000000000c0"),
        Arguments.of("Decimal(9, 2)", Decimal.schema(2), new BigDecimal("-1.00"), "9cffffff"),
        Arguments.of("Decimal(18, 0)", Decimal.schema(0), BigDecimal.TEN, "0a00000000000000"),
        Arguments.of(
            "Decimal(38, 1)",
            Decimal.schema(1),
            new BigDecimal("-0.1"),
            "ffffffffffffffffffffffffffffffff"),
        Arguments.of("Decimal(76, 0)", Decimal.schema(0), BigDecimal.ONE, "01" + "00".repeat(31)),
        Arguments.of("Date", INT32, 65535, "ffff"),
        Arguments.of("Date32", INT32, -25567, "219cffff"),
        Arguments.of("DateTime", INT64, 1L, "01000000"),
        Arguments.of("DateTime('UTC')", INT64, 1L, "01000000"),
        Arguments.of("DateTime64(6, 'UTC')", INT64, -1L, "ffffffffffffffff"),
        Arguments.of("Array(Int8)", list(INT8), List.of((byte) 1, (byte) 2), "020102"),
        Arguments.of(
            "Array(Nullable(String))",
            list(optional(STRING)),
            Arrays.asList("a", null),
            "0200016101"));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("valuesAndBytes")
  void everyTypeIsWrittenAsClickHouseReadsIt(
      String type, Schema schema, Object value, String expected) {
    assertThat(written(type, schema, value)).isEqualTo(expected);
  }

  static Stream<Arguments> valuesOutOfRange() {
    return Stream.of(
        Arguments.of("FixedString(2)", STRING, "abc"),
        Arguments.of("FixedString(1)", STRING, "é"),
        Arguments.of("UUID", STRING, "1-1-1-1-1"),
        Arguments.of("UUID", STRING, "61f0c404-5cb3-11e7-907b-a6006ad3dbaX"),
        Arguments.of("Enum8('a' = 1)", STRING, "b"),
        Arguments.of("UInt8", INT16, (short) -1),
        Arguments.of("UInt8", INT16, (short) 256),
        Arguments.of("UInt16", INT32, 65536),
        Arguments.of("UInt32", INT64, 4294967296L),
        Arguments.of("DateTime", INT64, -1L),
        Arguments.of("Date", INT32, 65536),
        Arguments.of("Date32", INT32, -25568),
        Arguments.of("Decimal(3, 1)", Decimal.schema(1), new BigDecimal("100.0")),
        Arguments.of("Array(UInt8)", list(INT16), List.of((short) 300)));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("valuesOutOfRange")
  void aValueThatDoesNotFitNamesTheColumnAndNotItself(String type, Schema schema, Object value) {
    assertThatThrownBy(() -> written(type, schema, value))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("column c (" + type + ")")
        .hasMessageNotContaining(value.toString() + " ");
  }

  @Test
  void aRowThatFailsHalfWayLeavesNoTrace() {
    Schema schema = SchemaBuilder.struct().field("a", STRING).field("b", STRING).build();
    RowWriter writer = compile(schema, column("a", "String"), column("b", "UUID"));
    RowBuffer out = new RowBuffer(1);
    out.putByte(7);

    assertThatThrownBy(() -> writer.write(new Struct(schema).put("a", "kept?").put("b", "no"), out))
        .isInstanceOf(DataException.class);

    assertThat(out.toByteArray()).containsExactly(7);
  }

  @Test
  void aMissingValueOfAColumnThatIsNotNullableNamesIt() {
    Schema schema = SchemaBuilder.struct().field("a", INT32).build();
    RowWriter writer = compile(schema, column("a", "Int32"));

    assertThatThrownBy(() -> writer.write(new Struct(schema), new RowBuffer(16)))
        .isInstanceOf(DataException.class)
        .hasMessage("column a (Int32): the value is missing");
  }

  @Test
  void columnsAreWrittenInTableOrderUnderAHeaderOfNamesAndTypes() throws IOException {
    Schema schema = SchemaBuilder.struct().field("b", INT8).field("a", INT8).build();
    RowWriter writer =
        compile(
            schema, column("a", "Int8"), new Column("d", "Int8", "DEFAULT"), column("b", "Int8"));
    RowBuffer out = new RowBuffer(16);

    writer.write(new Struct(schema).put("a", (byte) 1).put("b", (byte) 2), out);

    assertThat(out.toByteArray()).containsExactly(1, 2);
    assertThat(writer.header()).isEqualTo("\2\1a\1b\4Int8\4Int8".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void oneErrorListsAllInWhichSchemaAndTableDisagree() {
    Schema schema =
        SchemaBuilder.struct()
            .field("made", SchemaBuilder.int64().parameter("clickhouse.type", "Int64").build())
            .field("wide", INT64)
            .field("null", optional(INT32))
            .field("time", Timestamp.SCHEMA)
            .field("scale", Decimal.schema(3))
            .field("odd", STRING)
            .field("computed", INT32)
            .field("extra", STRING)
            .build();
    TableLayout layout =
        new TableLayout(
            "t",
            List.of(
                column("made", "Int32"),
                column("wide", "Int32"),
                column("null", "Int32"),
                column("time", "Int64"),
                column("scale", "Decimal(9, 2)"),
                column("odd", "Tuple(String)"),
                new Column("computed", "Int32", "MATERIALIZED"),
                column("absent", "Int8"),
                new Column("part", "Int64", "", true),
                new Column("day", "Date", "DEFAULT", true),
                column("absentNullable", "Nullable(Int8)"),
                new Column("absentDefault", "Int8", "DEFAULT")));

    assertThatThrownBy(() -> RowWriter.compile(schema, layout))
        .isInstanceOf(MisfitException.class)
        .hasMessage(
            "Rows do not fit table t:"
                + " column made (Int32): the field is made for Int64;"
                + " column wide (Int32): the column takes INT32, the field is INT64;"
                + " column null (Int32): the field may be null, the column may not;"
                + " column time (Int64): the column takes INT64, the field is INT64"
                + " org.apache.kafka.connect.data.Timestamp;"
                + " column scale (Decimal(9, 2)): the column takes a Decimal of scale 2, the field"
                + " is BYTES org.apache.kafka.connect.data.Decimal;"
                + " column odd (Tuple(String)): the sink cannot write columns of this type;"
                + " column computed (Int32): the column is MATERIALIZED and takes no values;"
                + " column part (Int64) is of the sorting key and has no field;"
                + " field extra has no column;"
                + " column absent (Int8) has no default and no field");
  }

  private static Schema optional(Schema schema) {
    return new SchemaBuilder(schema.type()).optional().build();
  }

  private static Schema list(Schema element) {
    return SchemaBuilder.array(element).build();
  }

  private static RowWriter compile(Schema schema, Column... columns) {
    return RowWriter.compile(schema, new TableLayout("t", List.of(columns)));
  }

  private static String written(String type, Schema field, Object value) {
    Schema schema = SchemaBuilder.struct().field("c", field).build();
    RowBuffer out = new RowBuffer(1);
    compile(schema, column("c", type)).write(new Struct(schema).put("c", value), out);
    return HexFormat.of().formatHex(out.toByteArray());
  }
}

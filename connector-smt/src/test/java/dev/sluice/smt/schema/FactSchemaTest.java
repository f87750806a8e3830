package dev.sluice.smt.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.smt.type.TimeRules;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FactSchemaTest {

  private static List<String> columns(String list) {
    return FactSchema.parse(list, TimeRules.DEFAULT).columns().stream()
        .map(column -> column.name() + " " + column.declared().name())
        .toList();
  }

  private static String type(String type) {
    return columns("c " + type).get(0).substring(2);
  }

  @Test
  void readsWhatShowCreateTablePrints() {
    String list =
        """

            `id` UUID COMMENT 'the key, never \\'null\\'' CODEC(ZSTD(1)),
            `name` LowCardinality(Nullable(String)) DEFAULT 'a, b) -- no comment' TTL at + toIntervalDay(1),
            `we``ird, name` Array(Nullable(Decimal(18, 4))) DEFAULT [1, (2), arrayJoin([3])] CODEC(Delta(8), LZ4),
            `at` DateTime64(6, 'Europe/Berlin') DEFAULT now64(6, 'UTC') STATISTICS(tdigest, minmax),
            `state` Enum8('a, b' = 1, 'c)' = 2, 'it\\'s' = -3) DEFAULT 'c)' SETTINGS (max_compress_block_size = 1),
            `day` Date MATERIALIZED toDate(at, 'UTC'),
            `upper` String ALIAS upper(name) COMMENT 'computed',
            `given` String EPHEMERAL 'x',
            `tail` FixedString(3) COLLATE binary,
            INDEX ix name TYPE set(100) GRANULARITY 4,
            CONSTRAINT ok CHECK (length(name) > 0) AND (id != toUUID('x, y')),
            PROJECTION p
            (
                SELECT name, count()
                GROUP BY name
            ),
            PRIMARY KEY (id, name)
        """;

    assertThat(columns(list))
        .containsExactly(
            "id UUID",
            "name LowCardinality(Nullable(String))",
            "we`ird, name Array(Nullable(Decimal(18, 4)))",
            "at DateTime64(6, 'Europe/Berlin')",
            "state Enum8('it\\'s' = -3, 'a, b' = 1, 'c)' = 2)",
            "tail FixedString(3)");
  }

  @Test
  void readsWhatAPersonWrites() {
    String list =
        """
        -- the key
        id String /* not a
        uuid */, "count" UInt8 NOT NULL, # trailing
        other  Int32  NULL , last Decimal64(3)
        """;

    assertThat(columns(list))
        .containsExactly(
            "id String", "count UInt8", "other Nullable(Int32)", "last Decimal(18, 3)");
  }

  @Test
  void columnsAreFoundByTheirPosition() {
    FactSchema schema = FactSchema.parse("a String, b Int8", TimeRules.DEFAULT);

    assertThat(schema.indexOf("a")).isZero();
    assertThat(schema.indexOf("b")).isEqualTo(1);
    assertThat(schema.indexOf("c")).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          String | String
          FixedString( 16 ) | FixedString(16)
          Nullable(UUID) | Nullable(UUID)
          LowCardinality(String) | LowCardinality(String)
          LowCardinality(Nullable(FixedString(2))) | LowCardinality(Nullable(FixedString(2)))
          Bool | Bool
          Decimal(18,4) | Decimal(18, 4)
          Decimal(5) | Decimal(5, 0)
          Decimal | Decimal(10, 0)
          Decimal32(2) | Decimal(9, 2)
          Decimal64(0) | Decimal(18, 0)
          Decimal128(38) | Decimal(38, 38)
          Decimal256(7) | Decimal(76, 7)
          Nullable(Decimal(76, 76)) | Nullable(Decimal(76, 76))
          Date32 | Date32
          DateTime | DateTime
          DateTime('UTC') | DateTime('UTC')
          DateTime64 | DateTime64(3)
          DateTime64(9) | DateTime64(9)
          DateTime64(0,'Asia/Tokyo') | DateTime64(0, 'Asia/Tokyo')
          Array(Array(Nullable(Int8))) | Array(Array(Nullable(Int8)))
          Enum8('a'=1,'b'=-128) | Enum8('b' = -128, 'a' = 1)
          Enum8('a','b') | Enum8('a' = 1, 'b' = 2)
          Enum16('x' = 1000, 'y') | Enum16('x' = 1000, 'y' = 1001)
          Enum8('a = 5' = 1) | Enum8('a = 5' = 1)
          Enum8('back\\\\slash' = 1) | Enum8('back\\\\slash' = 1)
          Enum8('double''d' = 1) | Enum8('double\\'d' = 1)
          """)
  void typesAreSpeltAsClickHouseSpellsThem(String written, String canonical) {
    assertThat(type(written)).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Int128",
        "UInt256",
        "Tuple(a Int8)",
        "Map(String, String)",
        "Nested(a Int8)",
        "JSON",
        "IPv4",
        "AggregateFunction(sum, Int8)",
        "SimpleAggregateFunction(sum, Int64)",
        "Point",
        "Variant(Int8)",
        "Dynamic",
        "int8",
        "Time",
        "BFloat16",
        "INT",
      })
  void otherTypesAreRefusedByName(String type) {
    String name = type.replaceFirst("\\(.*", "");
    assertThatThrownBy(() -> columns("id String, c " + type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("column c: the type " + name + " is not supported; supported are")
        .hasMessageEndingWith("at line 1, position 14");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          FixedString | takes one argument
          FixedString(0) | must be a number from 1
          FixedString(x) | must be a number from 1
          Nullable(Array(Int8)) | no Nullable of Array(Int8)
          Nullable(Nullable(Int8)) | no Nullable of Nullable(Int8)
          Nullable(LowCardinality(String)) | no Nullable of LowCardinality(String)
          Nullable | takes one argument
          LowCardinality(Array(String)) | no LowCardinality of Array(String)
          LowCardinality(Decimal(9, 2)) | no LowCardinality of Decimal(9, 2)
          LowCardinality(LowCardinality(String)) | no LowCardinality of LowCardinality(String)
          Array(Int8, Int8) | takes one argument
          String(5) | takes no argument
          Int8(1) | takes no argument
          UUID('x') | takes no argument
          Decimal(77, 2) | number from 1 to 76
          Decimal(0) | number from 1 to 76
          Decimal(5, 6) | number from 0 to 5
          Decimal(5, 2, 1) | too many arguments
          Decimal32(10) | number from 0 to 9
          Decimal64 | takes one argument
          DateTime(UTC) | must stand in quotes
          DateTime('UTC', 'UTC') | too many arguments
          DateTime64(10) | number from 0 to 9
          DateTime64(3, UTC) | must stand in quotes
          DateTime64(3, 'UTC', 1) | too many arguments
          Enum8() | needs names
          Enum8 | needs names
          Enum8('a' = 1, 'a' = 2) | a name or a number twice
          Enum8('a' = 1, 'b' = 1) | a name or a number twice
          Enum8('a' = 128) | number from -128 to 127
          Enum16('a' = -32769) | number from -32768 to 32767
          Enum8(a = 1) | must stand in quotes
          Enum8('a' = b) | must be a number
          """)
  void wrongArgumentsAreRefusedAtTheirColumn(String type, String reason) {
    assertThatThrownBy(() -> columns("id String,\n  `c` " + type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("column c: ")
        .hasMessageContaining(reason)
        .hasMessageEndingWith("at line 2, position 7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ~~ | a column name should stand, at line 1, position 1
          a | column a: found the end where a type should stand, at line 1, position 2
          a String, | found the end where a column name should stand, at line 1, position 10
          a String b Int8 | column a: found b where a comma, a clause or the end should stand, at line 1, position 10
          a String; | column a: found ; where a comma, a clause or the end should stand, at line 1, position 9
          a DEFAULT 1 | column a: found DEFAULT where a type should stand, at line 1, position 3
          a 'x' | column a: found 'x' where a type should stand, at line 1, position 3
          (a String) | found ( where a column name should stand, at line 1, position 1
          a String) | column a: found ) where a comma, a clause or the end should stand, at line 1, position 9
          a String DEFAULT 1) | column a: found ) where a comma or the end should stand, at line 1, position 19
          a String DEFAULT (1 | column a: the bracket has no end, at line 1, position 18
          a Array(Int8 | column a: the bracket has no end, at line 1, position 8
          a String COMMENT 'x | the quote has no end, at line 1, position 18
          `a String | the quote has no end, at line 1, position 1
          a String /* x | the comment has no end, at line 1, position 10
          a String, a Int8 | column a: the name is used twice, at line 1, position 11
          a String ALIAS 'x' | the list has no column that takes values, at line 1, position 1
          INDEX i a TYPE minmax | the list has no column that takes values, at line 1, position 1
          a Array(Int8) NULL | column a: ClickHouse has no Nullable of Array(Int8), at line 1, position 15
          """)
  void malformedListsAreRefusedWithThePlace(String list, String message) {
    assertThatThrownBy(() -> columns(list))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}

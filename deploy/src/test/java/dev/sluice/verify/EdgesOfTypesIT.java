package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.Reload;
import dev.sluice.local.Home;
import dev.sluice.local.TwoDatabases;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ConnectorSpec;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Values at the edges of their types: what a load makes of each, what verify says of it, and that
 * neither ever says which value it was. The facts are those that the transform's own tests expect.
 */
final class EdgesOfTypesIT {

  private static TwoDatabases databases;
  private static int tables;

  @BeforeAll
  static void startServers(@TempDir Path folder) throws SQLException {
    databases = new TwoDatabases(folder);
    databases.inPostgres("CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN ints AS int[]");
  }

  @AfterAll
  static void stopServers() {
    if (databases != null) {
      databases.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          timestamp    | infinity                      | Int64            | UTC              | 253402300799999
          timestamptz  | -infinity                     | Int64            | UTC              | -62135596800000
          date         | infinity                      | Int64            | Asia/Kathmandu   | 253402300799999
          date         | 5874897-12-31                 | Int64            | UTC              | 185331706992000000
          timestamp    | 294276-12-31 23:59:59.999999  | Int64            | UTC              | 9224318015999999
          timestamp    | 4713-01-01 00:00:00 BC        | Int64            | UTC              | -210863520000000
          timestamp    | 2026-01-01 00:00:00           | Int64            | Asia/Kathmandu   | 1767204900000
          timestamptz  | 1900-01-01 00:00:00Z          | DateTime64(6)    | UTC              | 1900-01-01 00:00:00.000000
          timestamptz  | 2299-12-31 23:59:59.999999Z   | DateTime64(6)    | UTC              | 2299-12-31 23:59:59.999999
          timestamp    | 1900-01-01 00:00:00           | DateTime64(3)    | America/New_York | 1900-01-01 05:00:00.000
          timestamptz  | 2262-04-11 23:47:15Z          | DateTime64(9)    | UTC              | 2262-04-11 23:47:15.000000000
          timestamptz  | 2106-02-07 06:28:15Z          | DateTime         | UTC              | 2106-02-07 06:28:15
          date         | 2149-06-06                    | Date             | UTC              | 2149-06-06
          date         | 1900-01-01                    | Date32           | UTC              | 1900-01-01
          timestamptz  | 2299-12-31 12:00:00Z          | Date32           | Asia/Kathmandu   | 2299-12-31
          numeric      | Infinity                      | Float64          | UTC              | inf
          numeric      | NaN                           | Float64          | UTC              | nan
          numeric      | 1.7976931348623157e308        | Float64          | UTC              | 1.7976931348623157e308
          numeric      | 1e-400                        | Float64          | UTC              | 0
          float8       | 1e-300                        | Float32          | UTC              | 0
          float8       | -1e-300                       | Float32          | UTC              | -0
          float8       | -Infinity                     | Float32          | UTC              | -inf
          int8         | 9223372036854774784           | Float64          | UTC              | 9223372036854775000
          int4         | 33554432                      | Float32          | UTC              | 33554432
          int4         | 1                             | Bool             | UTC              | true
          float8       | -9223372036854775808          | Int64            | UTC              | -9223372036854775808
          """)
  void whatFitsArrivesAndIsIdentical(
      String source, String value, String target, String zone, String fact) throws SQLException {
    TableMapping mapping = tables(source, value, target, zone);
    boolean exactByCopy = !(source.equals("int8") && target.equals("Float64"));
    if (exactByCopy) {
      load(mapping);
      assertThat(
              databases
                  .clickHouse()
                  .rows("SELECT toString(v) FROM " + mapping.fact())
                  .get(0)
                  .getString(1))
          .isEqualTo(fact);
    } else {
      insert(mapping, fact);
    }
    assertThat(compare(mapping).identical()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          timestamp    | infinity                      | DateTime64(6)
          timestamptz  | -infinity                     | DateTime64(3)
          timestamptz  | infinity                      | DateTime
          date         | infinity                      | Date32
          date         | -infinity                     | Date
          timestamp    | 1899-12-31 23:59:59.999999    | DateTime64(6)
          timestamptz  | 2300-01-01 00:00:00Z          | DateTime64(6)
          timestamptz  | 2262-04-12 00:00:00Z          | DateTime64(9)
          timestamp    | 294276-12-31 23:59:59         | DateTime64(9)
          timestamptz  | 1969-12-31 23:59:59Z          | DateTime
          timestamptz  | 2106-02-07 06:28:16Z          | DateTime
          date         | 1899-12-31                    | Date32
          date         | 2300-01-01                    | Date32
          date         | 5874897-12-31                 | Date32
          date         | 5874897-12-31                 | DateTime64(0)
          date         | 1969-12-31                    | Date
          date         | 2149-06-07                    | Date
          numeric      | 1e400                         | Float64
          numeric      | -1e400                        | Float64
          numeric      | 1e39                          | Float32
          float8       | 1e39                          | Float32
          float8       | -3.5e38                       | Float32
          int4         | 16777217                      | Float32
          int8         | 9007199254740993              | Float64
          int4         | 2                             | Bool
          float8       | 1e300                         | Int64
          float8       | 1.5                           | Int32
          float8       | NaN                           | Int64
          numeric      | 1e400                         | Int64
          numeric      | NaN                           | Int32
          money        | 12.34                         | Int64
          int8         | 100000000                     | Decimal(10, 2)
          numeric      | NaN                           | Decimal(10, 2)
          numeric      | 1.005                         | Decimal(10, 2)
          numeric      | 1e400                         | Decimal(76, 2)
          int4         | 70000                         | UInt16
          interval     | 300 years                     | Int64
          """)
  void whatDoesNotFitIsRefusedByItsColumnAndDiffers(String source, String value, String target)
      throws SQLException {
    for (String wrapped : new String[] {target, "Nullable(" + target + ")"}) {
      TableMapping mapping = tables(source, value, wrapped, "UTC");
      assertThatThrownBy(() -> load(mapping))
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining("column v")
          .hasMessageNotContaining(value);
      assertThat(databases.clickHouse().number("SELECT count() FROM " + mapping.fact())).isZero();
      databases.clickHouse().execute("INSERT INTO " + mapping.fact() + " (id) VALUES (1)");
      assertThat(compare(mapping).differences()).hasSize(1);
    }
  }

  /** As the stream writes it with our own source's settings. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          int4[]         | {1,NULL,-2147483648}                  | [1,null,-2147483648]
          int4[]         | {}                                    | []
          int4[]         | [3:4]={1,2}                           | [1,2]
          bool[]         | {t,f,NULL}                            | [true,false,null]
          text[]         | {"a\\"b\\\\c","NULL",NULL,"/<>&",""}      | ["a\\"b\\\\c","NULL",null,"/<>&",""]
          text[]         | {"\u00e9\ud83d\ude80\uffff"}        | ["\u00e9\ud83d\ude80\uffff"]
          char(4)[]      | {ab,NULL,""}                          | ["ab  ",null,"    "]
          uuid[]         | {123E4567-e89b-12d3-a456-426614174000} | ["123e4567-e89b-12d3-a456-426614174000"]
          numeric[]      | {1.500,-0.000001,0.00,1e20}           | ["1.500","-0.000001","0.00","100000000000000000000"]
          numeric(9,2)[] | {1.5,0}                               | ["1.50","0.00"]
          float4[]       | {0.1,-0,1e7,NaN,-Infinity,2e-8}       | [0.1,-0,10000000,"NaN","-Infinity",0.00000002]
          date[]         | {2026-11-22,0001-01-01,10000-01-01}   | ["2026-11-22Z","0001-01-01Z","+10000-01-01Z"]
          date[]         | {1582-10-04,1582-10-15}               | ["1582-10-04Z","1582-10-15Z"]
          timestamp[]    | {2026-11-22 10:11:12.1,1582-10-15}    | ["2026-11-22T10:11:12.1Z","1582-10-15T00:00:00Z"]
          timestamptz[]  | {2026-11-22 10:11:12.1+05:45}         | ["2026-11-22T04:26:12.100000Z"]
          timestamptz[]  | {0001-01-01Z,10000-01-01 10:00:00.5Z} | ["0001-01-01T00:00:00.000000Z","+10000-01-01T10:00:00.500000Z"]
          timestamptz(3)[] | {2026-11-22 10:11:12.1Z}            | ["2026-11-22T10:11:12.100Z"]
          timestamptz(0)[] | {2026-11-22 10:11:12Z}              | ["2026-11-22T10:11:12Z"]
          time[]         | {10:11:12.120,00:00:00}               | ["10:11:12.12Z","00:00:00Z"]
          timetz[]       | {10:11:12.123456+05:45}               | ["04:26:12.123456Z"]
          json[]         | {"{\\"a\\":  [1]}",NULL,"null"}         | ["{\\"a\\":  [1]}",null,"null"]
          jsonb[]        | {"{\\"a\\":  [1]}"}                     | ["{\\"a\\": [1]}"]
          inet[]         | {192.168.1.5/32,10.0.0.0/8}           | ["192.168.1.5","10.0.0.0/8"]
          timestamptz(0) | 2026-11-22 10:11:12+05:45             | 2026-11-22T04:26:12Z
          timestamptz(1) | 2026-11-22 10:11:12.1Z                | 2026-11-22T10:11:12.1Z
          timestamptz(3) | 0044-03-15 01:02:03.12Z BC            | -0043-03-15T01:02:03.120Z
          timestamptz(3) | infinity                              | infinity
          timestamptz(0) | -infinity                             | -infinity
          timestamptz(5) | 20000-11-22 10:11:12.1Z               | +20000-11-22T10:11:12.10000Z
          timestamptz    | 0001-12-31 23:59:59.999999Z BC        | 0000-12-31T23:59:59.999999Z
          timestamptz    | 0001-01-01 00:00:00Z                  | 0001-01-01T00:00:00.000000Z
          timestamptz    | 4714-11-24 00:00:00Z BC               | -4713-11-24T00:00:00.000000Z
          timestamp(0)   | 2026-11-22 10:11:00                   | 2026-11-22T10:11:00Z
          timestamp(2)   | 0044-03-15 01:02:03.10 BC             | -0043-03-15T01:02:03.1Z
          float4         | 0.1                                   | 0.1
          float4         | -0                                    | -0
          float4         | 3.3554430e7                           | 33554430
          float4         | -Infinity                             | -Infinity
          """)
  void textIsLoadedAsTheStreamWritesIt(String source, String value, String fact)
      throws SQLException {
    for (String target : new String[] {"String", "Nullable(String)"}) {
      TableMapping mapping = asStreamed(source, value, target);
      load(mapping);
      assertThat(valueOf(mapping)).isEqualTo(fact);
      assertThat(compare(mapping).identical()).isTrue();
      databases.clickHouse().execute("TRUNCATE TABLE " + mapping.fact());
      insert(mapping, "'x'");
      assertThat(compare(mapping).differences()).hasSize(1);
    }
  }

  /** A backspace and a form feed have short forms in Postgres's JSON, and long ones in ours. */
  @Test
  void controlCharactersInArraysAreWrittenAsTheTransformDoes() throws SQLException {
    TableMapping mapping =
        asStreamed(
            "text[]",
            "{\"\\\\b\b\b\\\\\b\f\\\\f\",\"\\\\\\\\b\",\"\n\r\t\1\37\177\u2028\"}",
            "String");
    load(mapping);
    assertThat(valueOf(mapping))
        .isEqualTo(
            "[\"\\\\b\\u0008\\u0008\\\\\\u0008\\u000c\\\\f\",\"\\\\\\\\b\","
                + "\"\\n\\r\\t\\u0001\\u001f\177\u2028\"]");
    assertThat(compare(mapping).identical()).isTrue();
  }

  /** The stream has the digits of a real, and not the double that is equal to it. */
  @Test
  void aRealBecomesTheDoubleOfItsDigits() throws SQLException {
    for (String value : new String[] {"0.1", "nan", "-inf", "-0", "33554430", "1.5e-8"}) {
      TableMapping mapping = asStreamed("float4", value, "Float64");
      load(mapping);
      assertThat(valueOf(mapping)).isEqualTo(value);
      assertThat(compare(mapping).identical()).isTrue();
    }
  }

  /** Java has more digits for some of them: the stream's is the same float all the same. */
  @Test
  void aRealWhoseDigitsJavaWritesOtherwiseIsRefused() throws SQLException {
    for (String target : new String[] {"Float64", "String", "Nullable(Float64)"}) {
      TableMapping mapping = asStreamed("float4", "44129392", target);
      assertThatThrownBy(() -> load(mapping))
          .hasMessageContaining("column v: a real whose digits")
          .hasMessageNotContaining("4412939");
      insert(mapping, "'44129392'");
      assertThat(compare(mapping).identical()).isTrue();
    }
  }

  /** What the stream makes another value of. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          int4[]        | {{1,2},{3,4}}                     | [null,null]
          numeric[]     | {1,NaN}                           | ["1",null]
          numeric[]     | {Infinity}                        | [null]
          mood[]        | {sad,NULL}                        | ["sad",null]
          float4[]      | {44129392}                        | [44129390]
          date[]        | {1582-10-10}                      | ["1582-10-20Z"]
          date[]        | {0044-03-15 BC}                   | ["0044-03-15Z"]
          date[]        | {infinity}                        | ["+292278994-08-16Z"]
          timestamp[]   | {1500-01-01}                      | ["1500-01-10T00:00:00Z"]
          timestamp[]   | {-infinity}                       | ["-292275055-05-16T23:00:00Z"]
          timestamptz[] | {1582-10-10Z}                     | ["1582-10-20T00:00:00.000000Z"]
          timestamptz[] | {0044-03-15 01:02:03Z BC}         | ["0044-03-15T01:02:03.000000Z"]
          timestamptz[] | {-infinity}                       | ["+292269055-12-02T23:00:00.000000Z"]
          time[]        | {10:11:12.123456}                 | ["10:11:12.123Z"]
          time[]        | {24:00}                           | ["00:00:00Z"]
          """)
  void whatTheStreamMakesAnotherOfIsRefusedByItsColumnAndDiffers(
      String source, String value, String fact) throws SQLException {
    TableMapping mapping = asStreamed(source, value, "Nullable(String)");
    assertThatThrownBy(() -> load(mapping))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("column v: a value that Debezium writes as another")
        .hasMessageNotContaining(value);
    insert(mapping, "'" + fact + "'");
    assertThat(compare(mapping).differences()).hasSize(1);
  }

  @Test
  void textsThatSqlCannotMakeAreRefusedByTheirColumn() throws SQLException {
    for (String source : new String[] {"float8[]", "numeric(9,-2)[]", "ints"}) {
      TableMapping mapping = asStreamed(source, "{}", "String");
      assertThatThrownBy(() -> load(mapping))
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining("v (");
    }
  }

  /** Texts as Debezium writes them; only the stream makes these. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          timestamp    | 10000-01-01 00:00:00          | +10000-01-01T00:00:00
          timestamp    | 9999-12-31 23:59:59.5         | 9999-12-31T23:59:59.500
          timestamptz  | 294276-12-31 23:59:59.999999Z | +294276-12-31T23:59:59.999999Z
          timestamp    | 0001-06-07 01:02:03 BC        | 0000-06-07T01:02:03Z
          timestamp    | 0045-03-15 12:00:00.25 BC     | -0044-03-15T12:00:00.25
          timestamptz  | 4714-11-24 00:00:00Z BC       | -4713-11-24T00:00:00Z
          timestamp    | 0001-01-01 00:00:00           | 0001-01-01T00:00:00
          timestamp    | infinity                      | +292278994-08-16T23:00:00Z
          timestamp    | infinity                      | infinity
          timestamptz  | -infinity                     | -infinity
          date         | 10000-01-01                   | +10000-01-01
          date         | 5874897-12-31                 | +5874897-12-31Z
          date         | 0045-03-15 BC                 | -0044-03-15Z
          date         | infinity                      | +5877611-06-21Z
          numeric      | Infinity                      | POSITIVE_INFINITY
          numeric      | -Infinity                     | -Infinity
          numeric      | NaN                           | NAN
          numeric      | 1.500                         | 1.5
          """)
  void textsOfFarTimesAreEqualWhereTheyAre(String source, String value, String fact)
      throws SQLException {
    TableMapping mapping = tables(source, value, "String", "UTC");
    insert(mapping, "'" + fact + "'");
    assertThat(compare(mapping).differences()).isEmpty();
    databases.clickHouse().execute("TRUNCATE TABLE " + mapping.fact());
    insert(mapping, "'x" + fact + "'");
    assertThat(compare(mapping).differences()).hasSize(1);
    assertThatThrownBy(() -> load(mapping))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("v (");
  }

  @Test
  void anArrayOfArraysIsNoArrayOfTheirElements() throws SQLException {
    TableMapping mapping = tables("int[]", "{{1,2},{3,4}}", "Array(Nullable(Int32))", "UTC");
    insert(mapping, "[1, 2, 3, 4]");
    assertThat(compare(mapping).differences()).hasSize(1);
    assertThatThrownBy(() -> load(mapping)).hasMessageContaining("v (integer[] to Array(");
  }

  @Test
  void bitsThatTheStreamCannotKnowAreNotCompared() throws SQLException {
    for (String type : new String[] {"bit(3)", "varbit"}) {
      TableMapping mapping = tables(type, "101", "String", "UTC");
      insert(mapping, "'101'");
      assertThat(compare(mapping).notComparable()).containsOnlyKeys("v");
      assertThatThrownBy(() -> load(mapping)).hasMessageContaining("v (bit");
    }
  }

  /** The mapping as it is with the settings of connect-configs/source.json. */
  private static TableMapping asStreamed(String source, String value, String target)
      throws SQLException {
    TableMapping plain = tables(source, value, target, "UTC");
    Map<String, String> config =
        ConnectorSpec.read(Home.locate().configs().resolve("source.json")).config();
    try (Connection connection = databases.postgres().connect()) {
      return TableMapping.of(
          plain.settings(),
          SourceModes.of(config),
          connection,
          plain.source(),
          databases.clickHouse(),
          plain.fact());
    }
  }

  private static String valueOf(TableMapping mapping) {
    return databases
        .clickHouse()
        .rows("SELECT toString(v) FROM " + mapping.fact())
        .get(0)
        .getString(1);
  }

  private static TableMapping tables(String source, String value, String target, String zone)
      throws SQLException {
    String name = "edge_" + tables++;
    databases.inPostgres(
        "CREATE TABLE %1$s (id int PRIMARY KEY, v %2$s); INSERT INTO %1$s VALUES (1, '%3$s')"
            .formatted(name, source, value));
    String schema = "id Int32, v " + target;
    databases
        .clickHouse()
        .execute(
            "CREATE TABLE "
                + name
                + " ("
                + schema
                + ", is_deleted Int8) ENGINE = ReplacingMergeTree ORDER BY id");
    return databases.mapping(databases.postgres(), name, schema, "timestamp.zone", zone);
  }

  private static void insert(TableMapping mapping, String fact) {
    databases
        .clickHouse()
        .execute("INSERT INTO " + mapping.fact() + " VALUES (1, " + fact + ", 0)");
  }

  private static void load(TableMapping mapping) {
    Reload.run(
        databases.postgres(),
        databases.clickHouse(),
        mapping,
        "true",
        BulkLoad.Options.DEFAULT,
        Narrator.SILENT);
  }

  private static TableComparison.Result compare(TableMapping mapping) {
    return Comparisons.of(databases.postgres(), databases.clickHouse(), mapping).compare();
  }
}

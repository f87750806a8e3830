package dev.sluice.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.Reload;
import dev.sluice.local.TwoDatabases;
import dev.sluice.mapping.TableMapping;
import java.nio.file.Path;
import java.sql.SQLException;
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
  static void startServers(@TempDir Path folder) {
    databases = new TwoDatabases(folder);
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
    return new TableComparison(
            databases.postgres(),
            databases.clickHouse(),
            mapping,
            TableComparison.Barrier.NONE,
            progress -> {},
            100,
            100)
        .compare();
  }
}

package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.SourceTable.Part;
import dev.sluice.catalogue.SourceTable.Published;
import dev.sluice.catalogue.TableName;
import dev.sluice.doctor.Check.Verdict;
import dev.sluice.mapping.FactColumn;
import dev.sluice.mapping.FactMapping;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The comparison by hand-written tables, where a server of the version or kind is not at hand. */
class TableChecksTest {

  private static final TableName NAME = new TableName("public", "t");
  private static final Published ALL = new Published("sluice", false, List.of(), null, null, false);

  @Test
  void generatedColumnsForbidFullFromPostgres18On() {
    SourceColumn g = column("g", "int4", true);

    Check before = check(table(List.of(id(), g), 'd', ALL), 17, "REPLICA IDENTITY");
    assertThat(before.fix()).isEqualTo("ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL;");

    Check after = check(table(List.of(id(), g), 'd', ALL), 18, "REPLICA IDENTITY");
    assertThat(after.fix())
        .startsWith("not FULL as long as the publication sluice leaves out generated columns");
    assertThat(check(table(List.of(id(), g), 'f', ALL), 18, "writes").verdict())
        .isEqualTo(Verdict.FAIL);
  }

  @Test
  void anyPublicationWithAColumnListForbidsFull() {
    Published other = new Published("other", false, List.of(), Set.of("id"), null, false);
    SourceTable table = table(List.of(id(), column("a", "text", false)), 'f', ALL, other);

    Check writes = check(table, 15, "writes");

    assertThat(writes.verdict()).isEqualTo(Verdict.FAIL);
    assertThat(writes.found()).contains("the publication other has a column list");
    assertThat(writes.fix()).isEqualTo("ALTER TABLE \"public\".\"t\" REPLICA IDENTITY DEFAULT;");
  }

  @Test
  void aColumnListWithoutAMappedColumnAndARowFilterLoseRows() {
    Published sluice = new Published("sluice", false, List.of(), Set.of("id"), "(id > 5)", false);
    SourceTable table = table(List.of(id(), column("a", "text", false)), 'd', sluice);

    assertThat(check(table, 15, TableChecks.PUBLISHED_COLUMNS).found()).contains("without a");
    assertThat(check(table, 15, "row filter").verdict()).isEqualTo(Verdict.FAIL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "fits",
      value = {
        "int4    | 0  | 0 | Int64          | fits",
        "int8    | 0  | 0 | Int64          | fits",
        "int8    | 0  | 0 | Int32          | x into Int32",
        "int8    | 0  | 0 | UInt64         | x into UInt64",
        "oid     | 0  | 0 | UInt32         | fits",
        "oid     | 0  | 0 | Int32          | x into Int32",
        "int2    | 0  | 0 | Decimal(5, 0)  | fits",
        "int4    | 0  | 0 | Decimal(10, 2) | x into Decimal(10, 2)",
        "numeric | 10 | 2 | Decimal(10, 2) | fits",
        "numeric | 10 | 2 | Decimal(12, 4) | fits",
        "numeric | 10 | 2 | Decimal(12, 1) | x into Decimal(12, 1)",
        "numeric | 10 | 2 | Decimal(9, 2)  | x into Decimal(9, 2)",
        "numeric | 3  | 5 | Decimal(5, 5)  | fits",
        "numeric | 3  | -2 | Decimal(5, 0) | fits",
        "numeric | 9  | 0 | Int32          | fits",
        "numeric | 10 | 0 | Int32          | x into Int32",
        "numeric | 5  | 2 | Int32          | x into Int32",
        "numeric | 0  | 0 | Decimal(9, 2)  | fits",
        "numeric | 20 | 5 | Float64        | fits",
        "int4    | 0  | 0 | Bool           | x into Bool",
      })
  void aTypeFitsWhereEachOfItsValuesDoes(
      String type, int precision, int scale, String fact, String misfit) {
    SourceColumn source =
        new SourceColumn(
            "a",
            type,
            0,
            false,
            false,
            0,
            false,
            "x",
            new SourceColumn.Traits('b', false, false, false, precision, scale, List.of()));

    assertThat(TypeFit.misfit(source, new FactColumn("a", fact, null))).isEqualTo(misfit);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "apart",
      value = {
        "timestamptz | Int64                 | floor(extract(epoch FROM {}) * 1000)",
        "timestamp   | DateTime64(3, 'UTC')  | floor(extract(epoch FROM {}) * 1000)",
        "timestamptz | DateTime64(6, 'UTC')  | apart",
        "timestamptz | DateTime              | floor(extract(epoch FROM {}) * 1)",
        "timestamptz | String                | apart",
        "int8        | Float64               | {}::float8",
        "int4        | Float64               | apart",
        "numeric     | Float32               | {}::float4",
        "uuid        | String                | apart",
      })
  void aKeyIsFoldedWhereTheFactTypeIsCoarser(String type, String fact, String left) {
    SourceColumn source = column("a", type, false);

    assertThat(TypeFit.coarser(source, new FactColumn("a", fact.strip(), null))).isEqualTo(left);
  }

  private static SourceColumn id() {
    return new SourceColumn(
        "id",
        "int4",
        0,
        false,
        false,
        1,
        true,
        "integer",
        new SourceColumn.Traits('b', false, false, false, 0, 0, List.of()));
  }

  private static SourceColumn column(String name, String type, boolean generated) {
    return new SourceColumn(
        name,
        type,
        0,
        false,
        false,
        0,
        false,
        type,
        new SourceColumn.Traits('b', false, generated, type.equals("text"), 0, 0, List.of()));
  }

  private static SourceTable table(
      List<SourceColumn> columns, char identity, Published... publications) {
    Map<String, SourceColumn> byName = new LinkedHashMap<>();
    columns.forEach(column -> byName.put(column.name(), column));
    Set<String> identityColumns = identity == 'f' ? byName.keySet() : Set.of("id");
    return new SourceTable(
        NAME,
        'r',
        true,
        byName,
        List.of("id"),
        false,
        List.of(),
        List.of(new Part(NAME, identity, identityColumns)),
        false,
        List.of(publications));
  }

  @Test
  void anIntervalThatBecomesANumberMayLoseAMicrosecond() {
    SourceTable table = table(List.of(id(), column("took", "interval", false)), 'f', ALL);
    FactColumn id = new FactColumn("id", "Int32", null);
    List<FactColumn> number = List.of(id, new FactColumn("took", "Nullable(Int64)", null));

    assertThat(check(table, 15, "intervals", number, Map.of()).verdict()).isEqualTo(Verdict.WARN);
  }

  @Test
  void columnsThatNobodyNamesAreAWarningOrWhateverTheTransformMakesOfThem() {
    SourceTable table = table(List.of(id(), column("more", "text", false)), 'f', ALL);
    List<FactColumn> schema = List.of(new FactColumn("id", "Int32", null));
    String name = "columns of Postgres";

    assertThat(check(table, 15, name, schema, Map.of()).verdict()).isEqualTo(Verdict.WARN);
    assertThat(check(table, 15, name, schema, Map.of("unknown.columns", "fail")).verdict())
        .isEqualTo(Verdict.FAIL);
    assertThat(check(table, 15, name, schema, Map.of("ignored.columns", "more")).verdict())
        .isEqualTo(Verdict.OK);
  }

  private static Check check(SourceTable table, int major, String name) {
    List<FactColumn> schema = new ArrayList<>();
    for (SourceColumn column : table.columns().values()) {
      String type = column.type().equals("text") ? "String" : "Int32";
      schema.add(
          new FactColumn(
              column.name(), column.keyPosition() > 0 ? type : "Nullable(" + type + ")", null));
    }
    return check(table, major, name, schema, Map.of());
  }

  private static Check check(
      SourceTable table,
      int major,
      String name,
      List<FactColumn> schema,
      Map<String, String> settings) {
    Map<String, String> config = new HashMap<>();
    config.put("transforms", "fact");
    config.put("transforms.fact.type", "dev.sluice.smt.ExtractFactRow");
    settings.forEach((setting, value) -> config.put("transforms.fact." + setting, value));
    config.putIfAbsent("transforms.fact.schema", "id String");
    FactMapping mapping = FactMapping.of(config, "t");
    return new TableChecks(
            new TableChecks.Tables(table, "sluice", true, mapping, schema, List.of("id"), major))
        .run().stream().filter(check -> check.name().equals(name)).findFirst().orElseThrow();
  }
}

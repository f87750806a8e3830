package dev.sluice.verify;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.catalogue.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.TableMapping.MappedColumn;
import dev.sluice.servers.ClickHouseClient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The fact table: of every row its newest version, as FINAL shows it. */
final class ClickHouseSide implements Side {

  private final ClickHouseClient clickHouse;
  private final TableMapping mapping;
  private final Buckets buckets;
  private final String bucket;
  private final String hash;
  private final String deleted;
  private final String version;
  private final String place;

  /**
   * Floats that were text are read to the last bit, decimals printed without idle zeros, and a
   * table may have as many columns as Postgres allows.
   */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "precise_float_parsing", "1",
          "output_format_decimal_trailing_zeros", "0",
          "final", "1",
          "max_query_size", "100000000",
          "max_ast_elements", "10000000",
          "max_expanded_ast_elements", "10000000");

  /** ClickHouse would read a column of that name as what bears it. */
  private static final String ALIAS = "`a name that no column has`";

  ClickHouseSide(ClickHouseClient clickHouse, TableMapping mapping, Buckets buckets) {
    this.clickHouse = clickHouse;
    this.mapping = mapping;
    this.buckets = buckets;
    String key = Buckets.clickHouseText(mapping.key());
    this.bucket =
        "bitAnd(reinterpretAsUInt16(reverse(substring(MD5("
            + key
            + "), 1, 2))), "
            + (buckets.count() - 1)
            + ")";
    this.hash =
        "reinterpretAsInt64(reverse(substring(MD5("
            + Buckets.clickHouseText(mapping.compared())
            + "), 1, 8)))";
    this.deleted =
        mapping.settings().flagsDeletes()
            ? "ifNull(toBool(" + Sql.factName(mapping.settings().deleteField()) + "), false)"
            : "false";
    this.version = version(mapping);
    String order = mapping.storage().orderBy();
    this.place = order.isEmpty() ? "''" : "toString(tuple(" + order + "))";
  }

  /** Also that of an LSN, which Postgres knows nothing of. */
  private static String version(TableMapping mapping) {
    String field = mapping.settings().versionField();
    if (mapping.column(field).isPresent()) {
      return mapping.column(field).get().inClickHouse();
    }
    return mapping.storage().has(field) ? "toString(" + Sql.factName(field) + ")" : "NULL";
  }

  private List<GenericRecord> query(String sql) {
    return clickHouse.rows(sql, SETTINGS);
  }

  private String table() {
    return Sql.factName(mapping.fact());
  }

  @Override
  public Map<Integer, Sum> sums() {
    Map<Integer, Sum> sums = new HashMap<>();
    for (GenericRecord row :
        query(
            "SELECT toInt32("
                + bucket
                + ") AS "
                + ALIAS
                + ", toInt64(count()), toString(sum(toInt128("
                + hash
                + "))) FROM "
                + table()
                + " WHERE NOT "
                + deleted
                + (buckets.isSample() ? " AND " + ALIAS + " < " + buckets.sampled() : "")
                + " GROUP BY "
                + ALIAS)) {
      sums.put(row.getInteger(1), new Sum(row.getLong(2), row.getString(3)));
    }
    return sums;
  }

  @Override
  public Map<Key, List<Long>> hashes(Collection<Integer> wanted) {
    Map<Key, List<Long>> hashes = new HashMap<>();
    String list = wanted.stream().map(String::valueOf).collect(Collectors.joining(", "));
    for (GenericRecord row :
        query(
            "SELECT "
                + hash
                + " AS "
                + ALIAS
                + ", "
                + Buckets.texts(mapping.key(), MappedColumn::inClickHouse)
                + " FROM "
                + table()
                + " WHERE NOT "
                + deleted
                + " AND "
                + bucket
                + " IN ("
                + list
                + ") ORDER BY "
                + ALIAS)) {
      hashes.computeIfAbsent(key(row, 2), k -> new ArrayList<>()).add(row.getLong(1));
    }
    return hashes;
  }

  @Override
  public Map<Key, List<Row>> rows(Collection<Key> keys) {
    int keyColumns = mapping.key().size();
    Map<Key, List<Row>> rows = new HashMap<>();
    for (GenericRecord row :
        query(
            "SELECT "
                + deleted
                + ", "
                + version
                + ", "
                + place
                + ", "
                + Buckets.texts(mapping.key(), MappedColumn::inClickHouse)
                + ", "
                + Buckets.texts(mapping.compared(), MappedColumn::inClickHouse)
                + " FROM "
                + table()
                + " WHERE "
                + isAmong(keys))) {
      rows.computeIfAbsent(key(row, 4), k -> new ArrayList<>())
          .add(
              new Row(
                  row.getBoolean(1),
                  row.getString(2),
                  row.getString(3),
                  texts(row, 4 + keyColumns, mapping.compared().size())));
    }
    return rows;
  }

  /** A condition that holds for these keys and no others. */
  private String isAmong(Collection<Key> keys) {
    // Plain text is compared as it stands, so that the primary index is used.
    List<String> columns =
        mapping.key().stream()
            .map(
                part ->
                    part.fact().type().equals("String") && part.form().isItself()
                        ? Sql.factName(part.fact().name())
                        : part.inClickHouse())
            .toList();
    return Key.among(keys, columns, (column, text) -> Sql.factText(text));
  }

  /**
   * Marks living rows as deleted, each under its own sorting key.
   *
   * @param places the rows', as {@link Row#place} has them
   * @param version what they get for a version, in ClickHouse's SQL
   */
  void markDeleted(Collection<Key> keys, Collection<String> places, String version) {
    String field = mapping.settings().versionField();
    List<String> changes = new ArrayList<>();
    changes.add("1 AS " + Sql.factName(mapping.settings().deleteField()));
    if (mapping.storage().has(field) && !mapping.storage().isInOrder(field)) {
      changes.add(version + " AS " + Sql.factName(field));
    }
    clickHouse.executeOne(
        "INSERT INTO %1$s SELECT * REPLACE (%2$s) FROM (SELECT * FROM %1$s WHERE %3$s AND NOT %4$s AND %5$s IN (%6$s)) SETTINGS final = 1"
            .formatted(
                table(),
                String.join(", ", changes),
                isAmong(keys),
                deleted,
                place,
                places.stream().map(Sql::factText).collect(Collectors.joining(", "))));
  }

  private Key key(GenericRecord row, int first) {
    return new Key(texts(row, first, mapping.key().size()));
  }

  private static List<String> texts(GenericRecord row, int first, int count) {
    List<String> texts = new ArrayList<>(count);
    for (int i = first; i < first + count; i++) {
      texts.add(row.getString(i));
    }
    return texts;
  }
}

package dev.sluice.verify;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.mapping.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.TableMapping.MappedColumn;
import dev.sluice.pipeline.ClickHouse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The fact table: of every row its newest version. */
final class ClickHouseSide implements Side {

  private final ClickHouse clickHouse;
  private final TableMapping mapping;
  private final Buckets buckets;
  private final String bucket;
  private final String hash;
  private final String deleted;
  private final String version;

  /** Floats that were text are read to the last bit, and decimals printed without idle zeros. */
  private static final String SETTINGS =
      " SETTINGS precise_float_parsing = 1, output_format_decimal_trailing_zeros = 0,"
          + " final = %d, max_query_size = 100000000";

  ClickHouseSide(ClickHouse clickHouse, TableMapping mapping, Buckets buckets) {
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
            + Buckets.clickHouseText(mapping.columns())
            + "), 1, 8)))";
    this.deleted =
        mapping.settings().flagsDeletes()
            ? "toBool(" + Sql.factName(mapping.settings().deleteField()) + ")"
            : "false";
    this.version =
        mapping
            .column(mapping.settings().versionField())
            .map(MappedColumn::inClickHouse)
            .orElse("NULL");
  }

  private List<GenericRecord> query(String sql) {
    return clickHouse.rows(sql + SETTINGS.formatted(mapping.isReplacing() ? 1 : 0));
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
                + ") AS b, toInt64(count()), groupBitXor("
                + hash
                + ") FROM "
                + table()
                + " WHERE NOT "
                + deleted
                + (buckets.isSample() ? " AND b < " + buckets.sampled() : "")
                + " GROUP BY b")) {
      sums.put(row.getInteger(1), new Sum(row.getLong(2), row.getLong(3)));
    }
    return sums;
  }

  @Override
  public Map<Key, Long> hashes(Collection<Integer> wanted) {
    Map<Key, Long> hashes = new HashMap<>();
    String list = wanted.stream().map(String::valueOf).collect(Collectors.joining(", "));
    for (GenericRecord row :
        query(
            "SELECT "
                + hash
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
                + ")")) {
      hashes.put(key(row, 2), row.getLong(1));
    }
    return hashes;
  }

  @Override
  public Map<Key, Row> rows(Collection<Key> keys) {
    int keyColumns = mapping.key().size();
    Map<Key, Row> rows = new HashMap<>();
    for (GenericRecord row :
        query(
            "SELECT "
                + deleted
                + ", "
                + version
                + ", "
                + Buckets.texts(mapping.key(), MappedColumn::inClickHouse)
                + ", "
                + Buckets.texts(mapping.columns(), MappedColumn::inClickHouse)
                + " FROM "
                + table()
                + " WHERE "
                + isAmong(keys))) {
      rows.put(
          key(row, 3),
          new Row(
              row.getBoolean(1),
              row.getString(2),
              texts(row, 3 + keyColumns, mapping.columns().size())));
    }
    return rows;
  }

  /** A condition that holds for these keys and no others. */
  String isAmong(Collection<Key> keys) {
    // Plain text is compared as it stands, so that the primary index is used.
    String columns =
        Buckets.texts(
            mapping.key(),
            part ->
                part.fact().type().equals("String")
                    ? Sql.factName(part.fact().name())
                    : part.inClickHouse());
    return keys.stream()
        .map(
            key ->
                key.parts().stream().map(Sql::factText).collect(Collectors.joining(", ", "(", ")")))
        .collect(Collectors.joining(", ", "(" + columns + ") IN (", ")"));
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

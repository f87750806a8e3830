package dev.sluice.verify;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.mapping.TableMapping;
import dev.sluice.mapping.TableMapping.MappedColumn;
import dev.sluice.mapping.Transfer;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The Postgres table, read over one read-only connection.
 *
 * <p>Failure semantics: nothing is retried; every failure is a {@link SluiceException}.
 */
final class PostgresSide implements Side, AutoCloseable {

  private final PostgresAddress address;
  private final TableMapping mapping;
  private final Buckets buckets;
  private final Connection connection;
  private final String bucket;
  private final String hash;
  private final String living;
  private final String deleted;
  private final String version;

  PostgresSide(PostgresAddress address, TableMapping mapping, Buckets buckets) {
    this.address = address;
    this.mapping = mapping;
    this.buckets = buckets;
    String key = Buckets.postgresText(mapping.key());
    this.bucket =
        "(('x' || left(md5(" + key + "), 4))::bit(16)::int & " + (buckets.count() - 1) + ")";
    this.hash =
        "('x' || left(md5(" + Buckets.postgresText(mapping.compared()) + "), 16))::bit(64)::bigint";
    Optional<MappedColumn> flag = mapping.column(mapping.settings().deleteField());
    boolean flagged = mapping.settings().flagsDeletes() && flag.isPresent();
    this.deleted = flagged ? flag.get().inPostgres() + " IN ('1', 'true')" : "false";
    this.living = flagged ? "(" + deleted + ") IS NOT TRUE" : "true";
    this.version =
        mapping
            .column(mapping.settings().versionField())
            .map(MappedColumn::inPostgres)
            .orElse("NULL");
    try {
      this.connection = address.connect();
      connection.setReadOnly(true);
      Transfer.prepare(connection);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private String table() {
    return mapping.source().sql();
  }

  @Override
  public Map<Integer, Sum> sums() {
    Map<Integer, Sum> sums = new HashMap<>();
    query(
        "SELECT b, count(*), sum(h)::text FROM (SELECT "
            + bucket
            + " AS b, "
            + hash
            + " AS h FROM "
            + table()
            + " WHERE "
            + living
            + (buckets.isSample() ? " AND " + bucket + " < " + buckets.sampled() : "")
            + ") AS rows GROUP BY b",
        statement -> {},
        row -> sums.put(row.getInt(1), new Sum(row.getLong(2), row.getString(3))));
    return sums;
  }

  @Override
  public Map<Key, List<Long>> hashes(Collection<Integer> wanted) {
    Map<Key, List<Long>> hashes = new HashMap<>();
    query(
        "SELECT "
            + hash
            + " AS h, "
            + Buckets.texts(mapping.key(), MappedColumn::inPostgres)
            + " FROM "
            + table()
            + " WHERE "
            + living
            + " AND "
            + bucket
            + " = ANY(?) ORDER BY h",
        statement -> statement.setArray(1, connection.createArrayOf("int4", wanted.toArray())),
        row -> hashes.computeIfAbsent(key(row, 2), k -> new ArrayList<>()).add(row.getLong(1)));
    return hashes;
  }

  @Override
  public Map<Key, List<Row>> rows(Collection<Key> keys) {
    int keyColumns = mapping.key().size();
    Map<Key, List<Row>> rows = new HashMap<>();
    query(
        "SELECT "
            + deleted
            + ", "
            + version
            + ", "
            + Buckets.texts(mapping.key(), MappedColumn::inPostgres)
            + ", "
            + Buckets.texts(mapping.compared(), MappedColumn::inPostgres)
            + " FROM "
            + table()
            + " WHERE "
            + isAmong(keys),
        statement -> {},
        row ->
            rows.computeIfAbsent(key(row, 3), k -> new ArrayList<>())
                .add(
                    new Row(
                        row.getBoolean(1),
                        row.getString(2),
                        null,
                        texts(row, 3 + keyColumns, mapping.compared().size()))));
    return rows;
  }

  /** Keys that stand for several rows, which ClickHouse cannot tell apart. */
  List<Key> folded(int most) {
    List<Key> keys = new ArrayList<>();
    if (mapping.mayFoldKeys()) {
      String columns = Buckets.texts(mapping.key(), MappedColumn::inPostgres);
      query(
          "SELECT "
              + columns
              + " FROM "
              + table()
              + (buckets.isSample() ? " WHERE " + bucket + " < " + buckets.sampled() : "")
              + " GROUP BY "
              + columns
              + " HAVING count(*) > 1 LIMIT "
              + most,
          statement -> {},
          row -> keys.add(key(row, 1)));
    }
    return keys;
  }

  /** A condition that holds for these keys and no others. */
  String isAmong(Collection<Key> keys) {
    List<String> columns = new ArrayList<>();
    List<String> types = new ArrayList<>();
    for (MappedColumn part : mapping.key()) {
      // Its own type, so that the index is used, where the text is what that type reads.
      String type =
          part.form().postgres().equals("{}::text") ? INDEXED.get(part.source().type()) : null;
      columns.add(type == null ? part.inPostgres() : Sql.name(part.source().name()));
      types.add(type == null ? "text" : type);
    }
    return Key.among(
        keys.stream().filter(key -> isPossible(key, types)).toList(),
        columns,
        (column, text) -> Sql.text(text) + "::" + types.get(column));
  }

  /** Types whose own texts are compared by value, with what is asked for in their place. */
  private static final Map<String, String> INDEXED =
      Map.of(
          "int2", "bigint", "int4", "bigint", "int8", "bigint", "uuid", "uuid", "text", "text",
          "varchar", "text");

  private static final Pattern UUID =
      Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

  /** False for what ClickHouse may hold and Postgres would not even read. */
  private static boolean isPossible(Key key, List<String> types) {
    for (int i = 0; i < types.size(); i++) {
      String text = key.parts().get(i);
      if (text != null && !isPossible(text, types.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPossible(String text, String type) {
    if (type.equals("bigint")) {
      try {
        Long.parseLong(text);
        return true;
      } catch (NumberFormatException e) {
        return false;
      }
    }
    return text.indexOf('\0') < 0 && (!type.equals("uuid") || UUID.matcher(text).matches());
  }

  private Key key(ResultSet row, int first) throws SQLException {
    return new Key(texts(row, first, mapping.key().size()));
  }

  private static List<String> texts(ResultSet row, int first, int count) throws SQLException {
    List<String> texts = new ArrayList<>(count);
    for (int i = first; i < first + count; i++) {
      texts.add(row.getString(i));
    }
    return texts;
  }

  private interface Binding {
    void bind(PreparedStatement statement) throws SQLException;
  }

  private interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  private void query(String sql, Binding binding, RowReader reader) {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      binding.bind(statement);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private SluiceException failed(SQLException e) {
    return address.failed(e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw failed(e);
    }
  }
}

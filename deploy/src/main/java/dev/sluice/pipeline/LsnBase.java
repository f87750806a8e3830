package dev.sluice.pipeline;

import dev.sluice.catalogue.Sql;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What has to be added to positions in the WAL that are versions of rows. Positions rise within one
 * server only. After a restore on another one they may begin below the versions that the fact table
 * holds, and every later change of such a row would lose against it, unseen.
 */
public final class LsnBase {

  private LsnBase() {}

  /**
   * The base by which the versions of changes from now on are above all of the fact table's.
   *
   * @param present the base that the transform has now
   * @return {@code present} where that does already, and where Postgres is a standby, which does
   *     not know what its primary has written
   */
  public static long required(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      String factTable,
      String versionField,
      long present) {
    long newest =
        clickHouse.number(
            "SELECT toInt64(max(%s)) FROM %s"
                .formatted(Sql.factName(versionField), Sql.factName(factTable)));
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CASE WHEN NOT pg_is_in_recovery() THEN"
                    + " pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint END")) {
      row.next();
      long position = row.getLong(1);
      return row.wasNull() ? present : required(present, position, newest);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /**
   * The same from values.
   *
   * @param position where Postgres writes next
   * @param newest the newest version in the fact table
   */
  static long required(long present, long position, long newest) {
    return newest <= present + position ? present : newest - position + 1;
  }
}

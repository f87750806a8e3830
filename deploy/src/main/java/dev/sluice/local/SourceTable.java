package dev.sluice.local;

import dev.sluice.SluiceException;
import dev.sluice.mapping.Sql;
import dev.sluice.pipeline.PostgresAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Makes a Postgres table ready to be published: connect-configs' {@code postgres.sql} with the
 * table's own name in it.
 */
public final class SourceTable {

  /** The publication that {@code postgres.sql} makes. */
  public static final String PUBLICATION = "sluice";

  private SourceTable() {}

  /**
   * Looks whether the table can be published at all.
   *
   * @param table {@code schema.table}
   * @throws SluiceException when the server, the table or {@code wal_level} is not as it has to be
   */
  public static void check(PostgresAddress postgres, String table) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      String walLevel = text(statement, "SHOW wal_level");
      if (!walLevel.equals("logical")) {
        throw new SluiceException(
            "Postgres at "
                + postgres
                + " has wal_level = "
                + walLevel
                + ". Run: ALTER SYSTEM SET wal_level = 'logical'; and restart Postgres.");
      }
      if (text(statement, "SELECT to_regclass('" + Sql.table(table) + "')") == null) {
        throw new SluiceException(
            "Postgres at " + postgres + " has no table " + table + " (--table).");
      }
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + " (--postgres): " + e.getMessage(), e);
    }
  }

  /** Whether a publication covers the table, as such or as part of its schema or of all tables. */
  public static boolean isPublished(PostgresAddress postgres, String table, String publication) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      return text(
              statement,
              "SELECT EXISTS (SELECT FROM pg_publication_tables WHERE pubname = "
                  + Sql.text(publication)
                  + " AND to_regclass(format('%I.%I', schemaname, tablename)) = to_regclass("
                  + Sql.text(Sql.table(table))
                  + "))")
          .equals("t");
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /** Publishes the table; doing it again changes nothing. */
  public static void publish(PostgresAddress postgres, String table, Home home) {
    Path sqlFile = home.configs().resolve("sql/postgres.sql");
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(Files.readString(sqlFile).replace(LocalOptions.VISITS, Sql.table(table)));
    } catch (SQLException e) {
      throw postgres.failed(e);
    } catch (IOException e) {
      throw new SluiceException(sqlFile + " cannot be read: " + SluiceException.reason(e), e);
    }
  }

  /** Rows that the table holds now. */
  public static long rows(PostgresAddress postgres, String table) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      return Long.parseLong(text(statement, "SELECT count(*) FROM " + Sql.table(table)));
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  private static String text(Statement statement, String sql) throws SQLException {
    try (ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }
}

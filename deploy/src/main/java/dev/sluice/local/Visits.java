package dev.sluice.local;

import dev.sluice.SluiceException;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The demonstration's source table, {@value LocalOptions#VISITS}, in natural Postgres types. */
public final class Visits {

  private Visits() {}

  /**
   * Creates the table with that many visits, in one transaction: it is there whole or not at all.
   *
   * @return false when it was there already; it is then left as it is
   */
  public static boolean create(PostgresAddress postgres, int rows) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      try (ResultSet found =
          statement.executeQuery("SELECT to_regclass('" + LocalOptions.VISITS + "') IS NOT NULL")) {
        found.next();
        if (found.getBoolean(1)) {
          return false;
        }
      }
      connection.setAutoCommit(false);
      statement.execute(sql().replace("${rows}", Integer.toString(rows)));
      connection.commit();
      connection.setAutoCommit(true);
      statement.execute("VACUUM ANALYZE " + LocalOptions.VISITS);
      return true;
    } catch (SQLException e) {
      throw new SluiceException("The visits cannot be created: " + e.getMessage(), e);
    }
  }

  private static String sql() {
    try (InputStream in = Visits.class.getResourceAsStream("/visits.sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
